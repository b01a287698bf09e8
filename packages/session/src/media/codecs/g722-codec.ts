import { type AudioCodec, MAX_PACKET_SAMPLES } from "./audio-codec.js";
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
      encode(samples, into) {
        const count = samples.length >> 1;
        for (let index = 0; index < count; index++) {
          filter.push(samples[2 * index] ?? 0, samples[2 * index + 1] ?? 0);
          // 12 bits of the filter's gain, one for two filters, one for 15 bits of signal.
          const lowSample = (filter.even + filter.odd) >> 14;
          const highSample = (filter.odd - filter.even) >> 14;
          into[index] = (high.encode(highSample) << 6) | low.encode(lowSample);
        }
        return count;
      },
    };
  },
  createDecoder() {
    const filter = new QuadratureFilter();
    const low = new G722Band(LOW_BAND);
    const high = new G722Band(HIGH_BAND);
    return {
      samplesIn: (payload) => (2 * payload.length > MAX_PACKET_SAMPLES ? 0 : 2 * payload.length),
      decode(payload, into) {
        for (let index = 0; index < payload.length; index++) {
          const code = payload[index] ?? 0;
          const lowSample = low.decode(code & 0x3f);
          const highSample = high.decode(code >> 6);
          filter.push(lowSample + highSample, lowSample - highSample);
          into[2 * index] = saturate(filter.odd >> 11);
          into[2 * index + 1] = saturate(filter.even >> 11);
        }
        return 2 * payload.length;
      },
    };
  },
};

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
