/** What to add to this thread's own clock to have the one that all threads share. */
const THREAD_ZERO_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** Milliseconds that mean the same in every thread of the process. */
export function monotonicMs(): number {
  return THREAD_ZERO_MS + performance.now();
}
