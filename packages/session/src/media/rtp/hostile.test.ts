import { describe, expect, it } from "vitest";
import { encodeG711 } from "../codecs/g711.js";
import { concatAudio } from "../send/tones.js";
import { likeness } from "../testing/correlation.js";
import { sweep } from "../testing/plane-fixture.js";
import { VirtualLine } from "../testing/virtual-line.js";
import { writeRtcpReport } from "./rtcp.js";
import { RTP_HEADER_BYTES, writeRtpHeader } from "./rtp.js";

const STRANGER = { address: "203.0.113.66", port: 6_000 };
const PAYLOAD = 160;

const said = sweep(600, 8_000);
const coded = new Uint8Array(said.length);
encodeG711("mu", said, coded);

/** The `at`-th 20 ms of what is said, numbered on from wherever the stream begins. */
function packet(at: number, from: { sequence?: number; timestamp?: number; ssrc?: number } = {}) {
  const { sequence = 1, timestamp = 0, ssrc = 5 } = from;
  const bytes = new Uint8Array(RTP_HEADER_BYTES + PAYLOAD);
  writeRtpHeader(bytes, {
    payloadType: 0,
    marker: false,
    sequence: (sequence + at) & 0xffff,
    timestamp: (timestamp + at * PAYLOAD) % 0x1_0000_0000,
    ssrc,
  });
  bytes.set(coded.subarray(at * PAYLOAD, (at + 1) * PAYLOAD), RTP_HEADER_BYTES);
  return bytes;
}

const PACKETS = said.length / PAYLOAD;

/** A near leg alone with whoever sends to it. */
function alone() {
  let down = false;
  const line = new VirtualLine({ network: { isDown: () => down } });
  down = true;
  return line;
}

/** Speaks the whole, with something done before each packet; returns what was heard. */
function speak(
  line: VirtualLine,
  from: Parameters<typeof packet>[1],
  before: (at: number) => void = () => {},
): Int16Array {
  const heard: Int16Array[] = [];
  for (let at = 0; at < PACKETS; at++) {
    before(at);
    line.inject(packet(at, from));
    heard.push(...line.run(20));
  }
  return concatAudio(...heard, ...line.run(200));
}

describe("a stream", () => {
  it("is heard across the wraps of its numbers", () => {
    const heard = speak(alone(), { sequence: 65_520, timestamp: 0xffff_ffff - 12 * PAYLOAD });
    expect(likeness(heard, said, 400)).toBeGreaterThan(0.98);
  });

  for (const jump of [2 ** 31, 2 ** 31 - 1, 2 ** 30, 80_000]) {
    it(`is heard again at once after its timestamps jump by ${jump}, and back`, () => {
      const line = alone();
      for (const timestamp of [1_000, (1_000 + jump) % 2 ** 32, 1_000]) {
        const heard = speak(line, { sequence: timestamp === 1_000 ? 1 : 31, timestamp });
        expect(likeness(heard, said, 400)).toBeGreaterThan(0.95);
      }
    });
  }

  for (const jump of [32_767, 32_768, 5_000, 200]) {
    it(`is heard again at once after its sequence numbers jump by ${jump}`, () => {
      const line = alone();
      speak(line, { sequence: 100 });
      const heard = speak(line, { sequence: 130 + jump, timestamp: 30 * PAYLOAD });
      expect(likeness(heard, said, 400)).toBeGreaterThan(0.95);
    });
  }
});

describe("whoever else sends", () => {
  it("does not get heard or stop the peer, with any number of sources, formats and lengths", () => {
    const line = alone();
    const heard = speak(line, {}, (at) => {
      for (let ssrc = 0; ssrc < 200; ssrc++) {
        line.inject(packet(at, { ssrc: 1_000 * at + ssrc, sequence: ssrc }), STRANGER);
        const broken = packet(at, { ssrc });
        broken[0] = (broken[0] ?? 0) ^ (ssrc & 0xff);
        line.inject(broken.subarray(0, ssrc), STRANGER);
      }
    });
    expect(likeness(heard, said, 400)).toBeGreaterThan(0.99);
    expect(line.near.target).toEqual({ address: "192.0.2.1", port: 4000 });
    expect(line.near.stats.packetsReceived).toBe(PACKETS);
  });

  it("cannot say goodbye for the peer, nor tell lies about how we are heard", () => {
    const line = alone();
    const report = new Uint8Array(200);
    const length = writeRtcpReport(report, {
      ssrc: 5,
      cname: "x",
      block: {
        ssrc: line.near.ssrc,
        fractionLost: 255,
        cumulativeLost: 1_000,
        highestSequence: 1,
        jitter: 8_000,
        lastSenderReport: 1,
        delaySinceLast: 0,
      },
    });
    const goodbye = Uint8Array.from([0x81, 203, 0, 1, 0, 0, 0, 5]);
    const heard = speak(line, {}, () => {
      line.inject(report.subarray(0, length), STRANGER);
      line.near.receiveRtcp(report.subarray(0, length), STRANGER.address, line.nowMs);
      line.inject(goodbye, STRANGER);
      // Even its own: the dialog ends a call, and RTCP may be forged where RTP is not.
      line.inject(goodbye);
    });
    expect(likeness(heard, said, 400)).toBeGreaterThan(0.99);
    expect(line.near.stats.remoteLossRate).toBeUndefined();
    expect(line.signals).toEqual([{ type: "audio_started" }]);
  });
});
