import { describe, expect, it } from "vitest";
import { corpusCalls } from "./calls.js";
import type { Clip } from "./library.js";
import { activeRms, msOf } from "./pcm.js";
import { PARTS } from "./phrases.js";
import { tone } from "./signals.js";

/** Voices that hum: the corpus needs lengths, not words, and the tests no synthesiser. */
const LENGTHS_MS = {
  hello: 500,
  name: 1_000,
  business: 2_600,
  long: 7_000,
  short: 1_800,
  ivr: 8_000,
  screening: 5_000,
  announcement: 4_000,
} as const;

function clip(voice: string, split: Clip["split"], part: Clip["part"], hz: number, ms: number) {
  const samples = tone([hz, hz * 2.1], ms);
  return {
    voice,
    split,
    part,
    name: `${voice}-${part}`,
    durationMs: msOf(samples.length),
    samples,
  };
}

const library: Clip[] = (["train", "test"] as const).flatMap((split) => [
  ...["anna", "ben"].flatMap((name) =>
    PARTS.map((part) => clip(`${split}-${name}`, split, part, 210, LENGTHS_MS[part])),
  ),
  clip(`${split}-prompts`, split, "prompt", 180, 2_500),
  clip(`${split}-tune`, split, "music", 300, 20_000),
]);

/** A few of each class, made once: synthesis takes a while. */
const some = (split: Clip["split"], stress: boolean) => [
  ...corpusCalls(library, split, { scale: 0.05, stress }),
];
const halves = (["train", "test"] as const).map((split) => ({ split, calls: some(split, false) }));
const unusual = some("train", true);
const all = [...halves.flatMap(({ calls }) => calls), ...unusual];

describe("the corpus", () => {
  it("is the same for the same seed, and another for another", () => {
    const first = (options = {}) => {
      for (const { samples } of corpusCalls(library, "train", { scale: 0.05, ...options }))
        return Buffer.from(samples.buffer);
      throw new Error("the corpus is empty");
    };
    expect(first().equals(first())).toBe(true);
    expect(first().equals(first({ seed: 2 }))).toBe(false);
  });

  it("lets no voice of one half speak in the other", () => {
    for (const { split, calls } of halves)
      for (const { voice } of calls)
        expect(voice === "" || voice.startsWith(`${split}-`)).toBe(true);
  });

  it("has every class, and the unusual calls of nearly every one", () => {
    for (const { calls } of halves) expect(new Set(calls.map(({ truth }) => truth)).size).toBe(9);
    expect(new Set(unusual.map(({ truth }) => truth)).size).toBeGreaterThanOrEqual(8);
  });

  it("knows where each beep and the first words end", () => {
    for (const { samples, beeps, utteranceEndMs } of all) {
      expect(utteranceEndMs).toBeLessThanOrEqual(msOf(samples.length));
      for (const { fromMs, untilMs } of beeps) {
        expect(fromMs).toBeGreaterThanOrEqual(utteranceEndMs - 1);
        expect(untilMs).toBeLessThanOrEqual(msOf(samples.length));
        const heard = samples.subarray(Math.round(fromMs * 8), Math.round(untilMs * 8));
        const level = activeRms(Float32Array.from(heard, (sample) => sample / 32_768));
        expect(level).toBeGreaterThan(1e-3);
      }
    }
  });
});
