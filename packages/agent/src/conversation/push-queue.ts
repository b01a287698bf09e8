/** Things on their way from who makes them to who reads them, such as text to a voice. One reader. */
export class PushQueue<T> implements AsyncIterable<T> {
  readonly #waiting: T[] = [];
  #closed = false;
  #more: (() => void) | undefined;

  push(item: T): void {
    if (this.#closed) return;
    this.#waiting.push(item);
    this.#more?.();
  }

  /** Nothing more comes; the reader still gets what is there. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#more?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const next = this.#waiting.splice(0, 1);
      if (next.length > 0) yield* next;
      else if (this.#closed) return;
      else {
        await new Promise<void>((resolve) => {
          this.#more = resolve;
        });
      }
    }
  }
}
