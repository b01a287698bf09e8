// Taken from the module, so that a test runner that fakes the globals does not fake these too.
import { setImmediate, setTimeout } from "node:timers";
import type { Clock, TimerHandle } from "../clock.js";
import { OffhookError } from "../errors.js";
import { TimerHeap, type VirtualTimer } from "./timer-heap.js";

export interface VirtualClockOptions {
  /** What `wallMs()` says when the clock starts, in ms since the Unix epoch. Default 2026-01-01T12:00:00Z. */
  readonly wallStartMs?: number;
}

export interface RunUntilOptions {
  /** Give up after this much virtual time. Default 4 hours: longer than any call lasts. */
  readonly limitMs?: number;
  /** How long, in real time, work outside this clock may take once no timer is left. Default 250. */
  readonly graceMs?: number;
}

/**
 * Time that a test owns. It stands still until it is moved, and then every timer fires at its own
 * due time and in order; whatever a timer sets off (promises, `nextTick`, `setImmediate`) is done
 * before time moves on. So a chain of 20 ms timers really fires 50 times in a second.
 */
export interface VirtualClock extends Clock {
  /**
   * Moves time on by `durationMs`, firing what falls due. Rejects with what a timer's callback threw.
   */
  advanceBy(durationMs: number): Promise<void>;
  /**
   * Moves time on just until `promise` settles, and settles as it does. Rejects with CLOCK_STUCK,
   * naming the timers that were left, when nothing remains that could settle it or the limit is hit.
   */
  runUntil<T>(promise: PromiseLike<T>, options?: RunUntilOptions): Promise<T>;
  /** How many timers are set: 0 when everything was cleaned up. */
  readonly pendingTimers: number;
  /** Each timer that is set: when it is due and who set it. For messages of failing tests. */
  describeTimers(): readonly string[];
}

export function virtualClock(options: VirtualClockOptions = {}): VirtualClock {
  return new SteppedClock(options.wallStartMs ?? Date.UTC(2026, 0, 1, 12));
}

/** Somebody who waits for time to move. */
interface Driver {
  /** Time must not move past this. */
  readonly untilMs: number;
  /** Whether reaching `untilMs` is what it waits for; otherwise it is the limit. */
  readonly waitsForTime: boolean;
  readonly graceMs: number;
  isDone(): boolean;
  resolve(): void;
  reject(error: unknown): void;
}

/** Real work that Node itself knows of and that always comes to an end: files being read. */
const FILE_REQUESTS = new Set(["FSReqCallback", "FSReqPromise", "CloseReq"]);
const FILE_PATIENCE_MS = 1_000;
/** How long a chain of `setImmediate` is followed; two clocks at work see each other's. */
const MAX_IMMEDIATES = 16;
const MAX_TIMERS_AT_ONE_TIME = 10_000;

class SteppedClock implements VirtualClock {
  readonly #wallStartMs: number;
  #nowMs = 0;
  #order = 0;
  #live = 0;
  readonly #timers = new TimerHeap();
  readonly #drivers = new Set<Driver>();
  #stepping = false;
  #held = 0;
  #onHeldChange: (() => void) | undefined;

  constructor(wallStartMs: number) {
    this.#wallStartMs = wallStartMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#wallStartMs + this.#nowMs;
  }

  setTimeout(callback: () => void, delayMs: number): TimerHandle {
    return this.#arm(callback, positive(delayMs, "delayMs", 0), undefined);
  }

  setInterval(callback: () => void, periodMs: number): TimerHandle {
    positive(periodMs, "periodMs", Number.MIN_VALUE);
    return this.#arm(callback, periodMs, periodMs);
  }

  clear(timer: TimerHandle | undefined): void {
    if (!(timer as VirtualTimer | undefined)?.live) return;
    (timer as VirtualTimer).live = false;
    this.#live--;
  }

  holdWhile<T>(work: Promise<T>): Promise<T> {
    this.#held++;
    const release = () => {
      this.#held--;
      this.#onHeldChange?.();
    };
    work.then(release, release);
    return work;
  }

  get pendingTimers(): number {
    return this.#live;
  }

  describeTimers(): readonly string[] {
    return this.#timers.liveOnes().map(describeTimer);
  }

  advanceBy(durationMs: number): Promise<void> {
    positive(durationMs, "durationMs", 0);
    const untilMs = this.#nowMs + durationMs;
    return new Promise((resolve, reject) => {
      this.#drive({
        untilMs,
        waitsForTime: true,
        graceMs: 0,
        isDone: () =>
          this.#nowMs >= untilMs &&
          (this.#timers.peek()?.dueMs ?? Number.POSITIVE_INFINITY) > untilMs,
        resolve,
        reject,
      });
    });
  }

  async runUntil<T>(promise: PromiseLike<T>, options: RunUntilOptions = {}): Promise<T> {
    let settled = false;
    const settle = () => {
      settled = true;
    };
    promise.then(settle, settle);
    await new Promise<void>((resolve, reject) => {
      this.#drive({
        untilMs: this.#nowMs + (options.limitMs ?? 4 * 3_600_000),
        waitsForTime: false,
        graceMs: options.graceMs ?? 250,
        isDone: () => settled,
        resolve,
        reject,
      });
    });
    return promise;
  }

  #arm(callback: () => void, delayMs: number, periodMs: number | undefined): TimerHandle {
    const timer: VirtualTimer = {
      dueMs: this.#nowMs + delayMs,
      order: this.#order++,
      live: true,
      callback,
      periodMs,
      origin: new Error(),
    };
    this.#live++;
    this.#timers.push(timer);
    return timer;
  }

  #drive(driver: Driver): void {
    this.#drivers.add(driver);
    if (this.#stepping) return;
    this.#stepping = true;
    this.#step().catch((error: unknown) => {
      this.#stepping = false;
      for (const driver of this.#drivers) driver.reject(error);
      this.#drivers.clear();
    });
  }

  /** The one loop that moves time, on behalf of everybody who waits for it. */
  async #step(): Promise<void> {
    for (;;) {
      await this.#standStill();
      // Whoever is let go may set timers or wait again; see that before time moves or stops.
      if (this.#releaseDone()) continue;
      if (this.#drivers.size === 0) {
        this.#stepping = false;
        return;
      }
      const next = this.#timers.peek();
      const stopMs = this.#nearestStop(next === undefined);
      if (next && next.dueMs <= stopMs) await this.#fireAt(next.dueMs);
      else if (stopMs < Number.POSITIVE_INFINITY) this.#stopAt(stopMs);
      else await this.#waitOutside();
    }
  }

  /** Fires everything due at `atMs`, each with its own microtasks, as Node does. */
  async #fireAt(atMs: number): Promise<void> {
    this.#nowMs = Math.max(this.#nowMs, atMs);
    let fired = 0;
    for (;;) {
      const timer = this.#timers.peek();
      if (!timer || timer.dueMs > this.#nowMs) return;
      if (++fired > MAX_TIMERS_AT_ONE_TIME)
        throw stuck(`timers keep setting timers of 0 ms at ${this.#nowMs} ms`, [timer]);
      this.#timers.pop();
      if (timer.periodMs === undefined) this.clear(timer);
      else {
        timer.dueMs += timer.periodMs;
        timer.order = this.#order++;
        this.#timers.push(timer);
      }
      timer.callback();
      await microtasks();
    }
  }

  /** Lets everything finish that can finish without time moving. */
  async #standStill(): Promise<void> {
    const startedAt = performance.now();
    for (let immediates = 0; ; ) {
      await turn();
      if (this.#held > 0) {
        await new Promise<void>((resolve) => {
          this.#onHeldChange = resolve;
        });
        this.#onHeldChange = undefined;
        continue;
      }
      const waiting = process.getActiveResourcesInfo();
      if (waiting.includes("Immediate") && immediates++ < MAX_IMMEDIATES) continue;
      // The bound is for a read that does not come to an end, such as one from a terminal.
      if (!waiting.some((kind) => FILE_REQUESTS.has(kind))) return;
      if (performance.now() - startedAt > FILE_PATIENCE_MS) return;
    }
  }

  /** No timer is left. Real work that nobody told us of may still settle the promise; give it time. */
  async #waitOutside(): Promise<void> {
    const graceMs = Math.max(...[...this.#drivers].map((driver) => driver.graceMs));
    const startedAt = performance.now();
    const before = this.#order;
    while (performance.now() - startedAt < graceMs) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (this.#held > 0 || this.#order !== before) return;
      for (const driver of this.#drivers) if (driver.isDone()) return;
    }
    throw stuck(
      `at ${this.#nowMs} ms no timer is left, and what is awaited has not settled`,
      this.#timers.liveOnes(),
    );
  }

  #nearestStop(noTimerLeft: boolean): number {
    let nearest = Number.POSITIVE_INFINITY;
    // With no timer left, running to a limit would only hide why nothing happens.
    for (const driver of this.#drivers)
      if (driver.waitsForTime || !noTimerLeft) nearest = Math.min(nearest, driver.untilMs);
    return nearest;
  }

  #stopAt(stopMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, stopMs);
    for (const driver of this.#drivers) {
      if (driver.untilMs > this.#nowMs || driver.isDone()) continue;
      this.#drivers.delete(driver);
      const message = `what is awaited has not settled by ${this.#nowMs} ms, the limit`;
      driver.reject(stuck(message, this.#timers.liveOnes()));
    }
  }

  #releaseDone(): boolean {
    const waiting = this.#drivers.size;
    for (const driver of this.#drivers) {
      if (!driver.isDone()) continue;
      this.#drivers.delete(driver);
      driver.resolve();
    }
    return this.#drivers.size < waiting;
  }
}

/** One whole turn of the event loop: every microtask and `nextTick`, and the immediates queued so far. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Every microtask that is queued or gets queued by them; five times cheaper than a whole turn. */
function microtasks(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

function positive(value: number, name: string, least: number): number {
  if (Number.isFinite(value) && value >= least) return value;
  throw new OffhookError("INVALID_OPTION", `${name} is ${value}`, {
    remedy: `Give ${name} as a number of milliseconds, ${least === 0 ? "0 or more" : "above 0"}.`,
  });
}

function stuck(what: string, timers: readonly VirtualTimer[]): OffhookError {
  const listed = timers.slice(0, 10).map(describeTimer).join("; ");
  const rest = timers.length > 10 ? ` and ${timers.length - 10} more` : "";
  return new OffhookError(
    "CLOCK_STUCK",
    `Virtual time: ${what}. Pending timers: ${listed || "none"}${rest}.`,
    {
      remedy:
        "Something waits for real time or for an event that never comes. Wrap work outside the clock in clock.holdWhile(), or give runUntil a higher limitMs.",
    },
  );
}

function describeTimer(timer: VirtualTimer): string {
  const kind = timer.periodMs === undefined ? "" : ` every ${timer.periodMs} ms`;
  const frames = (timer.origin.stack ?? "").split("\n").slice(1);
  const from = frames.find((frame) => !/fake-clock\.[jt]s/.test(frame))?.trim() ?? "at unknown";
  return `${timer.callback.name || "anonymous"} due at ${timer.dueMs} ms${kind} (set ${from})`;
}
