import { type Random, seededRandom } from "@offhook/session";
import type { RtpLeg } from "../../packages/session/src/media/rtp/rtp-leg.js";
import type { likeness } from "../../packages/session/src/media/testing/correlation.js";
import type { sweep } from "../../packages/session/src/media/testing/plane-fixture.js";
import type { VirtualLine } from "../../packages/session/src/media/testing/virtual-line.js";

/** The parts of the media room that are fuzzed, built or from source. */
export interface MediaRoom {
  readonly RtpLeg: typeof RtpLeg;
  readonly VirtualLine: typeof VirtualLine;
  readonly likeness: typeof likeness;
  readonly sweep: typeof sweep;
}

export interface MediaFailure {
  readonly run: number;
  readonly complaint: string;
  readonly datagram: string;
}

type Agreed = Parameters<RtpLeg["connect"]>[0];
type Codec = Agreed["send"];

/** A fresh leg now and then: first that what went before did no lasting harm, then another codec. */
const RUNS_PER_LEG = 1_000;
const KEY = Uint8Array.from({ length: 30 }, (_, at) => at);
const STRANGER = { address: "203.0.113.66", port: 6_000 };
const SPEECH = { name: "PCMU", payloadType: 0, clockRate: 8_000 };
const NOISE = { name: "CN", payloadType: 13, clockRate: 8_000 };

const calls: readonly Partial<Agreed>[] = [
  {},
  { srtp: { suite: "AES_CM_128_HMAC_SHA1_80", sendKey: KEY, receiveKey: KEY } },
  { srtp: { suite: "AEAD_AES_128_GCM", sendKey: KEY.slice(2), receiveKey: KEY.slice(2) } },
  { sendComfortNoise: NOISE },
  inCodec({ name: "G722", payloadType: 9, clockRate: 8_000 }),
  // Two clocks in one stream.
  inCodec({ name: "OPUS", payloadType: 107, clockRate: 48_000, channels: 2 }, [SPEECH]),
];

/**
 * Feeds mutated RTP, RTCP and telephone-events to calls, from the peer's own address and from a
 * stranger's: nothing throws, every figure stays a figure, and afterwards the peer is heard again.
 */
export function fuzzMedia(room: MediaRoom, runs: number, seed: number): readonly MediaFailure[] {
  const random = seededRandom(seed);
  const failures: MediaFailure[] = [];
  for (let done = 0; done < runs; done += RUNS_PER_LEG) {
    const agreed = calls[(done / RUNS_PER_LEG) % calls.length] ?? {};
    const line = new room.VirtualLine({ agreed });
    const corpus = datagrams(room, agreed);
    line.run(100);
    let last = "";
    try {
      for (let run = done; run < Math.min(runs, done + RUNS_PER_LEG); run++) {
        const datagram = harmed(corpus, random);
        last = Buffer.from(datagram).toString("hex");
        const isStranger = random.unit() < 0.2;
        line.inject(datagram, isStranger ? STRANGER : undefined);
        if (run % 20 === 0) {
          line.run(20);
          if (!areFigures(line.near.stats))
            failures.push({ run, complaint: JSON.stringify(line.near.stats), datagram: last });
        }
      }
      const deaf = isDeaf(room, line);
      if (deaf !== undefined) failures.push({ run: done, complaint: deaf, datagram: last });
    } catch (error) {
      const complaint = error instanceof Error ? (error.stack ?? error.message) : String(error);
      failures.push({ run: done, complaint, datagram: last });
    }
    if (failures.length >= 20) break;
  }
  return failures;
}

/** Whether the peer, left alone, is heard again: within a few seconds, whatever was made of its stream. */
function isDeaf({ likeness, sweep }: MediaRoom, line: VirtualLine): string | undefined {
  line.run(4_000);
  const said = sweep(600, line.sampleRate);
  line.far.playout.write(said);
  const heard = line.run(1_500).flatMap((frame) => [...frame]);
  const alike = likeness(Int16Array.from(heard), said, 200);
  return alike > 0.9 ? undefined : `afterwards the peer is heard at ${alike.toFixed(2)} only`;
}

function areFigures(stats: object): boolean {
  return Object.values(stats).every(
    (value) => typeof value !== "number" || (Number.isFinite(value) && value >= 0),
  );
}

/** What a peer sends in a call like this: speech, silence, digits and reports, under its own keys. */
function datagrams(room: MediaRoom, agreed: Partial<Agreed>): readonly Uint8Array[] {
  const peer = new room.RtpLeg({
    sampleRate: 8_000,
    rtpLostMs: 5_000,
    tickOffset: 0,
    // In the clear the far leg's own SSRC and numbers, as anybody could forge them; with keys, which
    // nobody else has, another source: its own later packets would make repeats of the far leg's.
    random: seededRandom(agreed.srtp ? 3 : 11).unit,
    onSignal: () => {},
  });
  const events = { name: "TELEPHONE-EVENT", payloadType: 101, clockRate: 8_000 };
  const remote = { address: "192.0.2.2", port: 4_000 };
  const usual = { remote, direction: "sendrecv", send: SPEECH, packetMs: 20 } as const;
  peer.connect(
    { ...usual, receive: [SPEECH, events], sendTelephoneEvent: events, ...agreed },
    0,
    0,
  );
  peer.playout.write(room.sweep(300, 8_000));
  peer.sendDigits({ digits: "1#", durationMs: 100, gapMs: 60, settle: () => {} });
  const made: Uint8Array[] = [];
  const bytes = new Uint8Array(2_000);
  for (let tick = 1; tick < 4_000; tick++) {
    const length = peer.packetDue(tick, bytes);
    if (length > 0 && (tick < 600 || tick % 100 === 0)) made.push(bytes.slice(0, length));
    const report = peer.reportDue(tick, bytes, 5 * tick);
    if (report > 0) made.push(bytes.slice(0, report));
  }
  return made;
}

const HEADER_BYTES = 12;

/** One to four small harms, most of them to the header, where a reader believes what it is told. */
function harmed(corpus: readonly Uint8Array[], random: Random): Uint8Array {
  const pick = (count: number) => Math.floor(random.unit() * count);
  const one = () => corpus[pick(corpus.length)] ?? new Uint8Array(HEADER_BYTES);
  let bytes = one().slice();
  for (let harm = pick(4); harm >= 0; harm--) {
    const at = pick(random.unit() < 0.7 ? HEADER_BYTES : bytes.length);
    switch (pick(9)) {
      case 0:
        bytes[at] = pick(256);
        break;
      case 1:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << pick(8));
        break;
      case 2:
        bytes = bytes.slice(0, pick(bytes.length + 1));
        break;
      case 3:
        bytes = Uint8Array.from([...bytes, ...one()].slice(0, 1_500));
        break;
      case 4:
        // Padding, an extension, CSRCs: all of them with lengths that lie.
        bytes[0] = (bytes[0] ?? 0) | ([0x20, 0x10, 0x0f, 0x3f][pick(4)] ?? 0);
        break;
      case 5:
        // A jump of the sequence number, by whatever.
        bytes[2] = (bytes[2] ?? 0) + ([0x80, 0x7f, 1, 0x40][pick(4)] ?? 0);
        break;
      case 6:
        // A jump of the timestamp, by half its range or a little.
        bytes[4] = (bytes[4] ?? 0) + ([0x80, 0x7f, 1, 0x40][pick(4)] ?? 0);
        break;
      case 7:
        bytes[1] = [0, 13, 101, 127, 200, 201, 202, 203, 192, 223][pick(10)] ?? 0;
        break;
      default:
        bytes.set(one().subarray(0, at).slice(0, bytes.length));
    }
  }
  return bytes;
}

function inCodec(codec: Codec, others: readonly Codec[] = []): Partial<Agreed> {
  const { clockRate } = codec;
  const events = { name: "TELEPHONE-EVENT", payloadType: 101, clockRate };
  return { send: codec, receive: [codec, ...others, events], sendTelephoneEvent: events };
}
