import type {
  CallDirection,
  CallFault,
  EndedBy,
  MessageProgress,
  Q850Location,
  Verdict,
} from "../vocabulary.js";
import type { CarrierProfile } from "./call-settings.js";
import {
  type CallState,
  type TerminalState,
  type VisibleStatus,
  visibleStatus,
} from "./call-state.js";
import { decideEnd } from "./decide-end.js";
import { type EndReason, type EndReasonCategory, endReasonRow } from "./end-reason.js";
import {
  type CallFacts,
  type FarSideChange,
  type ProvisionalEntry,
  ringMsOf,
  talkMsOf,
} from "./facts.js";
import type { MediaReport } from "./media-report.js";

/** What SIP said last, kept as evidence. */
export interface SipEvidence {
  /** The final response to the INVITE: 200, 486… Absent when none came. */
  readonly status?: number;
  readonly phrase?: string;
  /** Every `Reason` header of the message that ended the call, verbatim (RFC 3326). */
  readonly reasonHeaders: readonly string[];
  /** The Q.850 cause among them. */
  readonly q850?: number;
  readonly q850Location?: Q850Location;
  readonly warning?: string;
  /** `Retry-After` in seconds, as the header gives it. */
  readonly retryAfter?: number;
  /** The redress address of a 608 (RFC 8688). */
  readonly redress?: string;
}

export interface StateEntry {
  readonly state: CallState;
  /** Ms since the call was created. */
  readonly atMs: number;
}

/** How one call ended: exactly one reason, and all the evidence for it. */
export interface CallOutcome {
  readonly callId: string;
  readonly direction: CallDirection;
  readonly endReason: EndReason;
  readonly finalState: TerminalState;
  readonly status: VisibleStatus;
  readonly endedBy: EndedBy;
  readonly category: EndReasonCategory;
  readonly retryable: boolean;
  /** The rule that decided, and its grounds in one sentence. */
  readonly because: { readonly rule: string; readonly text: string };
  readonly states: readonly StateEntry[];
  readonly sip?: SipEvidence;
  readonly provisional: readonly ProvisionalEntry[];
  /** Absent if it never rang. */
  readonly ringMs?: number;
  readonly talkMs: number;
  /** Wall time, ISO 8601. */
  readonly createdAt: string;
  /** Wall time of the 2xx, also of one that came too late: it is billed. */
  readonly answeredAt?: string;
  readonly verdict?: Verdict;
  readonly message?: MessageProgress;
  /** When somebody else took the far side's place. Absent if nobody did. */
  readonly farSideChanges?: readonly FarSideChange[];
  /** Packets, loss, jitter, quality. Measured, not decided: `outcomeOf` knows nothing of it. */
  readonly media?: MediaReport;
  readonly errors: readonly CallFault[];
}

/** The facts that identify a call. */
export interface CallIdentity {
  readonly callId: string;
  /** Wall time of its creation, ms since the Unix epoch. */
  readonly createdAtWallMs: number;
}

/** Turns the facts of an ended call into its outcome. Pure: the same facts, the same outcome. */
export function outcomeOf(
  identity: CallIdentity,
  facts: CallFacts,
  states: readonly StateEntry[],
  profile: CarrierProfile,
): CallOutcome {
  const { endReason, finalState, endedBy, because } = decideEnd(facts, profile);
  const { category, retryable } = endReasonRow(endReason);
  const sip = sipEvidenceOf(facts);
  const ringMs = ringMsOf(facts);
  const wallTime = (atMs: number) => new Date(identity.createdAtWallMs + atMs).toISOString();
  return {
    callId: identity.callId,
    direction: facts.direction,
    endReason,
    finalState,
    status: visibleStatus(finalState),
    endedBy,
    category,
    retryable,
    because,
    states,
    provisional: facts.provisional,
    talkMs: talkMsOf(facts),
    createdAt: wallTime(0),
    errors: facts.faults,
    ...(sip === undefined ? {} : { sip }),
    ...(ringMs === undefined ? {} : { ringMs }),
    ...(facts.answeredAtMs === undefined ? {} : { answeredAt: wallTime(facts.answeredAtMs) }),
    ...(facts.verdict === undefined ? {} : { verdict: facts.verdict }),
    ...(facts.message === undefined ? {} : { message: facts.message }),
    ...(facts.farSideChanges === undefined ? {} : { farSideChanges: facts.farSideChanges }),
  };
}

function sipEvidenceOf(facts: CallFacts): SipEvidence | undefined {
  const response = facts.finalResponse ?? facts.answer;
  const reason = facts.farSideReason ?? facts.finalResponse;
  if (response === undefined && reason === undefined) return undefined;
  const final = facts.finalResponse;
  return {
    reasonHeaders: reason?.reasonHeaders ?? [],
    ...(response === undefined ? {} : { status: response.status, phrase: response.phrase }),
    ...(reason?.q850 === undefined ? {} : { q850: reason.q850 }),
    ...(reason?.q850Location === undefined ? {} : { q850Location: reason.q850Location }),
    ...(final?.warning === undefined ? {} : { warning: final.warning }),
    ...(final?.retryAfter === undefined ? {} : { retryAfter: final.retryAfter }),
    ...(final?.redress === undefined ? {} : { redress: final.redress }),
  };
}
