import type { Clock, TimerHandle } from "../../clock.js";

/** Between messages: nothing, to whoever does not know what it asks (RFC 5626 4.4.1). */
export const PING = "\r\n\r\n";

/** A ping that nobody answers within this time was lost with its connection (RFC 5626 4.4.1). */
const ANSWER_MS = 10_000;
/** Many peers take a ping and say nothing: only one that answered so many before is missed. */
const KNOWN_TO_ANSWER = 2;

export interface PulseOptions {
  readonly clock: Clock;
  /** Sends one ping. */
  readonly beat: () => void;
  readonly onLost: () => void;
  /** Every peer has to answer, known or not. */
  readonly isObliged?: boolean;
}

/** Finds out whether a connection that looks open still leads to anybody. */
export class Pulse {
  private readonly options: PulseOptions;
  private answers = 0;
  private waiting: TimerHandle | undefined;

  constructor(options: PulseOptions) {
    this.options = options;
  }

  beat(): void {
    const { clock, beat, onLost, isObliged = false } = this.options;
    if (this.waiting) return;
    beat();
    const answers = isObliged || this.answers >= KNOWN_TO_ANSWER;
    this.waiting = clock.setTimeout(() => {
      this.waiting = undefined;
      if (answers) onLost();
    }, ANSWER_MS);
  }

  answered(): void {
    // What comes unasked is no answer.
    if (!this.waiting) return;
    this.stop();
    this.answers += 1;
  }

  stop(): void {
    this.options.clock.clear(this.waiting);
    this.waiting = undefined;
  }
}
