/**
 * How far a long list has come, on a line of its own that overwrites itself: only for somebody who
 * watches stderr while the results go elsewhere.
 */
export class Progress {
  readonly #total: number;
  readonly #watched: boolean;
  #done = 0;

  constructor(
    total: number,
    streams: { readonly stdout: Terminal; readonly stderr: Terminal } = process,
  ) {
    this.#total = total;
    this.#watched = streams.stderr.isTTY === true && streams.stdout.isTTY !== true;
  }

  step(): void {
    this.#done += 1;
    if (!this.#watched) return;
    const end = this.#done === this.#total ? "\n" : "";
    process.stderr.write(`\r${this.#done} of ${this.#total}${end}`);
  }
}

interface Terminal {
  readonly isTTY?: boolean;
}
