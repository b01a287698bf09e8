import { type CallSession, isTerminal } from "@offhook/session";

export interface WaitOptions {
  /** Give up after this long. Default: wait until the call ends. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Why a wait ended without what it waited for. */
export type Unmet = "timeout" | "ended" | "aborted";

/**
 * Waits for something that a call will tell; always settles, at the call's end at the latest. `arm`
 * begins to look out and returns how to stop; it may meet at once.
 */
export function waitOnCall<Met>(
  call: CallSession,
  { timeoutMs, signal }: WaitOptions,
  arm: (meet: (met: Met) => void) => () => void,
): Promise<{ readonly met: Met } | { readonly unmet: Unmet }> {
  return new Promise((resolve) => {
    const undo: (() => void)[] = [];
    let settled = false;
    const settle = (result: { readonly met: Met } | { readonly unmet: Unmet }) => {
      settled = true;
      for (const step of undo.splice(0)) step();
      resolve(result);
    };
    const keep = (step: () => void) => (settled ? step() : undo.push(step));

    keep(arm((met) => settle({ met })));
    if (settled) return;
    if (isTerminal(call.state)) return settle({ unmet: "ended" });
    if (signal?.aborted) return settle({ unmet: "aborted" });
    keep(call.on("call_end", () => settle({ unmet: "ended" })));
    if (timeoutMs !== undefined) {
      const timer = call.clock.setTimeout(() => settle({ unmet: "timeout" }), timeoutMs);
      keep(() => call.clock.clear(timer));
    }
    if (signal) {
      // The call's own signal aborts because it ended; anybody else's because they gave up.
      const onAbort = () => settle({ unmet: isTerminal(call.state) ? "ended" : "aborted" });
      signal.addEventListener("abort", onAbort, { once: true });
      keep(() => signal.removeEventListener("abort", onAbort));
    }
  });
}
