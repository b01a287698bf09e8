import { greatestCommonDivisor } from "./greatest-common-divisor.js";
import type { SampleRoom } from "./sample-room.js";

/** Taps on either side of an output sample, counted at the slower of the two rates. */
const HALF_TAPS = 12;
/** Shape of the Kaiser window: about 70 dB of stop band. */
const KAISER_BETA = 6.5;
/** Where the pass band ends, as a part of the slower rate's Nyquist frequency. */
const PASS_BAND = 0.92;

/**
 * Converts a stream of mono samples between two sample rates with a polyphase FIR of our own.
 * It delays by 1.5 ms at 8 kHz and passes samples on as they come, where library resamplers hold
 * back tens of milliseconds and emit in bursts.
 */
export class Resampler {
  readonly fromRate: number;
  readonly toRate: number;
  private readonly up: number;
  private readonly down: number;
  private readonly taps: number;
  /** `up` phases of `taps` coefficients, one phase after the other. */
  private readonly phases: Float32Array;
  /** The last `taps − 1` input samples, followed by the block in work. */
  private window: Float32Array;
  /** Position of the next output sample, in units of 1/up input samples from the block's begin. */
  private position = 0;

  /**
   * Rates in Hz, whole numbers. `skipDelay` begins with the sample that belongs to the first one
   * put in, so that the delay is missing at the end instead.
   */
  constructor(fromRate: number, toRate: number, options: { readonly skipDelay?: boolean } = {}) {
    const divisor = greatestCommonDivisor(fromRate, toRate);
    this.fromRate = fromRate;
    this.toRate = toRate;
    this.up = toRate / divisor;
    this.down = fromRate / divisor;
    this.taps = 2 * Math.ceil(HALF_TAPS * Math.max(1, fromRate / toRate));
    this.phases = designPhases(this.up, this.down, this.taps);
    this.window = new Float32Array(this.taps - 1);
    if (options.skipDelay) this.position = (this.taps / 2) * this.up;
  }

  /** How many samples `process` may write at most for `count` input samples. */
  maxOutput(count: number): number {
    return Math.ceil((count * this.up) / this.down) + 1;
  }

  /** One block at `toRate`, valid until the next: itself where the rates are the same, else in `room`. */
  convert(block: Int16Array, room: SampleRoom): Int16Array {
    if (this.up === this.down) return block;
    return room.first(this.process(block, room.atLeast(this.maxOutput(block.length))));
  }

  /**
   * Converts one block into `into` and returns how many samples were written. A whole number of
   * 20 ms in gives exactly as many ms out for the telephony rates.
   */
  process(block: Int16Array, into: Int16Array): number {
    if (this.up === this.down) {
      into.set(block);
      return block.length;
    }
    const { up, down, taps, phases } = this;
    const history = taps - 1;
    const needed = history + block.length;
    if (this.window.length < needed) {
      const larger = new Float32Array(needed);
      larger.set(this.window.subarray(0, history));
      this.window = larger;
    }
    const window = this.window;
    window.set(block, history);
    const end = block.length * up;
    let position = this.position;
    let written = 0;
    while (position < end) {
      const first = Math.floor(position / up);
      const coefficients = (position % up) * taps;
      let sum = 0;
      for (let tap = 0; tap < taps; tap++) {
        sum += (window[first + tap] ?? 0) * (phases[coefficients + tap] ?? 0);
      }
      into[written++] = sum > 32_767 ? 32_767 : sum < -32_768 ? -32_768 : Math.round(sum);
      position += down;
    }
    this.position = position - end;
    window.copyWithin(0, block.length, block.length + history);
    return written;
  }
}

/** A whole recording at once, without the filter's delay. */
export function resample(samples: Int16Array, fromRate: number, toRate: number): Int16Array {
  if (fromRate === toRate) return samples.slice();
  const resampler = new Resampler(fromRate, toRate, { skipDelay: true });
  const length = Math.round((samples.length * toRate) / fromRate);
  const tail = Math.ceil(HALF_TAPS * Math.max(1, fromRate / toRate)) + 1;
  const padded = new Int16Array(samples.length + tail);
  padded.set(samples);
  const converted = new Int16Array(resampler.maxOutput(padded.length));
  resampler.process(padded, converted);
  return converted.slice(0, length);
}

/** A windowed sinc, cut into `up` phases; each phase is normalised so that DC passes unchanged. */
function designPhases(up: number, down: number, taps: number): Float32Array {
  const cutoff = PASS_BAND * Math.min(1, up / down);
  const phases = new Float32Array(up * taps);
  for (let phase = 0; phase < up; phase++) {
    const weights: number[] = [];
    for (let tap = 0; tap < taps; tap++) {
      // Distance, in input samples, from this tap to the point that is being computed.
      const distance = tap - taps / 2 + 1 - phase / up;
      const inside = 1 - (distance / (taps / 2)) ** 2;
      const kaiser = inside <= 0 ? 0 : bessel0(KAISER_BETA * Math.sqrt(inside));
      weights.push(sinc(cutoff * distance) * kaiser);
    }
    const sum = weights.reduce((total, weight) => total + weight, 0);
    for (const [tap, weight] of weights.entries()) phases[phase * taps + tap] = weight / sum;
  }
  return phases;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Modified Bessel function of the first kind, order 0. */
function bessel0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-9; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
