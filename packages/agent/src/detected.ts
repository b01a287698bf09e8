import type { CallSession, Verdict, VerdictLabel } from "@offhook/session";
import { type Unmet, type WaitOptions, waitOnCall } from "./wait-on-call.js";

export interface DetectedOptions extends WaitOptions {
  /** Only count verdicts that will not be revised. Default false. */
  readonly final?: boolean;
  /**
   * A verdict that may still be revised counts from this confidence on, 0 to 1. Default 0.6: people
   * are answered quickly, and a greeting is not taken for a person halfway through. Where `human` is
   * asked for, a machine counts too when a person is hardly possible, whichever machine it is.
   */
  readonly minConfidence?: number;
}

export type DetectedResult =
  | { readonly status: "detected"; readonly verdict: Verdict }
  | { readonly status: Unmet };

/** Waits for one of the labels; a verdict that was given already counts. */
export async function waitForVerdict(
  call: CallSession,
  given: readonly Verdict[],
  labels: readonly VerdictLabel[],
  { final = false, minConfidence = 0.6, ...options }: DetectedOptions,
): Promise<DetectedResult> {
  const sure = (verdict: Verdict) =>
    !verdict.provisional || (!final && isSure(verdict, labels, minConfidence));
  const counts = (verdict: Verdict) => labels.includes(verdict.label) && sure(verdict);
  const waited = await waitOnCall<Verdict>(call, options, (meet) => {
    const already = standing(given, counts);
    if (already) meet(already);
    return call.on("verdict", ({ verdict }) => {
      if (counts(verdict)) meet(verdict);
    });
  });
  return "met" in waited ? { status: "detected", verdict: waited.met } : { status: waited.unmet };
}

function isSure(
  { label, kind, confidence, runnerUp }: Verdict,
  asked: readonly VerdictLabel[],
  minConfidence: number,
): boolean {
  // What the dead-air budget assumes is as sure as it is going to get.
  if (confidence >= minConfidence || kind === "assumed") return true;
  if (label === "human" || !asked.includes("human") || !runnerUp) return false;
  // Asked whether it is a person, it matters that it is none, and not which machine it may be.
  const humanAtMost = confidence - runnerUp.margin;
  return humanAtMost <= (1 - minConfidence) / 2;
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
