import type { Clock, TimerHandle } from "../clock.js";
import type { CallTimer } from "./call-input.js";

/** Owns the timers of one call: whatever is still running when the call closes is cleared here. */
export class CallTimers {
  readonly #clock: Clock;
  readonly #onExpired: (timer: CallTimer) => void;
  readonly #running = new Map<CallTimer, TimerHandle>();

  constructor(clock: Clock, onExpired: (timer: CallTimer) => void) {
    this.#clock = clock;
    this.#onExpired = onExpired;
  }

  start(timer: CallTimer, delayMs: number): void {
    this.stop(timer);
    const handle = this.#clock.setTimeout(() => {
      this.#running.delete(timer);
      this.#onExpired(timer);
    }, delayMs);
    this.#running.set(timer, handle);
  }

  stop(timer: CallTimer): void {
    this.#clock.clear(this.#running.get(timer));
    this.#running.delete(timer);
  }

  stopAll(): void {
    for (const timer of [...this.#running.keys()]) this.stop(timer);
  }
}
