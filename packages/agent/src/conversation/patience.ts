import type { Clock } from "@offhook/session";

export interface Patience {
  readonly clock: Clock;
  /** Stops reading; what is being waited for is given up at once. */
  readonly signal: AbortSignal;
  /** How long the first item may take, and each one after it, in ms. */
  readonly firstMs: number;
  readonly nextMs: number;
  /** Called when the first item came later than this many ms. */
  readonly late?: { readonly afterMs: number; readonly report: (tookMs: number) => void };
  /** What to throw when an item does not come in time. */
  readonly stalled: (waitedMs: number) => Error;
}

/**
 * Reads a source that belongs to somebody else: it may throw, hang, or ignore that nobody listens
 * any more. Ends, without throwing, when the signal aborts.
 */
export async function* patiently<T>(
  source: AsyncIterable<T>,
  patience: Patience,
): AsyncGenerator<T, void, undefined> {
  const { clock, signal, late } = patience;
  const iterator = source[Symbol.asyncIterator]();
  const startedAtMs = clock.nowMs();
  let first = true;
  try {
    for (;;) {
      const next = await nextInTime(iterator, patience, first ? patience.firstMs : patience.nextMs);
      if (next === "aborted" || next.done || signal.aborted) return;
      const tookMs = clock.nowMs() - startedAtMs;
      if (first && late && tookMs > late.afterMs) late.report(tookMs);
      first = false;
      yield next.value;
    }
  } finally {
    // Not awaited: a source that hangs in `next` also hangs in `return`.
    void Promise.resolve(iterator.return?.()).catch(ignore);
  }
}

function nextInTime<T>(
  iterator: AsyncIterator<T>,
  { clock, signal, stalled }: Patience,
  limitMs: number,
): Promise<IteratorResult<T> | "aborted"> {
  return new Promise((resolve, reject) => {
    const onAbort = () => settle(() => resolve("aborted"));
    const timer = clock.setTimeout(() => settle(() => reject(stalled(limitMs))), limitMs);
    const settle = (how: () => void) => {
      clock.clear(timer);
      signal.removeEventListener("abort", onAbort);
      how();
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    iterator.next().then(
      (next) => settle(() => resolve(next)),
      (thrown: unknown) => settle(() => reject(thrown)),
    );
  });
}

function ignore(): void {}
