const LOWEST_DB = -100;
const STEPS = 101;

/**
 * Percentiles over the last values of several levels, in 1 dB steps. A low one is the noise floor: it
 * follows a noisy line within seconds, and speech cannot pull it up because speech has gaps. What
 * belongs to one moment lies side by side, as it is read and written together.
 */
export class LevelHistory {
  private readonly levels: number;
  private readonly length: number;
  private readonly counts: Uint16Array;
  private readonly history: Uint8Array;
  private next = 0;
  private held = 0;

  /** Of so many levels, the last `length` values. */
  constructor(levels: number, length: number) {
    this.levels = levels;
    this.length = length;
    this.counts = new Uint16Array(levels * STEPS);
    this.history = new Uint8Array(levels * length);
  }

  /** How many values of each level are held. */
  get count(): number {
    return this.held;
  }

  /** One value of each level, in dB. */
  push(levelsDb: Float32Array): void {
    const { counts, history, levels } = this;
    const isFull = this.held === this.length;
    const from = this.next * levels;
    for (let level = 0; level < levels; level++) {
      const step = Math.round((levelsDb[level] as number) - LOWEST_DB);
      const bounded = Math.max(0, Math.min(STEPS - 1, step));
      const first = level * STEPS;
      if (isFull) {
        const oldest = first + (history[from + level] as number);
        counts[oldest] = (counts[oldest] as number) - 1;
      }
      history[from + level] = bounded;
      counts[first + bounded] = (counts[first + bounded] as number) + 1;
    }
    if (!isFull) this.held++;
    this.next = (this.next + 1) % this.length;
  }

  /** What `share` of the held values do not exceed. */
  percentile(level: number, share: number): number {
    const wanted = Math.max(1, Math.ceil(this.held * share));
    const first = level * STEPS;
    let seen = 0;
    for (let step = 0; step < STEPS; step++) {
      seen += this.counts[first + step] as number;
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
