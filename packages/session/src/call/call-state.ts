/**
 * The states of a call (seed 000) and what may follow each.
 *
 * ```
 *            pending ──────────────┬────────────────┐
 *               │                  │                │
 *            dialing ──────────────┤                │
 *            │     │               │                │
 *            │   ringing ──────────┤                │
 *            │     │               │                │
 *            └──▶ active           │                │
 *                  │               │                │
 *                ended        not_connected      canceled
 * ```
 *
 * An inbound call starts at `ringing`. Exactly one of the three terminal states is entered, once.
 */
export const CALL_STATES = {
  pending: { next: ["dialing", "not_connected", "canceled"], status: "pending" },
  dialing: { next: ["ringing", "active", "not_connected", "canceled"], status: "ringing" },
  ringing: { next: ["active", "not_connected", "canceled"], status: "ringing" },
  active: { next: ["ended"], status: "active" },
  not_connected: { next: [], status: "failed" },
  ended: { next: [], status: "completed" },
  canceled: { next: [], status: "failed" },
} as const satisfies Record<string, { next: readonly string[]; status: string }>;

export type CallState = keyof typeof CALL_STATES;

/** The three states that nothing follows. */
export type TerminalState = "ended" | "not_connected" | "canceled";

/** What a list of calls shows for a state (seed 000, "Visible status"). */
export type VisibleStatus = (typeof CALL_STATES)[CallState]["status"];

export function visibleStatus(state: CallState): VisibleStatus {
  return CALL_STATES[state].status;
}

export function isTerminal(state: CallState): state is TerminalState {
  return CALL_STATES[state].next.length === 0;
}

export function mayFollow(from: CallState, to: CallState): boolean {
  return (CALL_STATES[from].next as readonly CallState[]).includes(to);
}
