const LOWEST_DB = -100;
const STEPS = 101;

/**
 * A low percentile over the last values, in 1 dB steps: the noise floor of a level. It follows a
 * noisy line within seconds, and speech cannot pull it up because speech has gaps.
 */
export class NoiseFloor {
  private readonly counts = new Uint16Array(STEPS);
  private readonly ring: Uint8Array;
  private readonly share: number;
  private next = 0;
  private held = 0;

  constructor(length: number, share: number) {
    this.ring = new Uint8Array(length);
    this.share = share;
  }

  get count(): number {
    return this.held;
  }

  push(levelDb: number): void {
    const step = Math.max(0, Math.min(STEPS - 1, Math.round(levelDb - LOWEST_DB)));
    if (this.held === this.ring.length) {
      const oldest = this.ring[this.next] as number;
      this.counts[oldest] = (this.counts[oldest] as number) - 1;
    } else this.held++;
    this.ring[this.next] = step;
    this.counts[step] = (this.counts[step] as number) + 1;
    this.next = (this.next + 1) % this.ring.length;
  }

  /** The level that `share` of the held values do not exceed. */
  value(): number {
    return this.percentile(this.share);
  }

  percentile(share: number): number {
    const wanted = Math.max(1, Math.ceil(this.held * share));
    let seen = 0;
    for (let step = 0; step < STEPS; step++) {
      seen += this.counts[step] as number;
      if (seen >= wanted) return step + LOWEST_DB;
    }
    return LOWEST_DB;
  }

  clear(): void {
    this.counts.fill(0);
    this.next = 0;
    this.held = 0;
  }
}
