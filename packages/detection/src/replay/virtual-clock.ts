import type { Clock, TimerHandle } from "@offhook/session/vocabulary";

interface VirtualTimer extends TimerHandle {
  dueMs: number;
  readonly periodMs: number | undefined;
  readonly callback: () => void;
  readonly order: number;
}

/** A clock that moves only when told; each timer fires at its own due time. */
export class VirtualClock implements Clock {
  private now = 0;
  private order = 0;
  private readonly timers = new Set<VirtualTimer>();

  nowMs(): number {
    return this.now;
  }

  wallMs(): number {
    return this.now;
  }

  setTimeout(callback: () => void, delayMs: number): TimerHandle {
    return this.add(callback, Math.max(0, delayMs), undefined);
  }

  setInterval(callback: () => void, periodMs: number): TimerHandle {
    return this.add(callback, periodMs, periodMs);
  }

  clear(timer: TimerHandle | undefined): void {
    if (timer) this.timers.delete(timer as VirtualTimer);
  }

  holdWhile<T>(work: Promise<T>): Promise<T> {
    return work;
  }

  /** Timers that are still armed. */
  get pending(): number {
    return this.timers.size;
  }

  /** Fires everything due up to and including `atMs`, in order. */
  advanceTo(atMs: number): void {
    for (;;) {
      let next: VirtualTimer | undefined;
      for (const timer of this.timers)
        if (
          timer.dueMs <= atMs &&
          (!next ||
            timer.dueMs < next.dueMs ||
            (timer.dueMs === next.dueMs && timer.order < next.order))
        )
          next = timer;
      if (!next) break;
      this.now = Math.max(this.now, next.dueMs);
      if (next.periodMs === undefined) this.timers.delete(next);
      else next.dueMs += next.periodMs;
      next.callback();
    }
    this.now = Math.max(this.now, atMs);
  }

  private add(callback: () => void, delayMs: number, periodMs: number | undefined): TimerHandle {
    const timer = { dueMs: this.now + delayMs, periodMs, callback, order: this.order++ };
    this.timers.add(timer);
    return timer;
  }
}
