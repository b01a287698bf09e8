import { describe, expect, it } from "vitest";
import { tone } from "../send/tones.js";
import { decodeG711, encodeG711 } from "./g711.js";
import { Resampler, resample } from "./resample.js";

/** Share of the power of `heard` that is not `wanted` at its best gain, in dB. */
function errorDb(heard: Int16Array, wanted: Int16Array, skip: number): number {
  let cross = 0;
  let power = 0;
  for (let i = skip; i < wanted.length - skip; i++) {
    cross += (heard[i] ?? 0) * (wanted[i] ?? 0);
    power += (wanted[i] ?? 0) ** 2;
  }
  const gain = cross / power;
  let error = 0;
  for (let i = skip; i < wanted.length - skip; i++) {
    error += ((heard[i] ?? 0) - gain * (wanted[i] ?? 0)) ** 2;
  }
  return 10 * Math.log10(error / (gain * gain * power));
}

function rms(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

describe("resampler", () => {
  const rates = [8000, 16_000, 24_000, 48_000, 44_100];
  for (const from of rates) {
    for (const to of rates) {
      it(`keeps a tone and its position from ${from} to ${to} Hz`, () => {
        const make = (sampleRate: number) =>
          tone({ frequenciesHz: [1000], durationMs: 200, sampleRate, levelDb: -6, rampMs: 0 });
        const converted = resample(make(from), from, to);
        const wanted = make(to);
        expect(converted.length).toBe(wanted.length);
        expect(errorDb(converted, wanted, Math.round(to / 50))).toBeLessThan(-45);
        expect(rms(converted) / rms(wanted)).toBeCloseTo(1, 1);
      });
    }
  }

  it("gives exactly 20 ms for every 20 ms and the same samples as in one piece", () => {
    const input = tone({ frequenciesHz: [300, 2000], durationMs: 100, sampleRate: 24_000 });
    const whole = new Int16Array(5000);
    const wholeLength = new Resampler(24_000, 16_000).process(input, whole);
    const resampler = new Resampler(24_000, 16_000);
    const pieces = new Int16Array(5000);
    let at = 0;
    for (let frame = 0; frame < 5; frame++) {
      const block = input.subarray(frame * 480, frame * 480 + 480);
      const written = resampler.process(block, pieces.subarray(at));
      expect(written).toBe(320);
      at += written;
    }
    expect(pieces.subarray(0, at)).toEqual(whole.subarray(0, wholeLength));
  });

  it("does not let a frequency above the new limit through", () => {
    const high = tone({ frequenciesHz: [6000], durationMs: 200, sampleRate: 48_000 });
    const converted = resample(high, 48_000, 8000);
    expect(20 * Math.log10(rms(converted) / rms(high))).toBeLessThan(-50);
  });
});

describe("G.711", () => {
  for (const law of ["mu", "a"] as const) {
    it(`gives every ${law}-law code back`, () => {
      const codes = Uint8Array.from({ length: 256 }, (_, code) => code);
      const samples = new Int16Array(256);
      const again = new Uint8Array(256);
      decodeG711(law, codes, samples);
      encodeG711(law, samples, again);
      // µ-law has two zeros (G.711 table 2a).
      if (law === "mu") codes[0x7f] = 0xff;
      expect(again).toEqual(codes);
    });
  }

  it("matches the values of the recommendation's tables", () => {
    const decoded = new Int16Array(4);
    decodeG711("mu", Uint8Array.from([0x00, 0x80, 0xff, 0x8f]), decoded);
    expect([...decoded]).toEqual([-32_124, 32_124, 0, 16_764]);
    decodeG711("a", Uint8Array.from([0xd5, 0x55, 0x2a, 0xaa]), decoded);
    expect([...decoded]).toEqual([8, -8, -32_256, 32_256]);
  });

  it("keeps a tone at telephone quality", () => {
    const speech = tone({ frequenciesHz: [700, 1150], durationMs: 200, sampleRate: 8000 });
    for (const law of ["mu", "a"] as const) {
      const bytes = new Uint8Array(speech.length);
      const heard = new Int16Array(speech.length);
      encodeG711(law, speech, bytes);
      decodeG711(law, bytes, heard);
      expect(errorDb(heard, speech, 0)).toBeLessThan(-33);
    }
  });
});
