import { DetectionError } from "../errors.js";
import { ANALYSIS_RATE, FULL_SCALE } from "./heard-audio.js";

const TAPS_PER_SIDE = 12;
/** How much is converted at once. */
const BLOCK_MS = 100;

/**
 * Brings mono audio of any usual rate to 8 kHz as a stream: a windowed-sinc low pass evaluated at
 * each output instant, so the rates need no common divisor. 8 kHz passes through untouched.
 */
export class To8k {
  readonly sampleRate: number;
  private readonly ratio: number;
  private readonly reach: number;
  private readonly cutoff: number;
  private readonly kernels: readonly Float32Array[];
  private readonly history: Float32Array;
  /** What the last `convert` made, or was given at 8 kHz; valid until the next. */
  output: Int16Array = new Int16Array(0);
  private written = 0;
  private filled = 0;
  /** Of the next output sample, in input samples, measured from the start of `history`. */
  private position: number;

  /** Throws INVALID_AUDIO outside 8,000 to 192,000 Hz. */
  constructor(sampleRate: number) {
    if (!Number.isFinite(sampleRate) || sampleRate < ANALYSIS_RATE || sampleRate > 192_000)
      throw new DetectionError("INVALID_AUDIO", `cannot analyse audio at ${sampleRate} Hz`, {
        remedy: "Give 8,000 to 192,000 samples per second.",
      });
    this.sampleRate = sampleRate;
    this.ratio = sampleRate / ANALYSIS_RATE;
    this.cutoff = 0.92 / this.ratio;
    this.reach = Math.ceil(TAPS_PER_SIDE * this.ratio);
    const untouched = this.ratio === 1;
    this.kernels = untouched ? [] : this.makeKernels();
    const block = Math.ceil((sampleRate * BLOCK_MS) / 1_000);
    this.history = new Float32Array(untouched ? 0 : this.reach * 2 + 1 + block);
    this.filled = this.reach;
    this.position = this.reach;
  }

  /** Converts into `output` and returns how many samples it now holds. */
  convert(samples: Int16Array): number {
    if (this.ratio === 1) {
      this.output = samples;
      return samples.length;
    }
    const most = Math.ceil(samples.length / this.ratio) + 2;
    if (this.output.length < most) this.output = new Int16Array(most);
    this.written = 0;
    const room = this.history.length - 2 * this.reach - 1;
    for (let start = 0; start < samples.length; start += room)
      this.convertSome(samples.subarray(start, start + room));
    return this.written;
  }

  private convertSome(samples: Int16Array): void {
    const { history, reach, kernels } = this;
    if (this.filled + samples.length > history.length) {
      const drop = Math.floor(this.position) - reach;
      history.copyWithin(0, drop, this.filled);
      this.filled -= drop;
      this.position -= drop;
    }
    for (let index = 0; index < samples.length; index++)
      history[this.filled++] = samples[index] as number;
    while (this.position + reach + 1 < this.filled) {
      const base = Math.floor(this.position);
      const kernel = kernels[
        Math.round((this.position - base) * (kernels.length - 1))
      ] as Float32Array;
      let sum = 0;
      const first = base - reach + 1;
      for (let tap = 0; tap < kernel.length; tap++)
        sum += (history[first + tap] as number) * (kernel[tap] as number);
      this.output[this.written++] = Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, sum));
      this.position += this.ratio;
    }
  }

  /** One kernel per fraction of an input sample; a whole ratio only ever uses the first. */
  private makeKernels(): Float32Array[] {
    const fractions = Number.isInteger(this.ratio) ? 1 : 64;
    return Array.from({ length: fractions === 1 ? 1 : fractions + 1 }, (_, step) => {
      const fraction = fractions === 1 ? 0 : step / fractions;
      const kernel = new Float32Array(2 * this.reach);
      let sum = 0;
      for (let tap = 0; tap < kernel.length; tap++) {
        const distance = tap - this.reach + 1 - fraction;
        const x = Math.PI * distance * this.cutoff;
        const sinc = x === 0 ? 1 : Math.sin(x) / x;
        const window = 0.5 + 0.5 * Math.cos((Math.PI * distance) / (this.reach + 1));
        kernel[tap] = sinc * window;
        sum += kernel[tap] as number;
      }
      return kernel.map((weight) => weight / sum);
    });
  }
}
