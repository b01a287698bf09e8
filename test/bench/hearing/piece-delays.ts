const RATE = 8_000;
const PIECE = RATE / 10;
const AUDIBLE_RMS = 300;
/** Nothing is heard later than this. */
const LATEST = RATE;
const SAME = 0.9;

/**
 * For each audible piece of 100 ms how much later it was heard than it was said, in ms; NaN for one
 * that was not heard as it was.
 */
export function pieceDelays(heard: Int16Array, said: Int16Array): number[] {
  const delays: number[] = [];
  for (let at = 0; at + PIECE <= said.length; at += PIECE) {
    const energy = energyOf(said, at);
    if (energy < PIECE * AUDIBLE_RMS ** 2) continue;
    let best = SAME;
    let delay = Number.NaN;
    for (let from = at; from <= at + LATEST && from + PIECE <= heard.length; from++) {
      let cross = 0;
      for (let index = 0; index < PIECE; index++)
        cross += (heard[from + index] ?? 0) * (said[at + index] ?? 0);
      if (cross <= 0 || cross * cross < best * best * energy * energyOf(heard, from)) continue;
      best = cross / Math.sqrt(energy * energyOf(heard, from));
      delay = ((from - at) * 1_000) / RATE;
    }
    delays.push(delay);
  }
  return delays;
}

function energyOf(samples: Int16Array, from: number): number {
  let sum = 0;
  for (let index = from; index < from + PIECE; index++) sum += (samples[index] ?? 0) ** 2;
  return sum;
}
