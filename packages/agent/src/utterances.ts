/** What an agent is saying or playing right now, so that all of it can be silenced at once. */
export class Utterances {
  #stop = new AbortController();
  readonly #running = new Set<Promise<{ readonly playedMs: number }>>();

  /** Runs something audible with a signal that aborts as `signal` does, or when interrupted. */
  async run<T extends { readonly playedMs: number }>(
    signal: AbortSignal | undefined,
    speak: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const stop = this.#stop.signal;
    const running = speak(signal ? AbortSignal.any([signal, stop]) : stop);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Aborts all that runs; settles with how much of it was heard, in ms. */
  async interrupt(): Promise<number> {
    const running = [...this.#running];
    this.#stop.abort();
    this.#stop = new AbortController();
    const played = await Promise.allSettled(running);
    return played.reduce(
      (sum, result) => sum + (result.status === "fulfilled" ? result.value.playedMs : 0),
      0,
    );
  }
}
