/** Sound that goes on under everything the agent says: an office, a line, music. */
export class Background {
  private readonly samples: Int16Array;
  private readonly gain: number;
  private at = 0;

  /** Mono samples at the rate of what is mixed with; repeated without end. */
  constructor(samples: Int16Array, gainDb: number) {
    this.samples = samples;
    this.gain = 10 ** (gainDb / 20);
  }

  mixInto(frame: Int16Array): void {
    const { samples, gain } = this;
    if (samples.length === 0) return;
    for (let index = 0; index < frame.length; index++) {
      const sum = (frame[index] ?? 0) + gain * (samples[this.at] ?? 0);
      frame[index] = sum > 32_767 ? 32_767 : Math.max(sum, -32_768);
      this.at = this.at + 1 === samples.length ? 0 : this.at + 1;
    }
  }
}
