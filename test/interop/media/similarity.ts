/** How alike two recordings are, by ear rather than by count: correlation piece by piece. */
export interface Similarity {
  /** The median correlation of all pieces with sound in them, 0 to 1. */
  readonly correlation: number;
  /** The share of pieces that were found in their place, at 0.9 or better. */
  readonly found: number;
}

const RATE = 8_000;
/** 100 ms: short enough that a slip in time, where a jitter buffer stretched it, spoils few. */
const PIECE = RATE / 10;
/** Long enough to sound like nothing else. */
const ANCHOR = RATE / 2;
/** Pieces quieter than this say nothing. */
const AUDIBLE_RMS = 300;
/** A jitter buffer may shift what comes later by so much, either way. */
const SLIP = (RATE * 400) / 1_000;
const SAME = 0.9;

/** Looks for what was `said` in what was `heard`, both at 8 kHz. */
export function similarity(heard: Int16Array, said: Int16Array): Similarity {
  const found: number[] = [];
  let offset = offsetOf(heard, said);
  for (let at = 0; at + PIECE <= said.length; at += PIECE) {
    const piece = said.subarray(at, at + PIECE);
    if (rms(piece) < AUDIBLE_RMS) continue;
    const from = Math.max(0, at + offset - SLIP);
    const match = bestMatch(heard.subarray(from, Math.max(0, at + offset + SLIP + PIECE)), piece);
    found.push(match.correlation);
    if (match.correlation >= SAME) offset = from + match.at - at;
  }
  found.sort((one, other) => one - other);
  return {
    correlation: found[Math.floor(found.length / 2)] ?? 0,
    found: found.filter((value) => value >= SAME).length / Math.max(1, found.length),
  };
}

/** Where `said` begins in `heard`, by the place of its loudest stretch. */
function offsetOf(heard: Int16Array, said: Int16Array): number {
  let loudest = 0;
  for (let at = 0; at + ANCHOR <= said.length; at += PIECE) {
    if (energy(said, at, ANCHOR) > energy(said, loudest, ANCHOR)) loudest = at;
  }
  return bestMatch(heard, said.subarray(loudest, loudest + ANCHOR)).at - loudest;
}

function bestMatch(
  heard: Int16Array,
  piece: Int16Array,
): { readonly correlation: number; readonly at: number } {
  const wanted = Math.sqrt(energy(piece, 0, piece.length));
  let best = { correlation: 0, at: 0 };
  let power = energy(heard, 0, piece.length);
  for (let at = 0; at + piece.length <= heard.length; at++) {
    if (power > 0) {
      let cross = 0;
      for (let index = 0; index < piece.length; index++) {
        cross += (heard[at + index] ?? 0) * (piece[index] ?? 0);
      }
      const correlation = cross / (Math.sqrt(power) * wanted);
      if (correlation > best.correlation) best = { correlation, at };
    }
    power += (heard[at + piece.length] ?? 0) ** 2 - (heard[at] ?? 0) ** 2;
  }
  return best;
}

function energy(samples: Int16Array, from: number, length: number): number {
  let sum = 0;
  for (let index = from; index < from + length; index++) sum += (samples[index] ?? 0) ** 2;
  return sum;
}

function rms(samples: Int16Array): number {
  return Math.sqrt(energy(samples, 0, samples.length) / samples.length);
}
