/** Pitch periods looked at: 400 Hz down to 80 Hz. */
const MIN_LAG_MS = 2.5;
const MAX_LAG_MS = 12.5;
const WINDOW_MS = 10;
/** The search needs no more resolution than 8 kHz gives. */
const SEARCH_RATE = 8000;

/** The lag at which the end of `samples` repeats itself best, in samples. Needs at least 25 ms. */
export function bestLag(samples: Int16Array, sampleRate: number): number {
  const step = Math.max(1, Math.floor(sampleRate / SEARCH_RATE));
  const window = Math.round((sampleRate * WINDOW_MS) / 1000);
  return searchLag(samples, samples.length - window, window, step, sampleRate);
}

/** First over every other lag by every other sample, then closely around the best of them. */
function searchLag(
  samples: Int16Array,
  from: number,
  window: number,
  step: number,
  sampleRate: number,
): number {
  const minLag = leastLag(sampleRate);
  const maxLag = Math.min(from, Math.round((sampleRate * MAX_LAG_MS) / 1000));
  const to = from + window;
  let near = minLag;
  let best = Number.NEGATIVE_INFINITY;
  for (let lag = minLag; lag <= maxLag; lag += 2 * step) {
    const score = repeats(samples, from, to, lag, 2 * step);
    if (score > best) {
      best = score;
      near = lag;
    }
  }
  let found = near;
  best = Number.NEGATIVE_INFINITY;
  for (let lag = near - step; lag <= near + step; lag += step) {
    if (lag < minLag || lag > maxLag) continue;
    const score = repeats(samples, from, to, lag, step);
    if (score > best) {
      best = score;
      found = lag;
    }
  }
  return found;
}

/** How well a stretch repeats what was `lag` samples before; every `step`th sample is looked at. */
function repeats(samples: Int16Array, from: number, to: number, lag: number, step: number): number {
  let cross = 0;
  let power = 1;
  for (let index = from; index < to; index += step) {
    const past = samples[index - lag] ?? 0;
    cross += (samples[index] ?? 0) * past;
    power += past * past;
  }
  return cross <= 0 ? cross : (cross * cross) / power;
}

/** The shortest period that is ever found, in samples. */
export function leastLag(sampleRate: number): number {
  return Math.round((sampleRate * MIN_LAG_MS) / 1000);
}

/**
 * The pitch period of a block, in samples, that leaves at least a third of it for fading; 0 when the
 * block is too short for any.
 */
export function lagWithin(samples: Int16Array, sampleRate: number): number {
  const window = Math.floor(samples.length / 3);
  if (window < (sampleRate * MIN_LAG_MS) / 1000) return 0;
  const step = Math.max(1, Math.floor(sampleRate / SEARCH_RATE));
  return searchLag(samples, samples.length - window, window, step, sampleRate);
}

/**
 * The same sound, shorter by one pitch period: its end is faded into itself one period on. The samples
 * are changed in place.
 */
export function shorten(samples: Int16Array, lag: number): Int16Array {
  const overlap = samples.length - lag;
  for (let index = 0; index < overlap; index++) {
    const share = index / overlap;
    samples[index] = (samples[index] ?? 0) * (1 - share) + (samples[index + lag] ?? 0) * share;
  }
  return samples.subarray(0, overlap);
}

/** The same sound, longer by one pitch period. */
export function lengthen(samples: Int16Array, lag: number): Int16Array {
  const longer = new Int16Array(samples.length + lag);
  const overlap = samples.length - lag;
  longer.set(samples.subarray(0, lag));
  for (let index = 0; index < overlap; index++) {
    const share = index / overlap;
    longer[lag + index] = (samples[lag + index] ?? 0) * (1 - share) + (samples[index] ?? 0) * share;
  }
  longer.set(samples.subarray(overlap), samples.length);
  return longer;
}
