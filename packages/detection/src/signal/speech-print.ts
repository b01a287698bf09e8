import { BIN_HZ, type Hop } from "./heard-audio.js";

/** Edges of thirteen bands, evenly apart to the ear, where telephone speech has its power. */
const EDGES_HZ = [
  250, 340, 440, 550, 670, 810, 970, 1_150, 1_360, 1_600, 1_880, 2_200, 2_600, 3_100,
] as const;
const edges = EDGES_HZ.map((hz) => Math.round(hz / BIN_HZ));
const BANDS = edges.length - 1;
const BITS = BANDS - 1;
/** Bands are averaged over this many steps: two hearings never fall on the same samples. */
const SMOOTHED = 4;
/** Each step is held against the one this far back. */
const BACK = 4;
/** Powers are kept as long as they are averaged, averages until a step is held against them. */
const KEPT = SMOOTHED;
const KEPT_PRODUCTS = BACK + 1;
/** What a silent band counts for: 0 would erase all that is multiplied with it. */
const LEAST_POWER = 1e-9;
/** A hop that holds no speech has no print. */
const NONE = 0;
/** Set in every print, so that no print is `NONE`. */
const HEARD = 1 << BITS;
/** One print of a pair, and the marks of both that they hold speech. */
const ONE = 0xffff;
const BOTH = HEARD | (HEARD << 16);
/** The search looks at every fourth step first. */
const COARSE = 4;
/** So many prints that differ in more than this share after a quarter, or half, of a look are other words. */
const LEAST_PRINTS = 6;
const OTHER_WORDS_SHARE = { quarter: 0.45, half: 0.42 } as const;

/** Where the last words were said before. */
export interface Repetition {
  /** How long ago, in steps. */
  readonly lagHops: number;
  /** Share of the bits that differ: near 0 for the same recording, near 0.5 for other words. */
  readonly difference: number;
  /** Steps of speech that were compared. */
  readonly comparedHops: number;
}

/**
 * What speech sounded like, 12 bits per step: whether the balance of two neighbouring bands rose or
 * fell (after Haitsma and Kalker, 2002). Level, line and codec cancel out. The same recording has
 * nearly the same print each time; nobody who says the same words twice has.
 */
export class SpeechPrint {
  private readonly capacity: number;
  /**
   * Each step's print, and in its upper half the one `COARSE` steps before: two are compared at
   * once. Everything stands here twice, `capacity` apart, so that no look back ever wraps.
   */
  private readonly pairs: Uint32Array;
  private readonly bands = new Float64Array(BANDS * KEPT);
  /** Of each band's last `SMOOTHED` powers: the mean of their logarithms, without a logarithm. */
  private readonly products = new Float64Array(BANDS * KEPT_PRODUCTS);
  private steps = 0;

  /** Remembers this many steps. */
  constructor(capacity: number) {
    this.capacity = capacity;
    this.pairs = new Uint32Array(2 * capacity);
    this.clear();
  }

  clear(): void {
    this.steps = 0;
    this.bands.fill(LEAST_POWER);
    this.products.fill(LEAST_POWER ** SMOOTHED);
    this.pairs.fill(0);
  }

  push(hop: Hop): void {
    this.sumBands(hop.sums);
    const { pairs, capacity } = this;
    const at = this.steps % capacity;
    const earlier = pairs[at + capacity - COARSE] as number;
    const pair = (isWords(hop) ? this.print() : NONE) | ((earlier & ONE) << 16);
    pairs[at] = pair;
    pairs[at + capacity] = pair;
    this.steps++;
  }

  /**
   * Looks for the last `windowHops` steps among all earlier ones at least `gapHops` before; where
   * they fit best. Undefined when too little of either holds speech.
   */
  find(windowHops: number, gapHops: number, leastSpeechHops: number): Repetition | undefined {
    const nearest = windowHops + gapHops;
    const furthest = Math.min(this.steps, this.capacity) - windowHops;
    let near = 0;
    let share = 1;
    // Prints of neighbouring steps are much alike: every other place will do to find the region.
    for (let lag = nearest; lag <= furthest; lag += 2) {
      const found = this.compare(lag, windowHops, 2 * COARSE, BOTH);
      const differing = shareOf(found, leastSpeechHops / COARSE);
      if (differing < share) {
        share = differing;
        near = lag;
      }
    }
    if (near === 0) return undefined;
    let best: Repetition | undefined;
    for (let lag = Math.max(nearest, near - 1); lag <= Math.min(furthest, near + 1); lag++) {
      const found = this.compare(lag, windowHops, 1, HEARD);
      const difference = shareOf(found, leastSpeechHops);
      if (difference < (best?.difference ?? 1))
        best = { lagHops: lag, difference, comparedHops: found >>> 16 };
    }
    return best;
  }

  /**
   * How many bits differ, and in the upper half in how many prints: two small integers in one, as
   * nothing may be allocated for each of thousands of places. Stops on its way at other words.
   */
  private compare(lagHops: number, windowHops: number, stride: number, heard: number): number {
    const { pairs, capacity } = this;
    const end = ((this.steps - 1) % capacity) + capacity;
    let differing = 0;
    let compared = 0;
    const quarter = windowHops >> 2;
    for (let back = 0; back < windowHops; back += stride) {
      if (back >= quarter && compared >= LEAST_PRINTS) {
        const most = back < 2 * quarter ? OTHER_WORDS_SHARE.quarter : OTHER_WORDS_SHARE.half;
        if (differing > compared * (most * BITS)) break;
      }
      const now = pairs[end - back] as number;
      const then = pairs[end - back - lagHops] as number;
      const both = now & then & heard;
      // Where both hold speech, all bits of the print; elsewhere none.
      differing += bitsIn((now ^ then) & ((both >>> BITS) * (HEARD - 1)));
      compared += (both >>> BITS) & 1;
      compared += both >>> (16 + BITS);
    }
    return (compared << 16) | differing;
  }

  private sumBands(sums: Float64Array): void {
    const { bands, products } = this;
    const place = (this.steps % KEPT) * BANDS;
    const productsAt = (this.steps % KEPT_PRODUCTS) * BANDS;
    let below = sums[edges[0] as number] as number;
    for (let band = 0; band < BANDS; band++) {
      const upTo = sums[edges[band + 1] as number] as number;
      bands[place + band] = LEAST_POWER + upTo - below;
      below = upTo;
      let product = 1;
      for (let kept = band; kept < BANDS * KEPT; kept += BANDS) product *= bands[kept] as number;
      products[productsAt + band] = product;
    }
  }

  /** A bit is set where a band gained on the next one up since `BACK` steps ago. */
  private print(): number {
    const { products } = this;
    const now = (this.steps % KEPT_PRODUCTS) * BANDS;
    const then = ((this.steps + 1) % KEPT_PRODUCTS) * BANDS;
    let bits = HEARD;
    for (let band = 0; band < BITS; band++) {
      const nowHere = products[now + band] as number;
      const nowAbove = products[now + band + 1] as number;
      const thenHere = products[then + band] as number;
      const thenAbove = products[then + band + 1] as number;
      // nowHere / nowAbove > thenHere / thenAbove
      if (nowHere * thenAbove > thenHere * nowAbove) bits |= 1 << band;
    }
    return bits;
  }
}

/** Tones, alone or beating, pass for speech at times. */
function isWords(hop: Hop): boolean {
  return hop.speech && hop.steadyHops < 3 && hop.peakShare < 0.95;
}

/** The share of differing bits that `compare` found; above 1 when too little was compared. */
function shareOf(found: number, leastHops: number): number {
  const compared = found >>> 16;
  return compared < leastHops ? 2 : (found & 0xffff) / (compared * BITS);
}

function bitsIn(value: number): number {
  let rest = value - ((value >>> 1) & 0x5555_5555);
  rest = (rest & 0x3333_3333) + ((rest >>> 2) & 0x3333_3333);
  return Math.imul((rest + (rest >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
