import type { CallOutcome } from "@offhook/session";
import type { Call } from "./calls.js";

/**
 * The outcome as one flat object for a JSON line, with the number that it is about. `ringMs` is 0
 * for a call that never rang, `verdict` null where nothing was heard.
 */
export function outcomeLine(
  call: Pick<Call, "userNumber" | "ownNumber">,
  outcome: CallOutcome,
): object {
  const { callId, direction, states, finalState, status, endReason, endedBy, ...rest } = outcome;
  const { sip, ringMs, talkMs, verdict, errors, ...evidence } = rest;
  return {
    type: "outcome",
    callId,
    to: direction === "outbound" ? call.userNumber : call.ownNumber,
    from: direction === "outbound" ? call.ownNumber : call.userNumber,
    direction,
    states,
    finalState,
    status,
    endReason,
    endedBy,
    sip: sip ?? { reasonHeaders: [] },
    ringMs: ringMs ?? 0,
    talkMs,
    verdict: verdict ?? null,
    errors,
    ...evidence,
  };
}
