import { createRequire } from "node:module";
import { type AudioCodec, MAX_PACKET_SAMPLES } from "./audio-codec.js";

/** The little of `@evan/opus` that is needed here. */
interface OpusLibrary {
  Encoder: new (options: {
    channels: 1;
    sample_rate: 24_000;
    application: "voip";
  }) => {
    bitrate: number;
    inband_fec: boolean;
    packet_loss: number;
    encode(samples: ArrayBufferView): Uint8Array;
  };
  Decoder: new (options: {
    channels: 1;
    sample_rate: 24_000;
  }) => {
    decode(packet: ArrayBufferView): Uint8Array;
  };
}

/** Opus codes at any of its rates; this one keeps all of a voice at half the work of 48 kHz. */
const SAMPLE_RATE = 24_000;
const BITRATE = 32_000;
/** What Opus can still do with (RFC 6716 2.1.1). */
const MIN_BITRATE = 6_000;

const require = createRequire(import.meta.url);

/** The WebAssembly build: the native one brings the process down when a worker thread ends. */
function load(): OpusLibrary {
  const before = process.env["OPUS_FORCE_WASM"];
  process.env["OPUS_FORCE_WASM"] = "1";
  try {
    return require("@evan/opus") as OpusLibrary;
  } finally {
    if (before === undefined) delete process.env["OPUS_FORCE_WASM"];
    else process.env["OPUS_FORCE_WASM"] = before;
  }
}

/** Opus (RFC 6716, RFC 7587), mono, by way of a library that is loaded with the first Opus call. */
export const opus: AudioCodec = {
  name: "OPUS",
  clockRate: 48_000,
  sampleRate: SAMPLE_RATE,
  packetsMs: [10, 20, 40, 60],
  createEncoder(fmtp = "") {
    const { Encoder } = load();
    const encoder = new Encoder({ channels: 1, sample_rate: SAMPLE_RATE, application: "voip" });
    encoder.bitrate = Math.max(MIN_BITRATE, Math.min(BITRATE, maxBitrateIn(fmtp)));
    // The library can write redundancy for the packet before (RFC 7587 6.1), but not read it: what we
    // offer says so, and the decoder makes up what was lost.
    encoder.inband_fec = /(?:^|;)\s*useinbandfec=1\s*(?:;|$)/.test(fmtp);
    return {
      expectLoss(rate) {
        encoder.packet_loss = Math.round(100 * Math.max(0, Math.min(1, rate)));
      },
      encode(samples, into, at = 0) {
        const packet = encoder.encode(samples);
        into.set(packet, at);
        return packet.length;
      },
    };
  },
  createDecoder() {
    const { Decoder } = load();
    const decoder = new Decoder({ channels: 1, sample_rate: SAMPLE_RATE });
    /** How the last packet was coded: its first byte, for one frame alone. */
    let lastHeader: Uint8Array | undefined;
    const decode = (payload: Uint8Array, into: Int16Array) => {
      try {
        const bytes = decoder.decode(payload);
        const count = Math.min(bytes.length >> 1, into.length);
        into.set(new Int16Array(bytes.buffer, bytes.byteOffset, count));
        return count;
      } catch {
        // Whatever a peer sends: a packet the library refuses is a packet lost.
        return 0;
      }
    };
    return {
      samplesIn: samplesInOpus,
      decode(payload, into) {
        const count = decode(payload, into);
        if (count > 0) lastHeader = Uint8Array.of((payload[0] ?? 0) & 0xfc);
        return count;
      },
      // A frame without any bytes is one that was not sent, or was lost (RFC 6716 3.2.1, 4.4).
      conceal: (into) => (lastHeader ? decode(lastHeader, into) : 0),
    };
  },
};

/** What the receiver can take at most (RFC 7587 6.1). */
function maxBitrateIn(fmtp: string): number {
  const said = /(?:^|;)\s*maxaveragebitrate=(\d{1,9})\s*(?:;|$)/.exec(fmtp)?.[1];
  return said === undefined ? BITRATE : Number(said);
}

const SILK_MS = [10, 20, 40, 60];
const CELT_MS = [2.5, 5, 10, 20];

/** The duration a packet claims in its first bytes (RFC 6716 3.1), in samples; 0 when it lies. */
function samplesInOpus(payload: Uint8Array): number {
  const toc = payload[0];
  if (toc === undefined) return 0;
  const config = toc >> 3;
  const frameMs =
    config < 12 ? SILK_MS[config & 3] : config < 16 ? SILK_MS[config & 1] : CELT_MS[config & 3];
  const code = toc & 3;
  const frames = code === 0 ? 1 : code === 3 ? (payload[1] ?? 0) & 0x3f : 2;
  const samples = ((frameMs ?? 0) * frames * SAMPLE_RATE) / 1000;
  return samples * 2 > MAX_PACKET_SAMPLES ? 0 : samples;
}
