/** What an agent is saying or playing right now, so that all of it can be silenced at once. */
export class Utterances {
  /** Made for the first of them: many calls end before the agent says anything. */
  #stop: AbortController | undefined;
  #running: readonly Promise<{ readonly playedMs: number }>[] = silent;

  /** Runs something audible with a signal that aborts as `signal` does, or when interrupted. */
  async run<T extends { readonly playedMs: number }>(
    signal: AbortSignal | undefined,
    speak: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    this.#stop ??= new AbortController();
    const stop = this.#stop.signal;
    const running = speak(signal ? AbortSignal.any([signal, stop]) : stop);
    this.#running = this.#running.concat(running);
    try {
      return await running;
    } finally {
      this.#running = this.#running.filter((other) => other !== running);
    }
  }

  /** Aborts all that runs; settles with how much of it was heard, in ms. */
  async interrupt(): Promise<number> {
    const running = this.#running;
    this.#stop?.abort();
    this.#stop = undefined;
    const played = await Promise.allSettled(running);
    return played.reduce(
      (sum, result) => sum + (result.status === "fulfilled" ? result.value.playedMs : 0),
      0,
    );
  }
}

const silent: readonly Promise<{ readonly playedMs: number }>[] = [];
