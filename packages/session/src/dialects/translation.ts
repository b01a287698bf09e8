import { type EndReason, type EndReasonOnWire, isEndReason } from "../call/end-reason.js";
import type { CallOutcome } from "../call/outcome.js";
import { type Logger, silentLogger } from "../logger.js";
import type { CallDirection, CallPhase } from "../vocabulary.js";

/** A value in another system's words. */
export interface Translation<Value> {
  readonly value: Value;
  /** False where that system has no word for what happened and `value` is only its nearest. */
  readonly exact: boolean;
}

/** What a dialect reads of an outcome. Its reason may come from a writer newer than this reader. */
export type OutcomeView = Omit<CallOutcome, "endReason"> & { readonly endReason: EndReasonOnWire };

/** What a dialect reads of a call. A `CallSession` fits as it is. */
export interface CallView {
  readonly direction: CallDirection;
  readonly phase: CallPhase;
  /** Read once the call is disconnected: while `closing` and after. */
  readonly outcome?: OutcomeView | undefined;
}

/** What only the campaign that placed the call knows. */
export interface AttemptFacts {
  /** Which of the contact's numbers this call tries, from 1. */
  readonly number: number;
  /** How many numbers the contact has. */
  readonly of: number;
}

export interface TranslateOptions {
  /** Told about names this version does not know. */
  readonly logger?: Logger;
}

/** The call of an outcome that is kept in a record, after its hooks ran. */
export function callOf(outcome: OutcomeView): CallView {
  return { direction: outcome.direction, phase: outcome.finalState, outcome };
}

export type OngoingPhase = "pending" | "dialing" | "ringing" | "active";

const ongoing: readonly CallPhase[] = ["pending", "dialing", "ringing", "active"];

export function isOngoing(phase: CallPhase): phase is OngoingPhase {
  return ongoing.includes(phase);
}

/** An outcome whose reason this version knows. */
export type KnownOutcome = CallOutcome;

/** The outcome of a disconnected call; undefined, and logged, where its reason is not known here. */
export function knownOutcome(
  call: CallView,
  dialect: string,
  { logger = silentLogger }: TranslateOptions,
): KnownOutcome | undefined {
  const { outcome } = call;
  if (outcome && isKnown(outcome)) return outcome;
  const { callId, endReason } = outcome ?? {};
  logger.warn({ dialect, callId, endReason }, "unknown end reason, told as a generic failure");
  return undefined;
}

function isKnown(outcome: OutcomeView): outcome is KnownOutcome {
  return isEndReason(outcome.endReason);
}

/** Reasons that already say whether a machine was on the line; the verdict was asked by then. */
const decidedByReason: readonly EndReason[] = [
  "USER_HUNG_UP_IN_CALL",
  "AGENT_HUNG_UP",
  "CALL_TRANSFERRED",
];

/** Whether an answered call reached a machine: by its reason or, where that is open, its verdict. */
export function reachedMachine({ endReason, verdict }: KnownOutcome): boolean {
  if (endReason === "AGENT_HUNG_UP_VOICEMAIL_DETECTED") return true;
  if (decidedByReason.includes(endReason)) return false;
  return verdict?.label === "voicemail" || verdict?.label === "beep";
}

/** They have this very word. */
export function exactly<const Value>(value: Value): Translation<Value> {
  return { value, exact: true };
}

/** Their nearest word. */
export function roughly<const Value>(value: Value): Translation<Value> {
  return { value, exact: false };
}
