import type { CallState, VisibleStatus } from "../call/call-state.js";
import { type EndReason, isEndReason } from "../call/end-reason.js";
import {
  type CallView,
  isOngoing,
  knownOutcome,
  type TranslateOptions,
  type Translation,
} from "./translation.js";

/** The ten reasons that Unpod's page names. Its other names are not published; ours pass through. */
export const UNPOD_END_REASONS = [
  "USER_HUNG_UP_IN_CALL",
  "USER_DID_NOT_PICK_UP",
  "USER_HUNG_UP_RINGING",
  "AGENT_HUNG_UP_SILENCE_DETECTED",
  "AGENT_HUNG_UP_VOICEMAIL_DETECTED",
  "VOICEMAIL_DETECTED_PRECONNECT",
  "MAX_DURATION_REACHED",
  "IDLE_TIMEOUT",
  "SIP_FAILED_WRONG_NUMBER",
  "SIP_FAILED_NUMBER_BLOCKED",
] as const satisfies readonly EndReason[];

/** Unpod's call states and the status each is shown as. */
export const UNPOD_STATES = {
  dialing: "ringing",
  ringing: "ringing",
  active: "active",
  not_connected: "failed",
  ended: "completed",
  canceled: "failed",
} as const satisfies Partial<Record<CallState, VisibleStatus>>;

export type UnpodState = keyof typeof UNPOD_STATES;
export type UnpodStatus = "pending" | (typeof UNPOD_STATES)[UnpodState];
export type UnpodEndReason = EndReason | "UNKNOWN";

export interface UnpodCall {
  /** Null before dialing: their calls have a status by then but no state. */
  readonly state: UnpodState | null;
  readonly status: UnpodStatus;
  /** What `ctx.session.data.get("end_reason")` gives; null until the call is disconnected. */
  readonly endReason: UnpodEndReason | null;
}

/** Seed 000. The final state is already told while `call_end` hooks run. */
export function toUnpod(call: CallView, options: TranslateOptions = {}): Translation<UnpodCall> {
  const { phase } = call;
  if (phase === "pending")
    return { value: { state: null, status: "pending", endReason: null }, exact: true };
  if (isOngoing(phase))
    return { value: { state: phase, status: UNPOD_STATES[phase], endReason: null }, exact: true };
  const outcome = knownOutcome(call, "unpod", options);
  const state = outcome?.finalState ?? finalStateOf(call);
  const endReason = outcome?.endReason ?? "UNKNOWN";
  return {
    value: { state, status: UNPOD_STATES[state], endReason },
    exact: isPublished(endReason),
  };
}

/** Every name of theirs is a name of ours. */
export function fromUnpod(endReason: string): EndReason | undefined {
  return isEndReason(endReason) ? endReason : undefined;
}

function finalStateOf({ phase, outcome }: CallView): "ended" | "not_connected" | "canceled" {
  if (outcome) return outcome.finalState;
  return phase === "ended" || phase === "canceled" ? phase : "not_connected";
}

function isPublished(endReason: UnpodEndReason): boolean {
  return (UNPOD_END_REASONS as readonly string[]).includes(endReason);
}
