/** How much may be written ahead before `write` makes its caller wait: more than a long garbage collection or a blocking hook. */
export const WRITE_AHEAD_MS = 2_000;

/**
 * Back-pressure for `CallAudio.write`: a write settles while less than `WRITE_AHEAD_MS` is queued,
 * and otherwise as soon as that becomes true.
 */
export class WriteGate {
  private waiting: (() => void)[] = [];

  /** Settles when there is room, given what is queued now. */
  enter(queuedMs: number): Promise<void> {
    if (queuedMs < WRITE_AHEAD_MS) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** To be told whenever the queue got shorter. */
  update(queuedMs: number): void {
    if (this.waiting.length === 0 || queuedMs >= WRITE_AHEAD_MS) return;
    const settled = this.waiting;
    this.waiting = [];
    for (const resolve of settled) resolve();
  }

  /** Lets everyone through: the call is over and nobody should hang on it. */
  open(): void {
    this.update(0);
  }
}
