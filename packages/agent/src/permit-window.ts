import type { Clock } from "@offhook/session";

/** At most so many permits in any window of time. */
export class PermitWindow {
  readonly #clock: Clock;
  readonly #permits: number;
  readonly #windowMs: number;
  #taken: number[] = [];

  constructor(clock: Clock, permits: number, windowMs: number) {
    this.#clock = clock;
    this.#permits = permits;
    this.#windowMs = windowMs;
  }

  /** Takes a permit if one is left. */
  take(): boolean {
    const nowMs = this.#clock.nowMs();
    this.#taken = this.#taken.filter((atMs) => atMs > nowMs - this.#windowMs);
    if (this.#taken.length >= this.#permits) return false;
    this.#taken.push(nowMs);
    return true;
  }
}
