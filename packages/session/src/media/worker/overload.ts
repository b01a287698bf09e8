/** One second of a media thread, measured. */
export interface LoadSample {
  readonly ticks: number;
  /** Ticks that came more than `LATE_TICK_MS` after their time. */
  readonly lateTicks: number;
  readonly legs: number;
  /** RTP packets that all legs together should have got, and those that never came. */
  readonly expectedPackets: number;
  readonly lostPackets: number;
  /** Datagrams the kernel dropped because nobody read them in time; undefined where it does not say. */
  readonly droppedByKernel: number | undefined;
}

/** A whole packet: beyond it a peer's jitter buffer has to grow for our sake. */
export const LATE_TICK_MS = 20;
const MAX_LATE_SHARE = 0.2;
/**
 * Loss on one leg is its network's. Loss over many at once is ours, unless the kernel knows that it
 * has kept everything for us: then it is the trunk's. And with few legs it is not they who are the
 * burden: refusing one more would help nobody.
 */
const MIN_LEGS = 50;
const MAX_LOSS_SHARE = 0.005;
/** So many bad seconds in a row close the door, and so many good ones open it again. */
const BAD_SECONDS = 3;
const GOOD_SECONDS = 3;

/**
 * Admission control: whether a media thread can take on another call without hurting those it has.
 * It goes by what was measured, not by a count of calls, because a call costs what its codec costs
 * on the machine at hand.
 */
export class OverloadGuard {
  private bad = 0;
  private good = 0;
  private isOverloaded = false;

  get overloaded(): boolean {
    return this.isOverloaded;
  }

  /** Takes the next second; true when `overloaded` has changed. */
  take(sample: LoadSample): boolean {
    const late = sample.lateTicks > sample.ticks * MAX_LATE_SHARE;
    const lossy =
      sample.lostPackets > sample.expectedPackets * MAX_LOSS_SHARE && sample.droppedByKernel !== 0;
    const isBad = sample.legs >= MIN_LEGS && (late || lossy);
    this.bad = isBad ? this.bad + 1 : 0;
    this.good = isBad ? 0 : this.good + 1;
    const before = this.isOverloaded;
    if (this.bad >= BAD_SECONDS) this.isOverloaded = true;
    if (this.good >= GOOD_SECONDS) this.isOverloaded = false;
    return this.isOverloaded !== before;
  }

  /** Nothing is left to measure; true when `overloaded` has changed. */
  reset(): boolean {
    const before = this.isOverloaded;
    this.bad = 0;
    this.good = 0;
    this.isOverloaded = false;
    return before;
  }
}
