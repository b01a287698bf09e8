import { greatestCommonDivisor } from "../codecs/greatest-common-divisor.js";
import { lagWithin, leastLag, lengthen, shorten } from "../codecs/pitch.js";

/** The delay is brought down when it is this much too long, until it is nearly right. */
const TOO_LATE_MS = 30;
const LATE_ENOUGH_MS = 10;
const TOO_EARLY_MS = 0;
/** When this much too late, quiet stretches are left out as a whole. */
const FAR_TOO_LATE_MS = 60;
const QUIET_RMS = 60;

/** Makes audio shorter or longer as it is heard, so that the delay comes to what the jitter asks for. */
export class DelayFitter {
  private readonly sampleRate: number;
  private shortening = false;

  constructor(sampleRate: number) {
    this.sampleRate = sampleRate;
  }

  /**
   * `excessMs` is how much later than needed the block would be heard, `slackMs` how much later than
   * needed it came; audio is taken in frames of `frameSamples`. Returns the block, which is changed, or
   * a longer one.
   */
  fit(block: Int16Array, excessMs: number, slackMs: number, frameSamples: number): Int16Array {
    this.shortening = excessMs > (this.shortening ? LATE_ENOUGH_MS : TOO_LATE_MS);
    if (!this.shortening && slackMs >= TOO_EARLY_MS) return block;
    if (!this.shortening) {
      const lag = lagWithin(block, this.sampleRate);
      return lag === 0 ? block : lengthen(block, lag);
    }
    const excess = (excessMs * this.sampleRate) / 1000;
    const pending = excess - (slackMs * this.sampleRate) / 1000;
    const mayLose = (samples: number) =>
      excess - samples >= latestStart(pending - samples, block.length, frameSamples);
    const isQuiet = excessMs > FAR_TOO_LATE_MS && rms(block) < QUIET_RMS;
    if (isQuiet && mayLose(block.length)) return block.subarray(0, 0);
    // Where the least is too much, all is; the period is not looked for in vain, packet after packet.
    if (!mayLose(leastLag(this.sampleRate))) return block;
    const lag = lagWithin(block, this.sampleRate);
    return lag > 0 && mayLose(lag) ? shorten(block, lag) : block;
  }
}

/**
 * How far within a frame the latest of the next blocks begins, when the last of them had so much before
 * it. All of a frame is taken at its beginning: by so much a block must have come before it is heard.
 */
function latestStart(pending: number, blockSamples: number, frameSamples: number): number {
  const step = greatestCommonDivisor(blockSamples, frameSamples);
  return frameSamples - step + (((pending % step) + step) % step);
}

function rms(samples: Int16Array): number {
  let power = 0;
  for (let index = 0; index < samples.length; index++) power += (samples[index] ?? 0) ** 2;
  return Math.sqrt(power / Math.max(1, samples.length));
}
