import type { Clock, TimerHandle } from "./clock.js";
import { messageOf } from "./errors.js";

/** What went wrong in somebody's listener. The event, the other listeners and the call go on. */
export interface HookFault {
  readonly code: "HOOK_THREW" | "HOOK_TIMED_OUT";
  readonly event: string;
  readonly message: string;
}

/** How long one listener took. */
export interface HookTiming {
  readonly event: string;
  /** On the clock of the hub; 0 for a listener that did nothing asynchronous in virtual time. */
  readonly tookMs: number;
  readonly result: "settled" | "threw" | "timed_out";
}

/** What it returns is awaited if it is a promise, and otherwise ignored. */
export type Hook<Payload> = (payload: Payload) => unknown;

export interface EventHubOptions {
  readonly clock: Clock;
  /** How long an async listener may take before it is reported as hanging. */
  readonly deadlineMs: number;
  readonly onFault: (fault: HookFault) => void;
  /** Called once per listener and event, when it has settled or its deadline passed. */
  readonly onTiming?: (timing: HookTiming) => void;
}

/**
 * Typed events whose listeners cannot hurt anybody: each is called synchronously and by itself; one
 * that throws, rejects or hangs is reported and nothing else changes.
 */
export class EventHub<Events extends object> {
  /** Never changed in place: a listener may come or go while an event is told. */
  #listeners: readonly Listener[] = nobody;
  readonly #options: EventHubOptions;
  /** Made with the first async listener. */
  #watches: Set<TimerHandle> | undefined;

  constructor(options: EventHubOptions) {
    this.#options = options;
  }

  /** Returns its unsubscribe. A listener added twice is called twice. */
  on<Name extends keyof Events & string>(name: Name, hook: Hook<Events[Name]>): () => void {
    const listener: Listener = { name, hook };
    // A spread would leave room for more than a call ever has.
    this.#listeners = this.#listeners.concat(listener);
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener);
    };
  }

  /** Like `on`, for one occurrence. */
  once<Name extends keyof Events & string>(name: Name, hook: Hook<Events[Name]>): () => void {
    const off = this.on(name, (payload) => {
      off();
      return hook(payload);
    });
    return off;
  }

  /**
   * Calls every listener now. The promise settles when the async ones have, or at the deadline;
   * it never rejects, and need not be awaited.
   */
  emit<Name extends keyof Events & string>(name: Name, payload: Events[Name]): Promise<void> {
    const settled: Promise<void>[] = [];
    for (const listener of this.#listeners) {
      if (listener.name !== name) continue;
      const watched = this.#call(name, listener.hook as Hook<Events[Name]>, payload);
      if (watched) settled.push(watched);
    }
    return settled.length === 0 ? done : Promise.all(settled).then(nothing);
  }

  /** Forgets all listeners and clears every watch. */
  close(): void {
    this.#listeners = nobody;
    for (const watch of this.#watches ?? []) this.#options.clock.clear(watch);
    this.#watches = undefined;
  }

  #call<Payload>(event: string, hook: Hook<Payload>, payload: Payload): Promise<void> | undefined {
    const startedAtMs = this.#options.clock.nowMs();
    try {
      const result = hook(payload);
      if (isThenable(result)) return this.#watch(event, result, startedAtMs);
      this.#time(event, startedAtMs, "settled");
      return undefined;
    } catch (thrown) {
      this.#time(event, startedAtMs, "threw");
      this.#report({ code: "HOOK_THREW", event, message: messageOf(thrown) });
      return undefined;
    }
  }

  #watch(event: string, running: PromiseLike<unknown>, startedAtMs: number): Promise<void> {
    const { clock, deadlineMs } = this.#options;
    return new Promise((resolve) => {
      const settle = (result: HookTiming["result"]) => {
        if (this.#watches?.delete(watch)) this.#time(event, startedAtMs, result);
        clock.clear(watch);
        resolve();
      };
      const watch = clock.setTimeout(() => {
        settle("timed_out");
        const message = `A ${event} hook did not settle within ${deadlineMs} ms.`;
        this.#report({ code: "HOOK_TIMED_OUT", event, message });
      }, deadlineMs);
      this.#watches ??= new Set();
      this.#watches.add(watch);
      const settled = () => settle("settled");
      // Adopted first: a foreign thenable may throw where a promise would reject.
      Promise.resolve(running).then(settled, (thrown: unknown) => {
        settle("threw");
        this.#report({ code: "HOOK_THREW", event, message: messageOf(thrown) });
      });
    });
  }

  #time(event: string, startedAtMs: number, result: HookTiming["result"]): void {
    const tookMs = Math.round(this.#options.clock.nowMs() - startedAtMs);
    try {
      this.#options.onTiming?.({ event, tookMs, result });
    } catch {
      // As with a reporter: whoever only takes the time must not stop the event.
    }
  }

  #report(fault: HookFault): void {
    try {
      this.#options.onFault(fault);
    } catch {
      // A reporter that throws has nobody left to report to; the other listeners come first.
    }
  }
}

/** An object of its own for each: one hook may be added twice. */
interface Listener {
  readonly name: string;
  readonly hook: Hook<never>;
}

const nobody: readonly Listener[] = [];
const done = Promise.resolve();

function nothing(): void {}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    "then" in value &&
    typeof value.then === "function"
  );
}
