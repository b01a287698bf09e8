import { FULL_SCALE, HOP_SAMPLES, SPECTRUM_BINS, WINDOW_SAMPLES } from "./heard-audio.js";

const HALF = WINDOW_SAMPLES / 2;
/** The last stage joins two blocks of so many. */
const LAST_HALF = HALF / 2;

/** Tables shared by every call; never written after this module was loaded. */

/**
 * The window, so scaled that a full-scale sine in the middle of a bin has power 1. Halved once more,
 * as the even and odd parts of a spectrum are half a sum and half a difference.
 */
const hann = Float64Array.from(
  { length: WINDOW_SAMPLES },
  (_, index) =>
    (2 / WINDOW_SAMPLES / FULL_SCALE) *
    (0.5 - 0.5 * Math.cos((2 * Math.PI * (index + 0.5)) / WINDOW_SAMPLES)),
);
/** Where each group of four values of the first two stages begins in the window, in samples. */
const groupStarts = Uint16Array.from({ length: HALF / 4 }, (_, group) => {
  let reversed = 0;
  for (let bit = 1; bit < HALF / 4; bit <<= 1) reversed = (reversed << 1) | (group & bit ? 1 : 0);
  return 2 * reversed;
});
const cosine = Float64Array.from({ length: HALF }, (_, k) =>
  Math.cos((2 * Math.PI * k) / WINDOW_SAMPLES),
);
const sine = Float64Array.from({ length: HALF }, (_, k) =>
  Math.sin((2 * Math.PI * k) / WINDOW_SAMPLES),
);

/**
 * Power spectrum of 256 real samples through a complex transform of half the length (decimation in
 * time). Working memory and nothing else: what is in it is no longer needed when the step is over
 * that it was made for, so that the panels of one thread may have it together. The first and the last
 * pass over the buffers do two things at once: most of the time goes into reading and writing.
 */
export class PowerSpectrum {
  /** To be filled before `compute`: 16-bit samples, the oldest first. */
  readonly window = new Float32Array(WINDOW_SAMPLES);
  /** What the next window begins with. */
  readonly overlap = this.window.subarray(HOP_SAMPLES);
  readonly power = new Float32Array(SPECTRUM_BINS);
  /** See `Hop.sums`. */
  readonly sums = new Float64Array(SPECTRUM_BINS + 1);
  private readonly real = new Float64Array(HALF);
  private readonly imaginary = new Float64Array(HALF);

  /** Makes `power` and `sums` of what is in `window`. */
  compute(): void {
    this.firstTwoStages();
    this.twoStages(4);
    this.twoStages(16);
    this.lastStage();
    this.sumUp();
  }

  /**
   * Windows the samples and puts them in bit-reversed order as it goes. The factors of these stages
   * are 1 and -i: nothing is multiplied.
   */
  private firstTwoStages(): void {
    const { real, imaginary, window } = this;
    for (let at = 0, group = 0; at < HALF; at += 4, group++) {
      const s0 = groupStarts[group] as number;
      const s2 = s0 + HALF / 2;
      const s1 = s0 + HALF;
      const s3 = s1 + HALF / 2;
      const r0 = (window[s0] as number) * (hann[s0] as number);
      const i0 = (window[s0 + 1] as number) * (hann[s0 + 1] as number);
      const r1 = (window[s1] as number) * (hann[s1] as number);
      const i1 = (window[s1 + 1] as number) * (hann[s1 + 1] as number);
      const r2 = (window[s2] as number) * (hann[s2] as number);
      const i2 = (window[s2 + 1] as number) * (hann[s2 + 1] as number);
      const r3 = (window[s3] as number) * (hann[s3] as number);
      const i3 = (window[s3 + 1] as number) * (hann[s3 + 1] as number);
      const lowR = r0 + r1;
      const lowI = i0 + i1;
      const highR = r0 - r1;
      const highI = i0 - i1;
      const sumR = r2 + r3;
      const sumI = i2 + i3;
      // (r2, i2) - (r3, i3), times -i.
      const turnedR = i2 - i3;
      const turnedI = r3 - r2;
      real[at] = lowR + sumR;
      imaginary[at] = lowI + sumI;
      real[at + 1] = highR + turnedR;
      imaginary[at + 1] = highI + turnedI;
      real[at + 2] = lowR - sumR;
      imaginary[at + 2] = lowI - sumI;
      real[at + 3] = highR - turnedR;
      imaginary[at + 3] = highI - turnedI;
    }
  }

  /** The stages that join blocks of `half` and of twice as many. */
  private twoStages(half: number): void {
    const { real, imaginary } = this;
    const step = HALF / half;
    for (let offset = 0; offset < half; offset++) {
      const c1 = cosine[offset * step] as number;
      const s1 = sine[offset * step] as number;
      const c2 = cosine[(offset * step) >> 1] as number;
      const s2 = sine[(offset * step) >> 1] as number;
      for (let at = offset; at < HALF; at += half << 2) {
        const b = at + half;
        const c = b + half;
        const d = c + half;
        const br = real[b] as number;
        const bi = imaginary[b] as number;
        const dr = real[d] as number;
        const di = imaginary[d] as number;
        const tbr = br * c1 + bi * s1;
        const tbi = bi * c1 - br * s1;
        const tdr = dr * c1 + di * s1;
        const tdi = di * c1 - dr * s1;
        const ar = (real[at] as number) + tbr;
        const ai = (imaginary[at] as number) + tbi;
        const lowR = ar - 2 * tbr;
        const lowI = ai - 2 * tbi;
        const cr = (real[c] as number) + tdr;
        const ci = (imaginary[c] as number) + tdi;
        const highR = cr - 2 * tdr;
        const highI = ci - 2 * tdi;
        const tcr = cr * c2 + ci * s2;
        const tci = ci * c2 - cr * s2;
        // A quarter turn further on: the same factor, times -i.
        const thr = highI * c2 - highR * s2;
        const thi = -highR * c2 - highI * s2;
        real[at] = ar + tcr;
        imaginary[at] = ai + tci;
        real[c] = ar - tcr;
        imaginary[c] = ai - tci;
        real[b] = lowR + thr;
        imaginary[b] = lowI + thi;
        real[d] = lowR - thr;
        imaginary[d] = lowI - thi;
      }
    }
  }

  /**
   * Joins the last two blocks, and untangles the even and odd samples into bins 0 to 128. Bins that
   * mirror each other belong together, so that each round makes four: `k`, `64 - k` and their mirrors.
   */
  private lastStage(): void {
    const { real, imaginary } = this;
    for (let k = 0; k <= LAST_HALF / 2; k++) {
      const other = LAST_HALF - k;
      const c = cosine[2 * k] as number;
      const s = sine[2 * k] as number;
      const hr = real[LAST_HALF + k] as number;
      const hi = imaginary[LAST_HALF + k] as number;
      const tr = hr * c + hi * s;
      const ti = hi * c - hr * s;
      const lr = real[k] as number;
      const li = imaginary[k] as number;
      if (k === 0) {
        this.untangleEnds(lr + tr, li + ti);
        this.untangle(LAST_HALF, lr - tr, li - ti, lr - tr, li - ti);
        continue;
      }
      // The factor of `other` is that of `k`, mirrored at an eighth of a turn.
      const or = real[LAST_HALF + other] as number;
      const oi = imaginary[LAST_HALF + other] as number;
      const tor = or * -c + oi * s;
      const toi = oi * -c - or * s;
      const lor = real[other] as number;
      const loi = imaginary[other] as number;
      this.untangle(k, lr + tr, li + ti, lor - tor, loi - toi);
      if (k < other) this.untangle(other, lor + tor, loi + toi, lr - tr, li - ti);
    }
  }

  /** What `compute` makes of silence. */
  clear(): void {
    this.power.fill(0);
    this.sums.fill(0);
  }

  private sumUp(): void {
    const { power, sums } = this;
    let sum = 0;
    for (let bin = 0; bin < SPECTRUM_BINS; bin++) {
      sum += power[bin] as number;
      sums[bin + 1] = sum;
    }
  }

  private untangleEnds(re: number, im: number): void {
    const { power } = this;
    power[0] = 4 * (re + im) ** 2;
    power[HALF] = 4 * (re - im) ** 2;
  }

  /** Bin `k` and its mirror, from the values of the transform at both. */
  private untangle(k: number, ar: number, ai: number, br: number, bi: number): void {
    const { power } = this;
    const evenReal = ar + br;
    const evenImaginary = ai - bi;
    const oddReal = ai + bi;
    const oddImaginary = br - ar;
    const c = cosine[k] as number;
    const s = sine[k] as number;
    const turnedReal = c * oddReal + s * oddImaginary;
    const turnedImaginary = c * oddImaginary - s * oddReal;
    const re = evenReal + turnedReal;
    const im = evenImaginary + turnedImaginary;
    power[k] = re * re + im * im;
    const mirrorRe = evenReal - turnedReal;
    const mirrorIm = evenImaginary - turnedImaginary;
    power[HALF - k] = mirrorRe * mirrorRe + mirrorIm * mirrorIm;
  }
}
