/** Text on its way from who makes it to who speaks it. One reader. */
export class TextQueue implements AsyncIterable<string> {
  readonly #waiting: string[] = [];
  #closed = false;
  #more: (() => void) | undefined;

  push(text: string): void {
    if (this.#closed) return;
    this.#waiting.push(text);
    this.#more?.();
  }

  /** No more text comes; the reader still gets what is there. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#more?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string, void, undefined> {
    for (;;) {
      const text = this.#waiting.shift();
      if (text !== undefined) yield text;
      else if (this.#closed) return;
      else {
        await new Promise<void>((resolve) => {
          this.#more = resolve;
        });
      }
    }
  }
}
