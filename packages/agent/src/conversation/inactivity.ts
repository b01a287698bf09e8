import type { Clock, TimerHandle } from "@offhook/session";

export interface InactivityOptions {
  readonly clock: Clock;
  /** Silence of both sides after which something is due, in ms. */
  readonly afterMs: number;
  /** Told each time; `count` is 1 for the first time since the user was last heard. */
  readonly onSilence: (silentMs: number, count: number) => void;
}

/** Watches for a line on which nobody speaks. */
export class Inactivity {
  readonly #options: InactivityOptions;
  readonly #audible = new Set<"user" | "agent" | "hold">();
  #count = 0;
  #timer: TimerHandle | undefined;
  #closed = false;

  constructor(options: InactivityOptions) {
    this.#options = options;
    this.#restart();
  }

  /** The user or the agent began or stopped speaking, or the call was put on hold. */
  note(who: "user" | "agent" | "hold", active: boolean): void {
    if (active) this.#audible.add(who);
    else this.#audible.delete(who);
    if (who !== "agent") this.#count = 0;
    this.#restart();
  }

  /** Something else shows that the conversation is alive: a key, an answer in the making. */
  touch(): void {
    this.#restart();
  }

  close(): void {
    this.#closed = true;
    this.#options.clock.clear(this.#timer);
  }

  #restart(): void {
    const { clock, afterMs, onSilence } = this.#options;
    clock.clear(this.#timer);
    if (this.#closed || this.#audible.size > 0) return;
    this.#timer = clock.setTimeout(() => {
      this.#restart();
      this.#count++;
      onSilence(afterMs, this.#count);
    }, afterMs);
  }
}
