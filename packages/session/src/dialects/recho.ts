import type { EndReason } from "../call/end-reason.js";
import {
  type CallView,
  exactly,
  isOngoing,
  type KnownOutcome,
  knownOutcome,
  type OngoingPhase,
  roughly,
  type TranslateOptions,
  type Translation,
} from "./translation.js";

/**
 * Recho's outbound `callStatus` and the `eventType` each travels with. The consolidation rule is in
 * this table: the last six have no event of their own and surface as OUTBOUND_CALL_ERROR.
 */
export const RECHO_OUTBOUND = {
  PENDING: "OUTBOUND_CALL_PENDING",
  REQUESTED: "OUTBOUND_CALL_REQUESTED",
  CALLING: "OUTBOUND_CALL_CALLING",
  CLOSING: "OUTBOUND_CALL_CLOSING",
  COMPLETED: "OUTBOUND_CALL_COMPLETED",
  EXPIRED: "OUTBOUND_CALL_EXPIRED",
  NO_RESPONSE: "OUTBOUND_CALL_NO_RESPONSE",
  CANCELED: "OUTBOUND_CALL_CANCELED",
  BUSY: "OUTBOUND_CALL_BUSY",
  UNREACHABLE: "OUTBOUND_CALL_UNREACHABLE",
  MAX_ATTEMPTS_REACHED: "OUTBOUND_CALL_MAX_ATTEMPTS_REACHED",
  ERROR: "OUTBOUND_CALL_ERROR",
  VOICEMAIL_REACHED: "OUTBOUND_CALL_ERROR",
  HEALTHCHECK_FAILED: "OUTBOUND_CALL_ERROR",
  LIMIT_REACHED: "OUTBOUND_CALL_ERROR",
  CONNECTING: "OUTBOUND_CALL_ERROR",
  CONCURRENCY_LIMIT_EXCEEDED: "OUTBOUND_CALL_ERROR",
} as const;

/** Recho's inbound `callStatus` and the `eventType` each travels with. */
export const RECHO_INBOUND = {
  CONNECTING: "INBOUND_CALL_CONNECTING",
  CALLING: "INBOUND_CALL_CALLING",
  CLOSING: "INBOUND_CALL_CLOSING",
  COMPLETED: "INBOUND_CALL_COMPLETED",
  CONCURRENCY_LIMIT_EXCEEDED: "INBOUND_CALL_CONCURRENCY_LIMIT_EXCEEDED",
  ERROR: "INBOUND_CALL_ERROR",
} as const;

export type RechoOutboundStatus = keyof typeof RECHO_OUTBOUND;
export type RechoInboundStatus = keyof typeof RECHO_INBOUND;
export type RechoStatus = RechoOutboundStatus | RechoInboundStatus;
export type RechoEventType =
  | (typeof RECHO_OUTBOUND)[RechoOutboundStatus]
  | (typeof RECHO_INBOUND)[RechoInboundStatus];

export interface RechoCall {
  /** What the call was doing when it was told. */
  readonly callStatus: RechoStatus;
  /** What receivers switch on. */
  readonly eventType: RechoEventType;
}

const OUTBOUND_PHASES = {
  pending: "PENDING",
  dialing: "REQUESTED",
  ringing: "CALLING",
  active: "CALLING",
} as const satisfies Record<OngoingPhase, RechoOutboundStatus>;

const INBOUND_PHASES = {
  pending: "CONNECTING",
  dialing: "CONNECTING",
  ringing: "CONNECTING",
  active: "CALLING",
} as const satisfies Record<OngoingPhase, RechoInboundStatus>;

const OUTBOUND_REASONS = {
  USER_HUNG_UP_IN_CALL: exactly("COMPLETED"),
  AGENT_HUNG_UP: exactly("COMPLETED"),
  AGENT_HUNG_UP_SILENCE_DETECTED: exactly("COMPLETED"),
  AGENT_HUNG_UP_VOICEMAIL_DETECTED: exactly("VOICEMAIL_REACHED"),
  AGENT_HUNG_UP_IVR_DETECTED: exactly("COMPLETED"),
  AGENT_HUNG_UP_FAX_DETECTED: exactly("COMPLETED"),
  AGENT_HUNG_UP_SCREENING_DETECTED: exactly("COMPLETED"),
  AGENT_HUNG_UP_SCAM_DETECTED: exactly("COMPLETED"),
  CALL_TRANSFERRED: exactly("COMPLETED"),
  MAX_DURATION_REACHED: exactly("COMPLETED"),
  IDLE_TIMEOUT: exactly("ERROR"),
  NO_AUDIO_RECEIVED: exactly("ERROR"),
  USER_DID_NOT_PICK_UP: exactly("NO_RESPONSE"),
  USER_HUNG_UP_RINGING: roughly("NO_RESPONSE"),
  USER_BUSY: exactly("BUSY"),
  USER_UNREACHABLE: exactly("UNREACHABLE"),
  VOICEMAIL_DETECTED_PRECONNECT: exactly("VOICEMAIL_REACHED"),
  NUMBER_CHANGED: roughly("ERROR"),
  SIP_FAILED_WRONG_NUMBER: roughly("ERROR"),
  SIP_FAILED_NUMBER_BLOCKED: roughly("ERROR"),
  SIP_FAILED_MARKED_AS_SPAM: roughly("ERROR"),
  SIP_FAILED_AUTHENTICATION: exactly("ERROR"),
  SIP_FAILED_PROVIDER_UNAVAILABLE: exactly("ERROR"),
  SIP_FAILED_ROUTING: exactly("ERROR"),
  SIP_FAILED_MEDIA: exactly("ERROR"),
  SIP_FAILED_PAYMENT_REQUIRED: exactly("ERROR"),
  SIP_FAILED_UNKNOWN: exactly("ERROR"),
  CANCELED: roughly("CANCELED"),
  INVALID_DESTINATION: roughly("ERROR"),
  NUMBER_SUPPRESSED: roughly("ERROR"),
  DIAL_WINDOW_EXPIRED: exactly("EXPIRED"),
  MAX_ATTEMPTS_REACHED: exactly("MAX_ATTEMPTS_REACHED"),
  CONCURRENCY_LIMIT_EXCEEDED: exactly("CONCURRENCY_LIMIT_EXCEEDED"),
  RATE_LIMIT_EXCEEDED: exactly("LIMIT_REACHED"),
  HEALTHCHECK_FAILED: exactly("HEALTHCHECK_FAILED"),
  REGISTERED_CALL_TIMEOUT: roughly("EXPIRED"),
  AGENT_REJECTED: roughly("ERROR"),
  RUNTIME_SHUTDOWN: exactly("ERROR"),
  USER_DID_NOT_JOIN: roughly("NO_RESPONSE"),
  AGENT_ERROR: exactly("ERROR"),
  ASR_ERROR: exactly("ERROR"),
  TTS_ERROR: exactly("ERROR"),
  LLM_ERROR: exactly("ERROR"),
  LLM_WEBSOCKET_OPEN_FAILED: exactly("ERROR"),
  LLM_WEBSOCKET_LOST: exactly("ERROR"),
  LLM_WEBSOCKET_RUNTIME_ERROR: exactly("ERROR"),
  LLM_WEBSOCKET_CORRUPT_PAYLOAD: exactly("ERROR"),
  RUNTIME_LOST: exactly("ERROR"),
  INTERNAL_ERROR: exactly("ERROR"),
} as const satisfies Record<EndReason, Translation<RechoOutboundStatus>>;

/** Inbound calls know few words; every reason that is not here is ERROR, exact where it is one. */
const INBOUND_REASONS: Partial<Record<EndReason, Translation<RechoInboundStatus>>> = {
  USER_HUNG_UP_IN_CALL: exactly("COMPLETED"),
  AGENT_HUNG_UP: exactly("COMPLETED"),
  AGENT_HUNG_UP_SILENCE_DETECTED: exactly("COMPLETED"),
  AGENT_HUNG_UP_VOICEMAIL_DETECTED: exactly("COMPLETED"),
  AGENT_HUNG_UP_IVR_DETECTED: exactly("COMPLETED"),
  AGENT_HUNG_UP_FAX_DETECTED: exactly("COMPLETED"),
  AGENT_HUNG_UP_SCREENING_DETECTED: exactly("COMPLETED"),
  AGENT_HUNG_UP_SCAM_DETECTED: exactly("COMPLETED"),
  CALL_TRANSFERRED: exactly("COMPLETED"),
  MAX_DURATION_REACHED: exactly("COMPLETED"),
  USER_HUNG_UP_RINGING: roughly("COMPLETED"),
  AGENT_REJECTED: roughly("COMPLETED"),
  CONCURRENCY_LIMIT_EXCEEDED: exactly("CONCURRENCY_LIMIT_EXCEEDED"),
  RATE_LIMIT_EXCEEDED: roughly("CONCURRENCY_LIMIT_EXCEEDED"),
};

/** Null where one name of theirs covers several of ours, or names no end. */
const FROM_RECHO: Readonly<Record<RechoOutboundStatus, EndReason | null>> = {
  PENDING: null,
  REQUESTED: null,
  CALLING: null,
  CLOSING: null,
  COMPLETED: null,
  EXPIRED: "DIAL_WINDOW_EXPIRED",
  NO_RESPONSE: "USER_DID_NOT_PICK_UP",
  CANCELED: "CANCELED",
  BUSY: "USER_BUSY",
  UNREACHABLE: "USER_UNREACHABLE",
  MAX_ATTEMPTS_REACHED: "MAX_ATTEMPTS_REACHED",
  ERROR: null,
  VOICEMAIL_REACHED: null,
  HEALTHCHECK_FAILED: "HEALTHCHECK_FAILED",
  LIMIT_REACHED: "RATE_LIMIT_EXCEEDED",
  CONNECTING: "SIP_FAILED_PROVIDER_UNAVAILABLE",
  CONCURRENCY_LIMIT_EXCEEDED: "CONCURRENCY_LIMIT_EXCEEDED",
};

/** Seed 002. Errors are told by `body.errors` of the webhook, not by the status. */
export function toRecho(call: CallView, options: TranslateOptions = {}): Translation<RechoCall> {
  return call.direction === "outbound" ? outbound(call, options) : inbound(call, options);
}

/** Undefined for a name that is not theirs, that covers several of ours, or that names no end. */
export function fromRecho(callStatus: string): EndReason | undefined {
  if (!Object.hasOwn(FROM_RECHO, callStatus)) return undefined;
  return FROM_RECHO[callStatus as RechoOutboundStatus] ?? undefined;
}

function outbound(call: CallView, options: TranslateOptions): Translation<RechoCall> {
  const tell = ({ value, exact }: Translation<RechoOutboundStatus>): Translation<RechoCall> => ({
    value: { callStatus: value, eventType: RECHO_OUTBOUND[value] },
    exact,
  });
  if (call.phase === "closing") return tell(exactly("CLOSING"));
  if (isOngoing(call.phase)) return tell(exactly(OUTBOUND_PHASES[call.phase]));
  const outcome = knownOutcome(call, "recho", options);
  return tell(outcome ? outboundEnd(outcome) : roughly("ERROR"));
}

function outboundEnd(outcome: KnownOutcome): Translation<RechoOutboundStatus> {
  const { endReason, sip, states } = outcome;
  // Nothing came back: the call failed in what they call the internal connecting state.
  if (endReason === "SIP_FAILED_PROVIDER_UNAVAILABLE" && sip?.status === undefined)
    return exactly("CONNECTING");
  // Their cancel is a user's, from PENDING; a later one only comes near.
  if (endReason === "CANCELED" && states.every(({ state }) => state !== "dialing"))
    return exactly("CANCELED");
  return OUTBOUND_REASONS[endReason];
}

function inbound(call: CallView, options: TranslateOptions): Translation<RechoCall> {
  const tell = ({ value, exact }: Translation<RechoInboundStatus>): Translation<RechoCall> => ({
    value: { callStatus: value, eventType: RECHO_INBOUND[value] },
    exact,
  });
  if (call.phase === "closing") return tell(exactly("CLOSING"));
  if (isOngoing(call.phase)) return tell(exactly(INBOUND_PHASES[call.phase]));
  const outcome = knownOutcome(call, "recho", options);
  if (!outcome) return tell(roughly("ERROR"));
  return tell(INBOUND_REASONS[outcome.endReason] ?? errorOf(outcome));
}

function errorOf({ endReason }: KnownOutcome): Translation<"ERROR"> {
  const { value, exact } = OUTBOUND_REASONS[endReason];
  return value === "ERROR" && exact ? exactly("ERROR") : roughly("ERROR");
}
