import { monotonicMs } from "../monotonic-clock.js";
import { TICK_MS } from "../send/media-sender.js";
import { LATE_TICK_MS } from "./overload.js";

/** Ticks that were missed are made up for one by one, but never more of them than this: 500 ms. */
const MAX_CATCH_UP = 100;

/**
 * Counts ticks of 5 ms since its creation and calls back for each of them while it runs. A tick
 * that comes late does not make the next one late.
 */
export class TickClock {
  private readonly zeroMs = monotonicMs();
  private readonly onTick: (tick: number, dueMs: number) => void;
  private readonly onTicksDone: () => void;
  private next = 0;
  private ticks = 0;
  private lateTicks = 0;
  private timer: NodeJS.Timeout | undefined;

  /** `onTicksDone` follows the last of the ticks that were due at once. */
  constructor(onTick: (tick: number, dueMs: number) => void, onTicksDone: () => void) {
    this.onTick = onTick;
    this.onTicksDone = onTicksDone;
  }

  get current(): number {
    return Math.floor((monotonicMs() - this.zeroMs) / TICK_MS);
  }

  /** Ticks since this was asked last, and how many of them came late. */
  takeLateness(): { readonly ticks: number; readonly lateTicks: number } {
    const { ticks, lateTicks } = this;
    this.ticks = 0;
    this.lateTicks = 0;
    return { ticks, lateTicks };
  }

  start(): void {
    if (this.timer) return;
    this.next = this.current + 1;
    this.arm();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private arm(): void {
    const delayMs = this.zeroMs + this.next * TICK_MS - monotonicMs();
    this.timer = setTimeout(this.run, Math.max(0, delayMs));
  }

  private readonly run = () => {
    const { current } = this;
    const lateFrom = current - LATE_TICK_MS / TICK_MS;
    this.next = Math.max(this.next, current - MAX_CATCH_UP);
    while (this.next <= current) {
      this.ticks += 1;
      if (this.next < lateFrom) this.lateTicks += 1;
      this.onTick(this.next, this.zeroMs + this.next * TICK_MS);
      this.next += 1;
    }
    this.arm();
    this.onTicksDone();
  };
}
