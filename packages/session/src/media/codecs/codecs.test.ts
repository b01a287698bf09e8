import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tone } from "../send/tones.js";
import { correlation } from "../testing/correlation.js";
import { type AudioCodec, MAX_PACKET_SAMPLES } from "./audio-codec.js";
import { type CodecName, codecFor, offersFor } from "./registry.js";

function codec(name: CodecName): AudioCodec {
  const offer = offersFor([name])[0];
  const found = offer && codecFor(offer);
  if (!found) throw new Error(`there is no ${name}`);
  return found;
}

/** Through the codec and back in packets of 20 ms. */
function throughCodec({ createEncoder, createDecoder, sampleRate }: AudioCodec, audio: Int16Array) {
  const [encoder, decoder] = [createEncoder(), createDecoder()];
  const step = sampleRate / 50;
  const heard = new Int16Array(audio.length);
  for (let at = 0; at + step <= audio.length; at += step) {
    const payload = new Uint8Array(1400);
    const length = encoder.encode(audio.subarray(at, at + step), payload);
    const packet = payload.subarray(0, length);
    const decoded = new Int16Array(MAX_PACKET_SAMPLES);
    expect(decoder.samplesIn(packet)).toBe(step);
    expect(decoder.decode(packet, decoded)).toBe(step);
    heard.set(decoded.subarray(0, step), at);
  }
  return heard;
}

function sha256(data: ArrayBufferView): string {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return createHash("sha256").update(bytes).digest("hex");
}

describe("codecs", () => {
  for (const name of ["PCMU", "PCMA", "G722", "OPUS"] as const) {
    it(`${name} sounds the same on the other side`, () => {
      const { sampleRate } = codec(name);
      const audio = tone({ frequenciesHz: [310, 1270], durationMs: 400, sampleRate });
      const heard = throughCodec(codec(name), audio);
      const skip = sampleRate / 20;
      expect(correlation(heard.subarray(skip), audio.subarray(skip, -2 * skip))).toBeGreaterThan(
        0.97,
      );
    });

    it(`${name} takes any bytes for a packet without failing`, () => {
      const decoder = codec(name).createDecoder();
      const into = new Int16Array(MAX_PACKET_SAMPLES);
      void fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), (payload) => {
          const samples = decoder.samplesIn(payload);
          expect(samples).toBeLessThanOrEqual(MAX_PACKET_SAMPLES);
          if (samples > 0) decoder.decode(payload, into);
        }),
        { numRuns: 200 },
      );
    });
  }

  it("G.722 codes and decodes bit for bit as spandsp does", () => {
    // A chirp, noise, both together and silence, made with whole numbers only.
    const samples = new Int16Array(16_000);
    let state = 1;
    for (const index of samples.keys()) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      const noise = ((state >>> 16) & 0x7fff) - 16_384;
      const phase = ((index * index) >> 6) & 0x3ff;
      const triangle = Math.abs(phase - 512) * 24 - 6144;
      if (index < 6_000) samples[index] = triangle;
      else if (index < 10_000) samples[index] = noise >> 1;
      else if (index < 14_000) samples[index] = (noise >> 4) + ((triangle * 3) >> 2);
    }
    const coded = new Uint8Array(8_000);
    codec("G722").createEncoder().encode(samples, coded);
    const decoded = new Int16Array(16_000);
    codec("G722").createDecoder().decode(coded, decoded);
    // Made with g722_encode and g722_decode of libspandsp 0.0.6 at 64 kbit/s.
    expect(sha256(coded)).toBe("316e977f5d6a45b1bde084ca59a28216d7a52db7011a660b24c39d3b5ebcc726");
    expect(sha256(decoded)).toBe(
      "6a9567ee0607e2fec1eee8315fbfb616ece6f73ba042f509965709f20d96a79e",
    );
  });

  it("Opus provides for loss where the receiver can make use of it", () => {
    const samples = new Int16Array(480);
    for (const index of samples.keys()) samples[index] = 8_000 * Math.sin(index * 0.05);
    const coded = (fmtp: string, loss: number) => {
      const encoder = codec("OPUS").createEncoder(fmtp);
      encoder.expectLoss?.(loss);
      const bytes = new Uint8Array(1_000);
      return Array.from({ length: 5 }, () => [
        ...bytes.subarray(0, encoder.encode(samples, bytes)),
      ]);
    };
    const plain = coded("minptime=10", 0.3);
    expect(coded("useinbandfec=0", 0.3)).toEqual(plain);
    expect(coded("minptime=10; useinbandfec=1", 0.3)).not.toEqual(plain);
  });

  it("Opus makes up a lost packet that sounds like the one before, as long as a frame of it", () => {
    const opus = codec("OPUS");
    const [encoder, decoder] = [opus.createEncoder(), opus.createDecoder()];
    const frame = opus.sampleRate / 50;
    const voice = tone({ frequenciesHz: [180, 360, 900], durationMs: 400, sampleRate: 24_000 });
    const [coded, heard, made] = [
      new Uint8Array(1_000),
      new Int16Array(frame),
      new Int16Array(frame),
    ];
    expect(decoder.conceal?.(made)).toBe(0);
    for (let at = 0; at + frame <= voice.length / 2; at += frame) {
      const length = encoder.encode(voice.subarray(at, at + frame), coded);
      decoder.decode(coded.subarray(0, length), heard);
    }
    expect(decoder.conceal?.(made)).toBe(frame);
    const wanted = voice.subarray(voice.length / 2 - frame, voice.length / 2 + 2 * frame);
    expect(correlation(wanted, made.subarray(0, frame / 2))).toBeGreaterThan(0.9);
    expect(decoder.conceal?.(new Int16Array(frame / 2))).toBeLessThanOrEqual(frame / 2);
    expect(codec("PCMU").createDecoder().conceal).toBeUndefined();
  });

  it("Opus takes no more room than the receiver has", () => {
    const samples = Int16Array.from({ length: 480 }, (_, at) => 8_000 * Math.sin(at * at * 0.001));
    const bytesOf = (fmtp: string) => {
      const encoder = codec("OPUS").createEncoder(fmtp);
      const into = new Uint8Array(1_000);
      return Array.from({ length: 50 }, () => encoder.encode(samples, into)).reduce(
        (sum, bytes) => sum + bytes,
      );
    };
    const most = bytesOf("");
    // The rate varies with the sound, and such a one takes a little more than others.
    expect(bytesOf("maxaveragebitrate=12000; useinbandfec=0") / most).toBeLessThan(0.5);
    expect(bytesOf("maxaveragebitrate=1") / most).toBeLessThan(0.3);
    expect(bytesOf("maxaveragebitrate=510000")).toBe(most);
  });

  it("are offered in the order asked for, with events for each of their clocks", () => {
    const names = offersFor(["OPUS", "PCMA"]).map(({ name, clockRate }) => `${name}/${clockRate}`);
    expect(names).toEqual([
      "OPUS/48000",
      "PCMA/8000",
      "TELEPHONE-EVENT/8000",
      "TELEPHONE-EVENT/48000",
    ]);
    expect(() => offersFor(["GSM" as CodecName])).toThrow("GSM");
    expect(codecFor({ name: "PCMU", payloadType: 0, clockRate: 16_000 })).toBeUndefined();
  });
});
