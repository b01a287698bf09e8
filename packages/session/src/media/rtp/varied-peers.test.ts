import { describe, expect, it } from "vitest";
import { encodeG711 } from "../codecs/g711.js";
import { g722 } from "../codecs/g722-codec.js";
import { resample } from "../codecs/resample.js";
import { concatAudio } from "../send/tones.js";
import { likeness } from "../testing/correlation.js";
import { sweep } from "../testing/plane-fixture.js";
import { VirtualLine } from "../testing/virtual-line.js";
import { RTP_HEADER_BYTES, writeRtpHeader } from "./rtp.js";
import { writeTelephoneEvent } from "./telephone-event.js";

const PCMU = { name: "PCMU", payloadType: 0, clockRate: 8000 };
const PCMA = { name: "PCMA", payloadType: 8, clockRate: 8000 };
const G722 = { name: "G722", payloadType: 9, clockRate: 8000 };
const EVENTS = { name: "TELEPHONE-EVENT", payloadType: 101, clockRate: 8000 };
const NOISE = 13;
const SAID_MS = 800;
const SAID = sweep(SAID_MS, 8000);

/** A peer whose every packet is made by hand, numbered across both wraps. */
class Peer {
  readonly line = new VirtualLine({
    network: { isDown: () => true },
    agreed: { receive: [PCMU, PCMA, G722, EVENTS] },
  });
  timestamp = 0xffff_f000;
  /** What is done to a packet before it leaves. */
  change = (bytes: Uint8Array): Uint8Array => bytes;
  private sequence = 65_500;
  private readonly wideband = g722.createEncoder();
  private readonly heard: Int16Array[] = [];

  /** One packet, which takes no time. */
  send(payloadType: number, payload: Uint8Array, timestamp = this.timestamp): void {
    const bytes = new Uint8Array(RTP_HEADER_BYTES + payload.length);
    const { sequence } = this;
    writeRtpHeader(bytes, { payloadType, marker: false, sequence, timestamp, ssrc: 77 });
    bytes.set(payload, RTP_HEADER_BYTES);
    this.sequence = (sequence + 1) & 0xffff;
    this.line.inject(this.change(bytes));
  }

  /** Says the next of `SAID`, and lets the time pass that it takes. */
  say(payloadType: number, fromMs: number, durationMs: number): void {
    const samples = SAID.subarray(8 * fromMs, 8 * (fromMs + durationMs));
    const payload = new Uint8Array(samples.length);
    if (payloadType === G722.payloadType) {
      this.wideband.encode(resample(samples, 8000, 16_000), payload);
    } else {
      encodeG711(payloadType === PCMA.payloadType ? "a" : "mu", samples, payload);
    }
    this.send(payloadType, payload);
    this.pass(durationMs);
  }

  pass(durationMs: number): void {
    this.timestamp = (this.timestamp + 8 * durationMs) % 0x1_0000_0000;
    this.heard.push(...this.line.run(durationMs));
  }

  /** What was heard, once all of it was. */
  heardInAll(): Int16Array {
    this.pass(200);
    return concatAudio(...this.heard);
  }
}

/** All of `SAID`, with packets of so many ms and such a type at each moment. */
function sayAll(
  peer: Peer,
  packetMsAt: (ms: number) => number = () => 20,
  payloadTypeAt: (ms: number) => number = () => 0,
): void {
  for (let atMs = 0; atMs < SAID_MS; ) {
    const packetMs = Math.min(packetMsAt(atMs), SAID_MS - atMs);
    peer.say(payloadTypeAt(atMs), atMs, packetMs);
    atMs += packetMs;
  }
}

function expectHeard(peer: Peer): void {
  expect(likeness(peer.heardInAll(), SAID, 800)).toBeGreaterThan(0.98);
  expect(peer.line.near.stats).toMatchObject({
    packetsLost: 0,
    packetsDropped: 0,
    packetsLate: 0,
  });
}

describe("a peer is heard whole", () => {
  it.each([5, 10, 30, 60, 100])("that sends packets of %d ms", (packetMs) => {
    const peer = new Peer();
    sayAll(peer, () => packetMs);
    expectHeard(peer);
  });

  it("that changes the length of its packets as it goes", () => {
    const peer = new Peer();
    const lengthsMs = [20, 60, 10, 30];
    sayAll(peer, (ms) => lengthsMs[Math.floor(ms / 200)] ?? 20);
    expectHeard(peer);
  });

  it("that goes from one agreed codec to another, back, and to a wider one", () => {
    const peer = new Peer();
    const types = [PCMU, PCMA, PCMU, G722];
    sayAll(peer, undefined, (ms) => types[Math.floor(ms / 200)]?.payloadType ?? 0);
    expectHeard(peer);
  });

  it("that pads its packets, extends their headers and names whom it has mixed", () => {
    const peer = new Peer();
    peer.change = (bytes) => {
      const more = new Uint8Array(bytes.length + 20);
      more.set(bytes.subarray(0, RTP_HEADER_BYTES));
      // Padding, an extension, two contributing sources.
      more[0] = 0x80 | 0x20 | 0x10 | 2;
      more.set([0xbe, 0xde, 0, 1], RTP_HEADER_BYTES + 8);
      more.set(bytes.subarray(RTP_HEADER_BYTES), RTP_HEADER_BYTES + 16);
      more[more.length - 1] = 4;
      return more;
    };
    sayAll(peer);
    expectHeard(peer);
  });

  it("that sends comfort noise which nobody agreed on, and falls silent for longer than audio may be missing", () => {
    const peer = new Peer();
    for (let atMs = 0; atMs < SAID_MS; atMs += 20) {
      if (atMs === 400) {
        peer.send(NOISE, Uint8Array.of(60));
        peer.pass(3_200);
      }
      peer.say(0, atMs, 20);
    }
    expect(peer.line.near.stats.concealedMs).toBe(0);
    expectHeard(peer);
    expect(peer.line.signals).toEqual([{ type: "audio_started" }]);
  });

  it.each([100, 500, 900, 1_500, 3_000])(
    "that sends nothing in a pause of %d ms, and says nothing of it",
    (pauseMs) => {
      const peer = new Peer();
      for (let atMs = 0; atMs < SAID_MS; atMs += 20) {
        if (atMs === 400) peer.pass(pauseMs);
        peer.say(0, atMs, 20);
      }
      // What was filled in while nobody could know that it was a pause is no lost audio after all.
      expect(peer.line.near.stats.concealedMs).toBe(0);
      expectHeard(peer);
    },
  );

  it("that goes on sounding while it sends a digit", () => {
    const peer = new Peer();
    let pressedAt: number | undefined;
    for (let atMs = 0; atMs < SAID_MS; atMs += 20) {
      if (atMs >= 300 && atMs < 500) {
        pressedAt ??= peer.timestamp;
        const payload = new Uint8Array(4);
        const durationTicks = 8 * (atMs - 280);
        writeTelephoneEvent(payload, { code: 5, end: atMs === 480, durationTicks });
        peer.send(EVENTS.payloadType, payload, pressedAt);
      }
      peer.say(0, atMs, 20);
    }
    expectHeard(peer);
    expect(peer.line.signals.slice(1)).toEqual([
      { type: "dtmf", digit: "5", durationMs: 200, via: "rtp" },
    ]);
  });
});
