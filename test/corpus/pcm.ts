/** Small operations on 8 kHz audio as floats in -1 to 1. */
export const RATE = 8_000;

export function samplesOf(durationMs: number): number {
  return Math.round((durationMs * RATE) / 1_000);
}

export function msOf(samples: number): number {
  return (samples * 1_000) / RATE;
}

export function concat(parts: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export function rms(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / Math.max(1, samples.length));
}

/** RMS over the 20 ms steps that are within 25 dB of the loudest: the level of the speech itself. */
export function activeRms(samples: Float32Array): number {
  const step = samplesOf(20);
  const powers: number[] = [];
  for (let at = 0; at + step <= samples.length; at += step)
    powers.push(rms(samples.subarray(at, at + step)) ** 2);
  const loudest = Math.max(...powers, 1e-12);
  const active = powers.filter((power) => power > loudest / 316);
  return Math.sqrt(active.reduce((sum, power) => sum + power, 0) / Math.max(1, active.length));
}

export function toLevel(samples: Float32Array, levelDb: number): Float32Array {
  const gain = 10 ** (levelDb / 20) / Math.max(1e-6, activeRms(samples));
  return samples.map((sample) => sample * gain);
}

export function toInt16(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, (sample) =>
    Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_767))),
  );
}

/** Cuts what is 35 dB under the loudest step off both ends. */
export function trim(samples: Float32Array): Float32Array {
  const step = samplesOf(10);
  let loudest = 0;
  for (let at = 0; at + step <= samples.length; at += step)
    loudest = Math.max(loudest, rms(samples.subarray(at, at + step)));
  const limit = loudest * 10 ** (-35 / 20);
  let first = 0;
  while (first + step < samples.length && rms(samples.subarray(first, first + step)) < limit)
    first += step;
  let last = samples.length;
  while (last - step > first && rms(samples.subarray(last - step, last)) < limit) last -= step;
  return samples.subarray(first, last);
}
