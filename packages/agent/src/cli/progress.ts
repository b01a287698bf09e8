interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/**
 * How far a long list has come, on a line of its own that overwrites itself: only for somebody who
 * watches stderr while the results go elsewhere.
 */
export class Progress {
  readonly #total: number;
  readonly #watched: Terminal | undefined;
  #done = 0;

  constructor(
    total: number,
    { stdout, stderr }: { readonly stdout: Terminal; readonly stderr: Terminal } = process,
  ) {
    this.#total = total;
    this.#watched = stderr.isTTY === true && stdout.isTTY !== true ? stderr : undefined;
  }

  step(): void {
    this.#done += 1;
    const end = this.#done === this.#total ? "\n" : "";
    this.#watched?.write(`\r${this.#done} of ${this.#total}${end}`);
  }
}
