import { SPECTRUM_BINS, WINDOW_SAMPLES } from "./heard-audio.js";

const HALF = WINDOW_SAMPLES / 2;
/** The last stage joins two blocks of so many. */
const LAST_HALF = HALF / 2;

/** Tables shared by every call; never written after this module was loaded. */
const hann = Float64Array.from(
  { length: WINDOW_SAMPLES },
  (_, index) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (index + 0.5)) / WINDOW_SAMPLES),
);
const bitReversed = Uint16Array.from({ length: HALF }, (_, index) => {
  let reversed = 0;
  for (let bit = 1; bit < HALF; bit <<= 1) reversed = (reversed << 1) | (index & bit ? 1 : 0);
  return reversed;
});
const cosine = Float64Array.from({ length: HALF }, (_, k) =>
  Math.cos((2 * Math.PI * k) / WINDOW_SAMPLES),
);
const sine = Float64Array.from({ length: HALF }, (_, k) =>
  Math.sin((2 * Math.PI * k) / WINDOW_SAMPLES),
);
/** So that a full-scale sine in the middle of a bin has power 1. */
const scale = (4 / WINDOW_SAMPLES) ** 2;

/**
 * Power spectrum of 256 real samples through a complex transform of half the length
 * (decimation in time). Owns its buffers: nothing is allocated per call.
 */
export class PowerSpectrum {
  readonly power = new Float32Array(SPECTRUM_BINS);
  private readonly real = new Float64Array(HALF);
  private readonly imaginary = new Float64Array(HALF);

  /** `ring` holds the last 256 samples, the oldest at `start`. */
  compute(ring: Float32Array, start: number): void {
    const { real, imaginary } = this;
    const mask = WINDOW_SAMPLES - 1;
    for (let index = 0; index < HALF; index++) {
      const target = bitReversed[index] as number;
      const even = 2 * index;
      real[target] = (ring[(start + even) & mask] as number) * (hann[even] as number);
      imaginary[target] = (ring[(start + even + 1) & mask] as number) * (hann[even + 1] as number);
    }
    this.butterflies();
    this.split();
  }

  /** Two stages at a time, so that each value is read and written half as often; then the last. */
  private butterflies(): void {
    this.firstTwoStages();
    this.twoStages(4);
    this.twoStages(16);
    const { real, imaginary } = this;
    for (let low = 0; low < LAST_HALF; low++) {
      const high = low + LAST_HALF;
      const c = cosine[2 * low] as number;
      const s = sine[2 * low] as number;
      const hr = real[high] as number;
      const hi = imaginary[high] as number;
      const tr = hr * c + hi * s;
      const ti = hi * c - hr * s;
      const lr = real[low] as number;
      const li = imaginary[low] as number;
      real[high] = lr - tr;
      imaginary[high] = li - ti;
      real[low] = lr + tr;
      imaginary[low] = li + ti;
    }
  }

  /** Their factors are 1 and -i: nothing is multiplied. */
  private firstTwoStages(): void {
    const { real, imaginary } = this;
    for (let at = 0; at < HALF; at += 4) {
      const r0 = real[at] as number;
      const i0 = imaginary[at] as number;
      const r1 = real[at + 1] as number;
      const i1 = imaginary[at + 1] as number;
      const r2 = real[at + 2] as number;
      const i2 = imaginary[at + 2] as number;
      const r3 = real[at + 3] as number;
      const i3 = imaginary[at + 3] as number;
      const sumR = r2 + r3;
      const sumI = i2 + i3;
      // (r2, i2) - (r3, i3), times -i.
      const turnedR = i2 - i3;
      const turnedI = r3 - r2;
      real[at] = r0 + r1 + sumR;
      imaginary[at] = i0 + i1 + sumI;
      real[at + 1] = r0 - r1 + turnedR;
      imaginary[at + 1] = i0 - i1 + turnedI;
      real[at + 2] = r0 + r1 - sumR;
      imaginary[at + 2] = i0 + i1 - sumI;
      real[at + 3] = r0 - r1 - turnedR;
      imaginary[at + 3] = i0 - i1 - turnedI;
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

  /** Untangles the even and odd halves into bins 0 to 128, two that mirror each other at a time. */
  private split(): void {
    const { real, imaginary, power } = this;
    const dcReal = real[0] as number;
    const dcImaginary = imaginary[0] as number;
    power[0] = (dcReal + dcImaginary) ** 2 * scale;
    power[HALF] = (dcReal - dcImaginary) ** 2 * scale;
    for (let k = 1; k <= LAST_HALF; k++) {
      const mirror = HALF - k;
      const ar = real[k] as number;
      const ai = imaginary[k] as number;
      const br = real[mirror] as number;
      const bi = imaginary[mirror] as number;
      const evenReal = (ar + br) / 2;
      const evenImaginary = (ai - bi) / 2;
      const oddReal = (ai + bi) / 2;
      const oddImaginary = (br - ar) / 2;
      const c = cosine[k] as number;
      const s = sine[k] as number;
      const turnedReal = c * oddReal + s * oddImaginary;
      const turnedImaginary = c * oddImaginary - s * oddReal;
      const re = evenReal + turnedReal;
      const im = evenImaginary + turnedImaginary;
      power[k] = (re * re + im * im) * scale;
      const mirrorRe = evenReal - turnedReal;
      const mirrorIm = evenImaginary - turnedImaginary;
      power[mirror] = (mirrorRe * mirrorRe + mirrorIm * mirrorIm) * scale;
    }
  }
}
