/**
 * How alike `wanted` sounds within `heard`: the normalised correlation at the best delay, 1 for the
 * same up to loudness. For tests and benchmarks that compare audio instead of counting packets.
 */
export function correlation(heard: Int16Array, wanted: Int16Array): number {
  return bestMatch(heard, wanted).correlation;
}

/**
 * The same for audio that went over a real network: the median over pieces of `wanted`, each found
 * by itself, because a jitter buffer may have stretched the time between them.
 */
export function likeness(heard: Int16Array, wanted: Int16Array, pieceSamples: number): number {
  const found: number[] = [];
  for (let at = 0; at + pieceSamples <= wanted.length; at += pieceSamples) {
    found.push(correlation(heard, wanted.subarray(at, at + pieceSamples)));
  }
  found.sort((one, other) => one - other);
  return found[Math.floor(found.length / 2)] ?? 0;
}

/** The best match and how many samples into `heard` it begins. */
export function bestMatch(
  heard: Int16Array,
  wanted: Int16Array,
): { readonly correlation: number; readonly atSample: number } {
  const wantedPower = power(wanted, 0, wanted.length);
  let best = { correlation: 0, atSample: 0 };
  if (wantedPower === 0 || heard.length < wanted.length) return best;
  // Of whole numbers, so that what is added and taken away again leaves nothing.
  let heardPower = power(heard, 0, wanted.length);
  for (let at = 0; at + wanted.length <= heard.length; at++) {
    if (at > 0) heardPower += power(heard, at + wanted.length - 1, 1) - power(heard, at - 1, 1);
    if (heardPower === 0) continue;
    let cross = 0;
    for (let index = 0; index < wanted.length; index++) {
      cross += (heard[at + index] ?? 0) * (wanted[index] ?? 0);
    }
    const score = cross / Math.sqrt(heardPower * wantedPower);
    if (score > best.correlation) best = { correlation: score, atSample: at };
  }
  return best;
}

function power(samples: Int16Array, from: number, length: number): number {
  let sum = 0;
  for (let index = from; index < from + length; index++) sum += (samples[index] ?? 0) ** 2;
  return sum;
}
