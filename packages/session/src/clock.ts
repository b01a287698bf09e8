/** Time as offhook sees it. Everything that waits takes a clock, so a test can own time. */
export interface Clock {
  /** Monotonic milliseconds; only differences mean something. */
  nowMs(): number;
  /** Milliseconds since the Unix epoch, for records that people read. */
  wallMs(): number;
  /** Calls `callback` once after `delayMs`, never synchronously. */
  setTimeout(callback: () => void, delayMs: number): TimerHandle;
  /** Calls `callback` every `periodMs` without drift, until cleared. */
  setInterval(callback: () => void, periodMs: number): TimerHandle;
  /** Idempotent. */
  clear(timer: TimerHandle | undefined): void;
  /**
   * Work outside this clock's reach (a file, a subprocess) that virtual time must wait for.
   * The system clock returns `work` as it is.
   */
  holdWhile<T>(work: Promise<T>): Promise<T>;
}

/** Opaque; belongs to the clock that made it. */
export interface TimerHandle {
  readonly dueMs: number;
}

interface SystemTimer extends TimerHandle {
  dueMs: number;
  native: NodeJS.Timeout;
}

/** The machine's own clock. */
export function systemClock(): Clock {
  const nowMs = () => performance.now();
  return {
    nowMs,
    wallMs: () => Date.now(),
    setTimeout(callback, delayMs) {
      const timer: SystemTimer = {
        dueMs: nowMs() + delayMs,
        native: setTimeout(callback, delayMs),
      };
      return timer;
    },
    setInterval(callback, periodMs) {
      const tick = () => {
        timer.dueMs += periodMs;
        // Behind by more than a period: skip what was missed instead of firing in a burst.
        const lateMs = nowMs() - timer.dueMs;
        if (lateMs > 0) timer.dueMs += Math.ceil(lateMs / periodMs) * periodMs;
        timer.native = setTimeout(tick, Math.max(0, timer.dueMs - nowMs()));
        callback();
      };
      const timer: SystemTimer = {
        dueMs: nowMs() + periodMs,
        native: setTimeout(tick, periodMs),
      };
      return timer;
    },
    clear(timer) {
      if (timer) clearTimeout((timer as SystemTimer).native);
    },
    holdWhile: (work) => work,
  };
}
