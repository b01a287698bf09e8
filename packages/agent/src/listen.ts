import { type CallSession, isTerminal, type TimerHandle } from "@offhook/session";

export interface ListenOptions {
  /** The user is done after this much quiet. Default 700. */
  readonly quietMs?: number;
  /** Give up if the user is not done by then. Default: wait until the call ends. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface ListenResult {
  /** `heard`: the user spoke and is quiet again. */
  readonly status: "heard" | "timeout" | "ended" | "aborted";
  /** From the first sound of this listening to the last. */
  readonly spokenMs: number;
}

/** Waits for the user to say something and to be done with it, going by voice activity alone. */
export function listenForUser(
  call: CallSession,
  { quietMs = 700, timeoutMs, signal }: ListenOptions,
): Promise<ListenResult> {
  return new Promise((resolve) => {
    const undo: (() => void)[] = [];
    let firstMs: number | undefined = call.snapshot.speaking.user ? call.atMs : undefined;
    let lastMs = call.atMs;
    let quiet: TimerHandle | undefined;

    const settle = (status: ListenResult["status"]) => {
      for (const step of undo.splice(0)) step();
      call.clock.clear(quiet);
      resolve({ status, spokenMs: firstMs === undefined ? 0 : lastMs - firstMs });
    };
    if (isTerminal(call.state)) return settle("ended");
    if (signal?.aborted) return settle("aborted");

    undo.push(
      call.on("user_voice", ({ active, atMs }) => {
        call.clock.clear(quiet);
        lastMs = atMs;
        if (active) firstMs ??= atMs;
        else if (firstMs !== undefined)
          quiet = call.clock.setTimeout(() => settle("heard"), quietMs);
      }),
      call.on("call_end", () => settle("ended")),
    );
    if (timeoutMs !== undefined) {
      const timer = call.clock.setTimeout(() => settle("timeout"), timeoutMs);
      undo.push(() => call.clock.clear(timer));
    }
    if (signal) {
      const onAbort = () => settle(isTerminal(call.state) ? "ended" : "aborted");
      signal.addEventListener("abort", onAbort, { once: true });
      undo.push(() => signal.removeEventListener("abort", onAbort));
    }
  });
}
