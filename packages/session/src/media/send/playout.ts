/** How a stretch of audio was heard. */
export interface Played {
  /** How much of the stretch was really sent, in ms. */
  readonly playedMs: number;
  /** True when some of it was cleared, or the call ended first. */
  readonly interrupted: boolean;
}

interface Mark {
  /** Positions in samples since the beginning: the stretch is `[fromSample, toSample)`. */
  readonly fromSample: number;
  readonly toSample: number;
  readonly settle: (played: Played) => void;
}

/**
 * The queue between whoever writes audio and the clock that sends it. It knows nothing of threads,
 * sockets or time: the owner calls `pull` once per packet, and what was pulled counts as heard.
 *
 * Audio is told apart in stretches. A stretch begins where the last one ended, and ends with
 * `mark` or `clear`; `playedMs` always counts from the beginning of its own stretch, which is what
 * an agent needs to say how much of one utterance was heard.
 *
 * Not bounded: the writer is held back by a `WriteGate`.
 */
export class Playout {
  readonly sampleRate: number;
  /** A ring; its length is a power of two. */
  private ring: Int16Array;
  private head = 0;
  private queued = 0;
  private written = 0;
  private played = 0;
  private stretchFrom = 0;
  private marks: Mark[] = [];
  private isPaused = false;
  private isClosed = false;

  constructor(sampleRate: number) {
    this.sampleRate = sampleRate;
    this.ring = new Int16Array(powerOfTwoAtLeast(sampleRate));
  }

  get queuedSamples(): number {
    return this.queued;
  }

  get queuedMs(): number {
    return this.toMs(this.queued);
  }

  /** All that was ever heard, in samples. */
  get playedSamples(): number {
    return this.played;
  }

  get paused(): boolean {
    return this.isPaused;
  }

  /** Queues a copy of mono samples at `sampleRate`. Ignored after `close`. */
  write(samples: Int16Array): void {
    if (this.isClosed) return;
    this.makeRoom(samples.length);
    const mask = this.ring.length - 1;
    const start = (this.head + this.queued) & mask;
    const untilWrap = Math.min(samples.length, this.ring.length - start);
    this.ring.set(samples.subarray(0, untilWrap), start);
    this.ring.set(samples.subarray(untilWrap), 0);
    this.queued += samples.length;
    this.written += samples.length;
  }

  /**
   * Ends the stretch. `settle` is called once: in the `pull` that sends its last sample, in `clear`
   * or `close`, or at once when all of it was heard already.
   */
  mark(settle: (played: Played) => void): void {
    const mark: Mark = { fromSample: this.stretchFrom, toSample: this.written, settle };
    this.stretchFrom = this.written;
    if (this.isClosed) settle({ playedMs: 0, interrupted: true });
    else if (this.queued === 0) this.settle(mark, false);
    else this.marks.push(mark);
  }

  /**
   * Drops what is queued and settles every mark as interrupted. `playedMs` is for the stretch that
   * was being heard.
   */
  clear(): { readonly playedMs: number } {
    const current = this.marks[0]?.fromSample ?? this.stretchFrom;
    const playedMs = this.toMs(Math.max(0, this.played - current));
    this.queued = 0;
    this.head = 0;
    const interrupted = this.marks;
    this.marks = [];
    for (const mark of interrupted) this.settle(mark, true);
    this.written = this.played;
    this.stretchFrom = this.played;
    return { playedMs };
  }

  /** From the next `pull` on nothing leaves the queue. */
  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  /**
   * Fills `into` with what is to be heard next, silence where nothing is. Returns how many samples
   * came from the queue.
   */
  pull(into: Int16Array): number {
    const count = this.isPaused ? 0 : Math.min(into.length, this.queued);
    if (count === 0) {
      into.fill(0);
      return 0;
    }
    const { ring, head } = this;
    const mask = ring.length - 1;
    for (let index = 0; index < count; index++) into[index] = ring[(head + index) & mask] ?? 0;
    if (count < into.length) into.fill(0, count);
    this.head = (this.head + count) & (this.ring.length - 1);
    this.queued -= count;
    this.played += count;
    while (this.marks[0] && this.marks[0].toSample <= this.played) {
      const mark = this.marks.shift();
      if (mark) this.settle(mark, false);
    }
    return count;
  }

  /** Like `clear`, and for good: later writes are ignored, later marks settle at once. Idempotent. */
  close(): void {
    if (this.isClosed) return;
    this.clear();
    this.isClosed = true;
  }

  private settle(mark: Mark, interrupted: boolean): void {
    const heard = Math.max(0, Math.min(this.played, mark.toSample) - mark.fromSample);
    mark.settle({ playedMs: this.toMs(heard), interrupted });
  }

  private makeRoom(samples: number): void {
    const needed = this.queued + samples;
    if (needed <= this.ring.length) return;
    const larger = new Int16Array(powerOfTwoAtLeast(needed));
    const untilWrap = Math.min(this.queued, this.ring.length - this.head);
    larger.set(this.ring.subarray(this.head, this.head + untilWrap));
    larger.set(this.ring.subarray(0, this.queued - untilWrap), untilWrap);
    this.ring = larger;
    this.head = 0;
  }

  private toMs(samples: number): number {
    return (samples * 1000) / this.sampleRate;
  }
}

function powerOfTwoAtLeast(value: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, value)));
}
