import type { Random } from "@offhook/session";
import { concat, RATE, samplesOf } from "./pcm.js";

/** Sums sines of equal level; `decayDb` is how much it falls from start to end. */
export function tone(
  frequenciesHz: readonly number[],
  durationMs: number,
  options: { readonly level?: number; readonly decayDb?: number } = {},
): Float32Array {
  const samples = new Float32Array(samplesOf(durationMs));
  const edge = samplesOf(4);
  const level = options.level ?? 0.3;
  for (let index = 0; index < samples.length; index++) {
    const ramp = Math.min(1, index / edge, (samples.length - index) / edge);
    const decay = 10 ** ((-(options.decayDb ?? 0) * index) / samples.length / 20);
    let sum = 0;
    for (const hz of frequenciesHz) sum += Math.sin((2 * Math.PI * hz * index) / RATE);
    samples[index] = (level * ramp * decay * sum) / frequenciesHz.length;
  }
  return samples;
}

export function pause(durationMs: number): Float32Array {
  return new Float32Array(samplesOf(durationMs));
}

/** Repeats on/off pairs until the duration is full. */
export function cadence(
  frequenciesHz: readonly number[],
  pattern: readonly number[],
  durationMs: number,
): Float32Array {
  const parts: Float32Array[] = [];
  let filledMs = 0;
  for (let step = 0; filledMs < durationMs; step++) {
    const ms = pattern[step % pattern.length] as number;
    parts.push(step % 2 === 0 ? tone(frequenciesHz, ms) : pause(ms));
    filledMs += ms;
  }
  return concat(parts).subarray(0, samplesOf(durationMs));
}

export interface CallProgress {
  readonly country: string;
  readonly kind: "ringback" | "busy" | "reorder";
  readonly frequenciesHz: readonly number[];
  readonly pattern: readonly number[];
}

/** ITU-T E.180 as eight countries apply it. */
export const CALL_PROGRESS: readonly CallProgress[] = [
  { country: "us", kind: "ringback", frequenciesHz: [440, 480], pattern: [2000, 4000] },
  { country: "us", kind: "busy", frequenciesHz: [480, 620], pattern: [500, 500] },
  { country: "us", kind: "reorder", frequenciesHz: [480, 620], pattern: [250, 250] },
  { country: "gb", kind: "ringback", frequenciesHz: [400, 450], pattern: [400, 200, 400, 2000] },
  { country: "gb", kind: "busy", frequenciesHz: [400], pattern: [375, 375] },
  { country: "gb", kind: "reorder", frequenciesHz: [400], pattern: [400, 350, 225, 525] },
  { country: "de", kind: "ringback", frequenciesHz: [425], pattern: [1000, 4000] },
  { country: "de", kind: "busy", frequenciesHz: [425], pattern: [480, 480] },
  { country: "de", kind: "reorder", frequenciesHz: [425], pattern: [240, 240] },
  { country: "fr", kind: "ringback", frequenciesHz: [440], pattern: [1500, 3500] },
  { country: "fr", kind: "busy", frequenciesHz: [440], pattern: [500, 500] },
  { country: "fr", kind: "reorder", frequenciesHz: [440], pattern: [250, 250] },
  { country: "it", kind: "ringback", frequenciesHz: [425], pattern: [1000, 4000] },
  { country: "it", kind: "busy", frequenciesHz: [425], pattern: [500, 500] },
  { country: "it", kind: "reorder", frequenciesHz: [425], pattern: [200, 200] },
  { country: "es", kind: "ringback", frequenciesHz: [425], pattern: [1500, 3000] },
  { country: "es", kind: "busy", frequenciesHz: [425], pattern: [200, 200] },
  { country: "es", kind: "reorder", frequenciesHz: [425], pattern: [200, 200, 200, 200, 200, 600] },
  { country: "jp", kind: "ringback", frequenciesHz: [385, 415], pattern: [1000, 2000] },
  { country: "jp", kind: "busy", frequenciesHz: [400], pattern: [500, 500] },
  { country: "au", kind: "ringback", frequenciesHz: [413, 438], pattern: [400, 200, 400, 2000] },
  { country: "au", kind: "busy", frequenciesHz: [425], pattern: [375, 375] },
];

/** Special information tones (ITU-T E.180, Telcordia GR-1162): frequency and length of the first two. */
const SIT: Readonly<Record<string, readonly (readonly [hz: number, ms: number])[]>> = {
  sit_intercept: [
    [913.8, 274],
    [1370.6, 274],
  ],
  sit_vacant: [
    [985.2, 380],
    [1370.6, 274],
  ],
  sit_reorder: [
    [913.8, 274],
    [1428.5, 380],
  ],
  sit_no_circuit: [
    [985.2, 380],
    [1428.5, 380],
  ],
  sit_itu: [
    [950, 330],
    [1400, 330],
  ],
};

export const SIT_KINDS = Object.keys(SIT);

export function specialInformationTone(kind: string): Float32Array {
  const steps = [...(SIT[kind] ?? []), kind === "sit_itu" ? [1800, 330] : [1776.7, 380]];
  return concat(steps.flatMap(([hz, ms]) => [tone([hz as number], ms as number), pause(12)]));
}

/** T.30 calling tone: 0.5 s on, 3 s off. */
export function faxCalling(durationMs: number, hz: number): Float32Array {
  return cadence([hz], [500, 3_000], durationMs);
}

/** T.30 called station: CED, or ANSam (V.8: 15 Hz amplitude modulation, phase reversals). */
export function faxAnswer(durationMs: number, modulated: boolean, hz: number): Float32Array {
  const samples = tone([hz], durationMs);
  if (!modulated) return samples;
  return samples.map((sample, index) => {
    const flip = Math.floor(index / samplesOf(450)) % 2 === 0 ? 1 : -1;
    return sample * flip * (1 + 0.2 * Math.sin((2 * Math.PI * 15 * index) / RATE));
  });
}

/** V.21 channel 2 at 300 bit/s: a second of HDLC flags, then a frame of arbitrary bits. */
export function v21(durationMs: number, random: Random): Float32Array {
  const samples = new Float32Array(samplesOf(durationMs));
  const perBit = RATE / 300;
  let phase = 0;
  for (let index = 0; index < samples.length; index++) {
    const bit = Math.floor(index / perBit);
    const inFlags = index < RATE;
    const one = inFlags ? bit % 8 !== 0 && bit % 8 !== 7 : random.unit() < 0.5 || bit % 6 === 0;
    phase += (2 * Math.PI * (one ? 1_650 : 1_850)) / RATE;
    samples[index] = 0.3 * Math.sin(phase);
  }
  return samples;
}

/** Steps of a scale above the lowest note, in semitones. */
const SCALE = [0, 2, 4, 5, 7, 9, 11, 12, 14, 16] as const;

/**
 * Music that nobody wrote: a melody of plucked or held notes over chords, with or without a beat.
 */
export function tune(durationMs: number, random: Random): Float32Array {
  const samples = new Float32Array(samplesOf(durationMs));
  const beatMs = 60_000 / (70 + 90 * random.unit());
  const rootHz = 110 * 2 ** (random.unit() * 1.2);
  const held = random.unit() < 0.5;
  const drums = random.unit() < 0.4;
  const noteHz = (step: number) => rootHz * 2 ** ((SCALE[step % SCALE.length] as number) / 12);
  const put = (atMs: number, hz: number, lengthMs: number, level: number) => {
    const from = samplesOf(atMs);
    const length = Math.min(samplesOf(lengthMs), samples.length - from);
    for (let index = 0; index < length; index++) {
      const attack = Math.min(1, index / samplesOf(8));
      const fade = held ? Math.min(1, (length - index) / samplesOf(20)) : Math.exp(-index / 2_400);
      let sum = 0;
      for (let partial = 1; partial <= 5; partial++)
        sum += Math.sin((2 * Math.PI * hz * partial * index) / RATE) / partial;
      samples[from + index] = (samples[from + index] as number) + level * attack * fade * sum;
    }
  };
  for (let beat = 0; beat * beatMs < durationMs; beat++) {
    const atMs = beat * beatMs;
    if (beat % 4 === 0) {
      const chord = Math.floor(random.unit() * 5);
      for (const step of [chord, chord + 2, chord + 4]) put(atMs, noteHz(step), 4 * beatMs, 0.05);
    }
    if (random.unit() < 0.85)
      put(atMs, 2 * noteHz(Math.floor(random.unit() * SCALE.length)), beatMs, 0.12);
    if (drums && random.unit() < 0.8) knock(samples, samplesOf(atMs), random);
  }
  return samples;
}

function knock(samples: Float32Array, from: number, random: Random): void {
  const length = Math.min(samplesOf(90), samples.length - from);
  for (let index = 0; index < length; index++)
    samples[from + index] =
      (samples[from + index] as number) + 0.15 * (2 * random.unit() - 1) * Math.exp(-index / 160);
}
