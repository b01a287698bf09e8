import type { Clock, TimerHandle } from "@offhook/session/vocabulary";

/** A clock whose callbacks go through `guard`, and whose timers all end with `clearAll`. */
export interface GuardedClock extends Clock {
  clearAll(): void;
}

/** What a detector gets as its clock: it cannot throw into the call, nor outlive it. */
export function guardClock(clock: Clock, guard: (callback: () => void) => void): GuardedClock {
  const running = new Set<TimerHandle>();
  return {
    nowMs: () => clock.nowMs(),
    wallMs: () => clock.wallMs(),
    setTimeout(callback, delayMs) {
      const timer = clock.setTimeout(() => {
        running.delete(timer);
        guard(callback);
      }, delayMs);
      running.add(timer);
      return timer;
    },
    setInterval(callback, periodMs) {
      const timer = clock.setInterval(() => guard(callback), periodMs);
      running.add(timer);
      return timer;
    },
    clear(timer) {
      if (timer) running.delete(timer);
      clock.clear(timer);
    },
    holdWhile: (work) => clock.holdWhile(work),
    clearAll() {
      for (const timer of running) clock.clear(timer);
      running.clear();
    },
  };
}
