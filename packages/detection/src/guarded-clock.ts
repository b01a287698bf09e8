import type { Clock, TimerHandle } from "@offhook/session/vocabulary";

/** A clock whose callbacks go through `guard`, and whose timers all end with `clearAll`, for good. */
export interface GuardedClock extends Clock {
  clearAll(): void;
}

/** What a detector gets as its clock: it cannot throw into the call, nor outlive it. */
export function guardClock(clock: Clock, guard: (callback: () => void) => void): GuardedClock {
  const running = new Set<TimerHandle>();
  let isOver = false;
  /** A detector may be closed by what it reports, and set a timer after that. */
  const keep = (timer: TimerHandle): TimerHandle => {
    if (isOver) clock.clear(timer);
    else running.add(timer);
    return timer;
  };
  return {
    nowMs: () => clock.nowMs(),
    wallMs: () => clock.wallMs(),
    setTimeout(callback, delayMs) {
      const timer = clock.setTimeout(() => {
        running.delete(timer);
        guard(callback);
      }, delayMs);
      return keep(timer);
    },
    setInterval(callback, periodMs) {
      return keep(clock.setInterval(() => guard(callback), periodMs));
    },
    clear(timer) {
      if (timer) running.delete(timer);
      clock.clear(timer);
    },
    holdWhile: (work) => clock.holdWhile(work),
    clearAll() {
      isOver = true;
      for (const timer of running) clock.clear(timer);
      running.clear();
    },
  };
}
