import { type AudioCodec, type AudioDecoder, MAX_PACKET_SAMPLES } from "./audio-codec.js";
import { Concealment } from "./concealment.js";
import { G722Band, HIGH_BAND, LOW_BAND } from "./g722-band.js";

/**
 * ITU-T G.722 at 64 kbit/s (mode 1): 16,000 samples per second in two sub-bands, one byte for each
 * pair of samples. Its RTP clock is 8,000 by an old mistake that became the rule (RFC 3551 4.5.2).
 */
export const g722: AudioCodec = {
  name: "G722",
  clockRate: 8000,
  sampleRate: 16_000,
  createEncoder() {
    const filter = new QuadratureFilter();
    const low = new G722Band(LOW_BAND);
    const high = new G722Band(HIGH_BAND);
    return {
      encode(samples, into, at = 0) {
        const count = samples.length >> 1;
        for (let index = 0; index < count; index++) {
          filter.push(samples[2 * index] ?? 0, samples[2 * index + 1] ?? 0);
          // 12 bits of the filter's gain, one for two filters, one for 15 bits of signal.
          const lowSample = (filter.even + filter.odd) >> 14;
          const highSample = (filter.odd - filter.even) >> 14;
          into[at + index] = (high.encode(highSample) << 6) | low.encode(lowSample);
        }
        return count;
      },
    };
  },
  createDecoder: () => new G722Decoder(),
};

/** Samples a second in each of the two bands. */
const BAND_RATE = 8000;
/**
 * How much of what the low band's zeros have learnt is left after a second of what was made up: 0.85
 * after 20 ms. Of 0.8 to 1 that brings speech back soonest that takes nothing from tones.
 */
const KEPT_IN_A_SECOND = 0.85 ** 50;

class G722Decoder implements AudioDecoder {
  private readonly filter = new QuadratureFilter();
  private readonly low = new G722Band(LOW_BAND);
  private readonly high = new G722Band(HIGH_BAND);
  private readonly lowConcealment = new Concealment(BAND_RATE);
  private readonly highConcealment = new Concealment(BAND_RATE);
  /** The low band as the last packet left it, while something is being made up. */
  private readonly lowBefore = new G722Band(LOW_BAND);
  private isMakingUp = false;
  /** What the two bands hold in the last packet, made anew for longer ones. */
  private lowSamples = new Int16Array(0);
  private highSamples = new Int16Array(0);
  /** Pairs of samples in the last packet. */
  private pairs = 0;

  samplesIn(payload: Uint8Array): number {
    return 2 * payload.length > MAX_PACKET_SAMPLES ? 0 : 2 * payload.length;
  }

  decode(payload: Uint8Array, into: Int16Array): number {
    this.makeRoom(payload.length);
    const { low, high, lowSamples, highSamples } = this;
    this.pairs = payload.length;
    this.isMakingUp = false;
    for (let index = 0; index < payload.length; index++) {
      const code = payload[index] ?? 0;
      lowSamples[index] = low.decode(code & 0x3f);
      highSamples[index] = high.decode(code >> 6);
    }
    this.lowConcealment.heard(lowSamples.subarray(0, payload.length));
    this.highConcealment.heard(highSamples.subarray(0, payload.length));
    return this.join(into);
  }

  /**
   * Each band is made up for itself, and the low one coded again as the sender would have: so its step
   * size and its predictor are about right when the next packet comes, which is decoded by them. The
   * less so the longer it takes, so its zeros are let go of slowly. What the high band has learnt is
   * better kept as it is.
   */
  conceal(into: Int16Array): number {
    const { low, pairs } = this;
    if (!this.isMakingUp) this.lowBefore.becomeLike(low);
    this.isMakingUp = true;
    const lowSamples = this.lowSamples.subarray(0, pairs);
    this.lowConcealment.foresee(lowSamples);
    for (let index = 0; index < pairs; index++) low.encode(lowSamples[index] ?? 0);
    low.weaken(KEPT_IN_A_SECOND ** (pairs / BAND_RATE));
    this.lowConcealment.conceal(lowSamples);
    this.highConcealment.conceal(this.highSamples.subarray(0, pairs));
    return this.join(into);
  }

  goOn(): void {
    if (this.isMakingUp) this.low.becomeLike(this.lowBefore);
  }

  restart(): void {
    this.isMakingUp = false;
    this.low.becomeLike(new G722Band(LOW_BAND));
    this.high.becomeLike(new G722Band(HIGH_BAND));
  }

  private makeRoom(pairs: number): void {
    if (pairs <= this.lowSamples.length) return;
    this.lowSamples = new Int16Array(pairs);
    this.highSamples = new Int16Array(pairs);
  }

  private join(into: Int16Array): number {
    const { filter, lowSamples, highSamples, pairs } = this;
    for (let index = 0; index < pairs; index++) {
      const low = lowSamples[index] ?? 0;
      const high = highSamples[index] ?? 0;
      filter.push(low + high, low - high);
      into[2 * index] = saturate(filter.odd >> 11);
      into[2 * index + 1] = saturate(filter.even >> 11);
    }
    return 2 * pairs;
  }
}

/** The first half of the symmetric 24-tap quadrature mirror filter (G.722 table 11). */
const TAPS = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11] as const;

/** Splits into, or joins from, two bands: one step for each pair of samples. */
class QuadratureFilter {
  /** The two half sums of the last step. */
  even = 0;
  odd = 0;
  private readonly line = new Int32Array(24);

  push(first: number, second: number): void {
    const { line } = this;
    line.copyWithin(0, 2);
    line[22] = first;
    line[23] = second;
    let even = 0;
    let odd = 0;
    for (let tap = 0; tap < 12; tap++) {
      even += (line[2 * tap] ?? 0) * (TAPS[tap] ?? 0);
      odd += (line[2 * tap + 1] ?? 0) * (TAPS[11 - tap] ?? 0);
    }
    this.even = even;
    this.odd = odd;
  }
}

function saturate(value: number): number {
  return value > 32_767 ? 32_767 : Math.max(value, -32_768);
}
