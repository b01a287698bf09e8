import type { Clock, TimerHandle } from "@offhook/session/vocabulary";

/** How long audio may lag behind the clock before the clock counts as silence's witness. */
const GRACE_MS = 200;
/** A timer this late means the event loop was blocked: queued audio gets its turn first. */
const LATE_MS = 60;

interface Deadline {
  readonly dueMs: number;
  readonly callback: () => void;
}

/**
 * Waits that are measured in audio while audio flows and by the clock when it does not, so that
 * a blocked event loop is never taken for a silent callee.
 */
export class AudioDeadlines {
  private readonly clock: Clock;
  private readonly elapsedMs: () => number;
  private readonly pending = new Set<Deadline>();
  private earliestMs = Number.POSITIVE_INFINITY;
  private timer: TimerHandle | undefined;
  private timerDueMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, elapsedMs: () => number) {
    this.clock = clock;
    this.elapsedMs = elapsedMs;
  }

  at(dueMs: number, callback: () => void): () => void {
    const deadline = { dueMs, callback };
    this.pending.add(deadline);
    this.arm();
    return () => {
      if (this.pending.delete(deadline)) this.arm();
    };
  }

  /** Whether `reached` has anything to do: nearly always not. */
  isDue(nowMs: number): boolean {
    return nowMs >= this.earliestMs;
  }

  /** The audio has come this far. */
  reached(nowMs: number): void {
    if (!this.isDue(nowMs)) return;
    const due = [...this.pending].filter((deadline) => deadline.dueMs <= nowMs);
    due.sort((a, b) => a.dueMs - b.dueMs);
    for (const deadline of due) if (this.pending.delete(deadline)) deadline.callback();
    this.arm();
  }

  close(): void {
    this.pending.clear();
    this.arm();
  }

  private arm(): void {
    this.earliestMs = Number.POSITIVE_INFINITY;
    for (const { dueMs } of this.pending) this.earliestMs = Math.min(this.earliestMs, dueMs);
    const wantedMs = this.earliestMs + GRACE_MS;
    // A timer that comes too early re-arms itself; only a later one must be replaced.
    if (this.timer && this.timerDueMs <= wantedMs && this.pending.size > 0) return;
    this.clock.clear(this.timer);
    this.timer = undefined;
    if (this.pending.size > 0) this.start(wantedMs);
  }

  private start(dueMs: number): void {
    this.timerDueMs = dueMs;
    const delayMs = Math.max(0, dueMs - this.elapsedMs());
    this.timer = this.clock.setTimeout(() => {
      this.timer = undefined;
      const nowMs = this.elapsedMs();
      if (nowMs - dueMs > LATE_MS) this.start(nowMs + GRACE_MS);
      else if (nowMs < this.earliestMs + GRACE_MS - 1) this.start(this.earliestMs + GRACE_MS);
      else this.reached(nowMs - GRACE_MS + 1);
    }, delayMs);
  }
}
