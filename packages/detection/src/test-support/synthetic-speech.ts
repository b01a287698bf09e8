/**
 * Speech-like audio for unit tests: a buzzing voice whose pitch wanders, shaped by formants that
 * change per syllable, with the gaps between syllables that speech has. Same seed, same samples.
 */
const RATE = 8_000;
const SYLLABLE_MS = 180;
const FORMANTS_HZ = [
  [730, 1_090, 2_440],
  [270, 2_290, 3_010],
  [530, 1_840, 2_480],
  [570, 840, 2_410],
  [300, 870, 2_240],
] as const;

export function speech(durationMs: number, seed = 1): Int16Array {
  const samples = new Int16Array((durationMs * RATE) / 1_000);
  let state = seed;
  const chance = () => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
  let phase = 0;
  let pitchHz = 120;
  let formants: readonly number[] = FORMANTS_HZ[0];
  const perSyllable = (SYLLABLE_MS * RATE) / 1_000;
  for (let index = 0; index < samples.length; index++) {
    const position = (index % perSyllable) / perSyllable;
    if (index % perSyllable === 0) {
      formants = FORMANTS_HZ[Math.floor(chance() * FORMANTS_HZ.length)] ?? FORMANTS_HZ[0];
      pitchHz = 100 + 60 * chance();
    }
    phase += (2 * Math.PI * (pitchHz + 25 * position)) / RATE;
    let value = 0;
    for (let harmonic = 1; harmonic <= 24; harmonic++) {
      const hz = harmonic * pitchHz;
      const gain = formants.reduce(
        (sum, formant) => sum + 1 / (1 + ((hz - formant) / 120) ** 2),
        0,
      );
      value += gain * Math.sin(harmonic * phase);
    }
    const envelope = Math.sin(Math.PI * Math.min(1, position / 0.85)) ** 0.5 || 0;
    samples[index] = Math.max(-32_768, Math.min(32_767, 2_500 * value * Math.max(0, envelope)));
  }
  return samples;
}

export function silence(durationMs: number, rate = RATE): Int16Array {
  return new Int16Array(Math.round((durationMs * rate) / 1_000));
}

/** White noise, uniform, at about this level. */
export function noise(durationMs: number, levelDb: number, seed = 7): Int16Array {
  let state = seed;
  const peak = 32_768 * 10 ** (levelDb / 20) * Math.sqrt(3);
  return silence(durationMs).map(() => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    return (state / 0x7fffffff - 0.5) * 2 * peak;
  });
}

/** One or more sines of equal level, -10 dB below full scale together, 5 ms edges. */
export function tone(durationMs: number, ...frequenciesHz: number[]): Int16Array {
  const edge = 40;
  return silence(durationMs).map((_, index, all) => {
    const ramp = Math.min(1, index / edge, (all.length - index) / edge);
    const sum = frequenciesHz.reduce((s, hz) => s + Math.sin((2 * Math.PI * hz * index) / RATE), 0);
    return (ramp * 10_000 * sum) / frequenciesHz.length;
  });
}

export function join(...parts: readonly Int16Array[]): Int16Array {
  const joined = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export function mix(a: Int16Array, b: Int16Array): Int16Array {
  return a.map((value, index) => value + (b[index] ?? 0));
}
