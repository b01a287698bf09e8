import { type CallState, type TerminalState, visibleStatus } from "../call/call-state.js";
import { type EndReason, endReasonRow } from "../call/end-reason.js";
import type { CallOutcome } from "../call/outcome.js";
import type { CallDirection } from "../vocabulary.js";

/**
 * The outcome of a call with nothing special about it: it ended for this reason, in the reason's
 * usual state unless another is asked for, without message or verdict.
 */
export function plainOutcome(
  endReason: EndReason,
  options: { readonly direction?: CallDirection; readonly finalState?: TerminalState } = {},
): CallOutcome {
  const { finalStates, category, retryable, endedBy, meaning } = endReasonRow(endReason);
  const { direction = "outbound", finalState = finalStates[0] ?? "not_connected" } = options;
  const wasSent = category !== "not_placed";
  const states = [...statesBefore(direction, finalState, wasSent), finalState];
  return {
    callId: "",
    direction,
    endReason,
    finalState,
    status: visibleStatus(finalState),
    endedBy,
    category,
    retryable,
    because: { rule: "", text: meaning },
    states: states.map((state, index) => ({ state, atMs: index * 1_000 })),
    provisional: [],
    talkMs: 0,
    createdAt: new Date(0).toISOString(),
    errors: [],
    // Most calls that fail were answered with something.
    ...(wasSent ? { sip: { status: 0, reasonHeaders: [] } } : {}),
  };
}

function statesBefore(
  direction: CallDirection,
  finalState: TerminalState,
  wasSent: boolean,
): readonly CallState[] {
  if (!wasSent) return direction === "outbound" ? ["pending"] : ["ringing"];
  const before: CallState[] =
    direction === "outbound" ? ["pending", "dialing", "ringing"] : ["ringing"];
  return finalState === "ended" ? [...before, "active"] : before;
}
