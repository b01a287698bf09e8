import { SPECTRUM_BINS, WINDOW_SAMPLES } from "./heard-audio.js";

const HALF = WINDOW_SAMPLES / 2;

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
 * (radix 2, decimation in time). Owns its buffers: nothing is allocated per call.
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

  private butterflies(): void {
    const { real, imaginary } = this;
    for (let half = 1; half < HALF; half <<= 1) {
      const step = HALF / half;
      for (let offset = 0; offset < half; offset++) {
        const c = cosine[offset * step] as number;
        const s = sine[offset * step] as number;
        for (let low = offset; low < HALF; low += half << 1) {
          const high = low + half;
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
    }
  }

  /** Untangles the even and odd halves into bins 0 to 128. */
  private split(): void {
    const { real, imaginary, power } = this;
    const dcReal = real[0] as number;
    const dcImaginary = imaginary[0] as number;
    power[0] = (dcReal + dcImaginary) ** 2 * scale;
    power[HALF] = (dcReal - dcImaginary) ** 2 * scale;
    for (let k = 1; k < HALF; k++) {
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
      const re = evenReal + c * oddReal + s * oddImaginary;
      const im = evenImaginary + c * oddImaginary - s * oddReal;
      power[k] = (re * re + im * im) * scale;
    }
  }
}
