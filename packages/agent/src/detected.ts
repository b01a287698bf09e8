import { type CallSession, isTerminal, type Verdict, type VerdictLabel } from "@offhook/session";

export interface DetectedOptions {
  /** Give up after this long. Default: wait until the call ends. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Only count verdicts that will not be revised. Default false. */
  readonly final?: boolean;
}

export type DetectedResult =
  | { readonly status: "detected"; readonly verdict: Verdict }
  | { readonly status: "timeout" }
  | { readonly status: "ended" }
  | { readonly status: "aborted" };

/** Waits for one of the labels; always settles, at the call's end at the latest. */
export function waitForVerdict(
  call: CallSession,
  given: readonly Verdict[],
  labels: readonly VerdictLabel[],
  { timeoutMs, signal, final = false }: DetectedOptions,
): Promise<DetectedResult> {
  const counts = (verdict: Verdict) =>
    labels.includes(verdict.label) && !(final && verdict.provisional);

  return new Promise((resolve) => {
    const undo: (() => void)[] = [];
    const settle = (result: DetectedResult) => {
      for (const step of undo.splice(0)) step();
      resolve(result);
    };
    const already = standing(given, counts);
    if (already) return settle({ status: "detected", verdict: already });
    if (isTerminal(call.state)) return settle({ status: "ended" });
    if (signal?.aborted) return settle({ status: "aborted" });

    undo.push(
      call.on("verdict", ({ verdict }) => {
        if (counts(verdict)) settle({ status: "detected", verdict });
      }),
      call.on("call_end", () => settle({ status: "ended" })),
    );
    if (timeoutMs !== undefined) {
      const timer = call.clock.setTimeout(() => settle({ status: "timeout" }), timeoutMs);
      undo.push(() => call.clock.clear(timer));
    }
    if (signal) {
      const onAbort = () => settle({ status: isTerminal(call.state) ? "ended" : "aborted" });
      signal.addEventListener("abort", onAbort, { once: true });
      undo.push(() => signal.removeEventListener("abort", onAbort));
    }
  });
}

/** The standing verdict counts; a beep is a moment rather than a standing, so any beep counts. */
function standing(
  given: readonly Verdict[],
  counts: (verdict: Verdict) => boolean,
): Verdict | undefined {
  const last = given.at(-1);
  if (last && counts(last)) return last;
  return given.find((verdict) => verdict.label === "beep" && counts(verdict));
}
