const BUCKET_MS = 5;
const BUCKETS = 80;
/** Each packet weighs this much more than the one before: a memory of about 400 packets. */
const GROWTH = 1.0025;
const PERCENTILE = 0.98;
/** So much more, so that a slow clock is met before it makes the latest of them too late. */
const MARGIN_MS = 2;
const RECOMPUTE_EVERY = 10;
/** The least transit is looked for over the current and the previous window of this length. */
const BASE_WINDOW_MS = 2_000;

/**
 * How long a packet must be kept back so that nearly all of its followers come in time. Transit
 * times are held against the least recent one, so that neither the offset between the two clocks
 * nor their drift counts as jitter.
 */
export class DelayEstimator {
  private readonly minMs: number;
  private readonly maxMs: number;
  private readonly weights = new Float64Array(BUCKETS);
  private weight = 1;
  private total = 0;
  private untilRecompute = RECOMPUTE_EVERY;
  private target: number;
  private windowEndsMs = Number.NEGATIVE_INFINITY;
  private leastNow = Number.POSITIVE_INFINITY;
  private leastBefore = Number.POSITIVE_INFINITY;

  constructor(options: { readonly minMs: number; readonly maxMs: number }) {
    this.minMs = options.minMs;
    this.maxMs = options.maxMs;
    this.target = options.minMs;
  }

  get targetMs(): number {
    return this.target;
  }

  /** The least transit of late, in the arbitrary units of `observe`. */
  get baseTransitMs(): number {
    return Math.min(this.leastNow, this.leastBefore);
  }

  /** `transitMs` is arrival time less the sender's time of the packet. */
  observe(transitMs: number, nowMs: number): void {
    if (nowMs >= this.windowEndsMs) {
      this.leastBefore = this.leastNow;
      this.leastNow = transitMs;
      this.windowEndsMs = nowMs + BASE_WINDOW_MS;
    }
    this.leastNow = Math.min(this.leastNow, transitMs);
    const bucket = Math.min(BUCKETS - 1, Math.floor((transitMs - this.baseTransitMs) / BUCKET_MS));
    this.weight *= GROWTH;
    this.weights[bucket] = (this.weights[bucket] ?? 0) + this.weight;
    this.total += this.weight;
    this.untilRecompute -= 1;
    if (this.untilRecompute === 0) this.recompute();
  }

  /** Another stream, or the same one after a jump: its transit has nothing to do with the old one. */
  rebase(): void {
    this.leastNow = Number.POSITIVE_INFINITY;
    this.leastBefore = Number.POSITIVE_INFINITY;
    this.windowEndsMs = Number.NEGATIVE_INFINITY;
  }

  private recompute(): void {
    this.untilRecompute = RECOMPUTE_EVERY;
    const enough = this.total * PERCENTILE;
    let sum = 0;
    let bucket = 0;
    while (bucket < BUCKETS - 1) {
      sum += this.weights[bucket] ?? 0;
      if (sum >= enough) break;
      bucket += 1;
    }
    const neededMs = (bucket + 1) * BUCKET_MS + MARGIN_MS;
    this.target = Math.max(this.minMs, Math.min(this.maxMs, neededMs));
    if (this.weight > 1e9) this.normalise();
  }

  private normalise(): void {
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      this.weights[bucket] = (this.weights[bucket] ?? 0) / this.weight;
    }
    this.total /= this.weight;
    this.weight = 1;
  }
}
