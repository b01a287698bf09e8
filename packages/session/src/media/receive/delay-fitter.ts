import { lengthen, shorten } from "../codecs/pitch.js";

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
   * needed it came. Returns the block, which is changed, or a longer one.
   */
  fit(block: Int16Array, excessMs: number, slackMs: number): Int16Array {
    this.shortening = excessMs > (this.shortening ? LATE_ENOUGH_MS : TOO_LATE_MS);
    if (this.shortening) {
      if (excessMs > FAR_TOO_LATE_MS && rms(block) < QUIET_RMS) return block.subarray(0, 0);
      return block.subarray(0, shorten(block, this.sampleRate));
    }
    return slackMs < TOO_EARLY_MS ? lengthen(block, this.sampleRate) : block;
  }
}

function rms(samples: Int16Array): number {
  let power = 0;
  for (let index = 0; index < samples.length; index++) power += (samples[index] ?? 0) ** 2;
  return Math.sqrt(power / Math.max(1, samples.length));
}
