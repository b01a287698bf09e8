import { type END_REASONS, type EndReason, endReasonRow } from "../call/end-reason.js";
import type { MessageProgress } from "../vocabulary.js";
import {
  type CallView,
  exactly,
  isOngoing,
  type KnownOutcome,
  knownOutcome,
  reachedMachine,
  roughly,
  type TranslateOptions,
  type Translation,
} from "./translation.js";

/** The statuses of seed 001, each with its sub-statuses. A call has exactly one. */
export const CALLR_STATUSES = [
  "ANSWERED/COMPLETE",
  "ANSWERED/INCOMPLETE",
  "ABSENT/BUSY",
  "ABSENT/NO_ANSWER",
  "ABSENT/VOICEMAIL_DETECTED",
  "ERROR/BLACKLISTED",
  "ERROR/REJECTED",
  "ERROR/UNALLOCATED_NUMBER",
  "ERROR/OTHER",
] as const;

export const CALLR_RESULT_CODES = ["HANGUP", "VOICEMAIL_COMPLETE", "VOICEMAIL_INCOMPLETE"] as const;

export type CallrStatus = (typeof CALLR_STATUSES)[number];
export type CallrResultCode = (typeof CALLR_RESULT_CODES)[number];

export interface CallrCall {
  readonly status: CallrStatus;
  /** Null where the call did not reach a phone, or we ended it and no machine was on the line. */
  readonly resultCode: CallrResultCode | null;
}

type ReasonWith<State extends string> = {
  [Name in EndReason]: State extends (typeof END_REASONS)[Name]["finalStates"][number]
    ? Name
    : never;
}[EndReason];

/** Reasons of calls that were answered, by whoever it was. */
type AnsweredReason = Exclude<ReasonWith<"ended">, "AGENT_HUNG_UP_VOICEMAIL_DETECTED">;
/** Reasons of calls that were not. */
type UnansweredReason = ReasonWith<"not_connected"> | ReasonWith<"canceled">;

/** CALLR broadcasts messages. What it would say where the agent talked and had no message to play. */
const WITHOUT_MESSAGE = {
  USER_HUNG_UP_IN_CALL: "ANSWERED/COMPLETE",
  AGENT_HUNG_UP: "ANSWERED/COMPLETE",
  AGENT_HUNG_UP_SILENCE_DETECTED: "ANSWERED/INCOMPLETE",
  AGENT_HUNG_UP_IVR_DETECTED: "ANSWERED/INCOMPLETE",
  AGENT_HUNG_UP_FAX_DETECTED: "ANSWERED/INCOMPLETE",
  AGENT_HUNG_UP_SCREENING_DETECTED: "ANSWERED/INCOMPLETE",
  AGENT_HUNG_UP_SCAM_DETECTED: "ANSWERED/COMPLETE",
  CALL_TRANSFERRED: "ANSWERED/COMPLETE",
  MAX_DURATION_REACHED: "ANSWERED/COMPLETE",
  IDLE_TIMEOUT: "ANSWERED/INCOMPLETE",
  NO_AUDIO_RECEIVED: "ANSWERED/INCOMPLETE",
  RUNTIME_SHUTDOWN: "ANSWERED/INCOMPLETE",
  AGENT_ERROR: "ANSWERED/INCOMPLETE",
  ASR_ERROR: "ANSWERED/INCOMPLETE",
  TTS_ERROR: "ANSWERED/INCOMPLETE",
  LLM_ERROR: "ANSWERED/INCOMPLETE",
  LLM_WEBSOCKET_OPEN_FAILED: "ANSWERED/INCOMPLETE",
  LLM_WEBSOCKET_LOST: "ANSWERED/INCOMPLETE",
  LLM_WEBSOCKET_RUNTIME_ERROR: "ANSWERED/INCOMPLETE",
  LLM_WEBSOCKET_CORRUPT_PAYLOAD: "ANSWERED/INCOMPLETE",
  RUNTIME_LOST: "ANSWERED/INCOMPLETE",
  INTERNAL_ERROR: "ANSWERED/INCOMPLETE",
} as const satisfies Record<AnsweredReason, CallrStatus>;

const UNANSWERED = {
  USER_DID_NOT_PICK_UP: exactly("ABSENT/NO_ANSWER"),
  USER_HUNG_UP_RINGING: exactly("ERROR/REJECTED"),
  USER_BUSY: exactly("ABSENT/BUSY"),
  USER_UNREACHABLE: roughly("ABSENT/NO_ANSWER"),
  VOICEMAIL_DETECTED_PRECONNECT: exactly("ABSENT/VOICEMAIL_DETECTED"),
  NUMBER_CHANGED: roughly("ERROR/UNALLOCATED_NUMBER"),
  SIP_FAILED_WRONG_NUMBER: exactly("ERROR/UNALLOCATED_NUMBER"),
  SIP_FAILED_NUMBER_BLOCKED: roughly("ERROR/REJECTED"),
  SIP_FAILED_MARKED_AS_SPAM: roughly("ERROR/REJECTED"),
  SIP_FAILED_AUTHENTICATION: roughly("ERROR/OTHER"),
  SIP_FAILED_PROVIDER_UNAVAILABLE: roughly("ERROR/OTHER"),
  SIP_FAILED_ROUTING: roughly("ERROR/OTHER"),
  SIP_FAILED_MEDIA: roughly("ERROR/OTHER"),
  SIP_FAILED_PAYMENT_REQUIRED: roughly("ERROR/OTHER"),
  SIP_FAILED_UNKNOWN: exactly("ERROR/OTHER"),
  CANCELED: roughly("ERROR/OTHER"),
  INVALID_DESTINATION: roughly("ERROR/OTHER"),
  NUMBER_SUPPRESSED: exactly("ERROR/BLACKLISTED"),
  DIAL_WINDOW_EXPIRED: roughly("ERROR/OTHER"),
  MAX_ATTEMPTS_REACHED: roughly("ERROR/OTHER"),
  CONCURRENCY_LIMIT_EXCEEDED: roughly("ERROR/OTHER"),
  RATE_LIMIT_EXCEEDED: roughly("ERROR/OTHER"),
  HEALTHCHECK_FAILED: roughly("ERROR/OTHER"),
  REGISTERED_CALL_TIMEOUT: roughly("ERROR/OTHER"),
  AGENT_REJECTED: roughly("ERROR/OTHER"),
  RUNTIME_SHUTDOWN: roughly("ERROR/OTHER"),
  USER_DID_NOT_JOIN: roughly("ABSENT/NO_ANSWER"),
  AGENT_ERROR: roughly("ERROR/OTHER"),
  RUNTIME_LOST: exactly("ERROR/OTHER"),
  INTERNAL_ERROR: roughly("ERROR/OTHER"),
} as const satisfies Record<UnansweredReason, Translation<CallrStatus>>;

/** Null where one name of theirs covers several of ours. */
const FROM_CALLR: Readonly<Record<CallrStatus, EndReason | null>> = {
  "ANSWERED/COMPLETE": null,
  "ANSWERED/INCOMPLETE": null,
  "ABSENT/BUSY": "USER_BUSY",
  "ABSENT/NO_ANSWER": "USER_DID_NOT_PICK_UP",
  "ABSENT/VOICEMAIL_DETECTED": null,
  "ERROR/BLACKLISTED": "NUMBER_SUPPRESSED",
  "ERROR/REJECTED": "USER_HUNG_UP_RINGING",
  "ERROR/UNALLOCATED_NUMBER": "SIP_FAILED_WRONG_NUMBER",
  "ERROR/OTHER": null,
};

const generic: CallrCall = { status: "ERROR/OTHER", resultCode: null };

/**
 * Seed 001. Null while the call goes on: their statuses are those of calls that are over. Complete
 * and incomplete follow from what was really played (`outcome.message`).
 */
export function toCallr(
  call: CallView,
  options: TranslateOptions = {},
): Translation<CallrCall | null> {
  if (isOngoing(call.phase)) return roughly(null);
  const outcome = knownOutcome(call, "callr", options);
  if (!outcome) return roughly(generic);
  const told = outcome.finalState === "ended" ? answered(outcome) : unanswered(outcome);
  // Their campaigns only dial out.
  return outcome.direction === "outbound" ? told : roughly(told.value);
}

/** Undefined for a name that is not theirs, or that covers several of ours. */
export function fromCallr(status: string, resultCode?: string | null): EndReason | undefined {
  if (status === "ABSENT/VOICEMAIL_DETECTED" && resultCode?.startsWith("VOICEMAIL_"))
    return "AGENT_HUNG_UP_VOICEMAIL_DETECTED";
  if (status.startsWith("ANSWERED/") && resultCode === "HANGUP") return "USER_HUNG_UP_IN_CALL";
  if (!Object.hasOwn(FROM_CALLR, status)) return undefined;
  return FROM_CALLR[status as CallrStatus] ?? undefined;
}

function answered(outcome: KnownOutcome): Translation<CallrCall> {
  const { endReason, endedBy, message } = outcome;
  if (!endReasonRow(endReason).finalStates.includes("ended")) return roughly(generic);
  if (reachedMachine(outcome))
    return exactly({ status: "ABSENT/VOICEMAIL_DETECTED", resultCode: machineCode(message) });
  const resultCode = endedBy === "user" ? "HANGUP" : null;
  if (message)
    return exactly({
      status: message.complete ? "ANSWERED/COMPLETE" : "ANSWERED/INCOMPLETE",
      resultCode,
    });
  return roughly({ status: WITHOUT_MESSAGE[endReason as AnsweredReason], resultCode });
}

function unanswered({ endReason }: KnownOutcome): Translation<CallrCall> {
  if (!Object.hasOwn(UNANSWERED, endReason)) return roughly(generic);
  const { value, exact } = UNANSWERED[endReason as UnansweredReason];
  return { value: { status: value, resultCode: null }, exact };
}

function machineCode(message: MessageProgress | undefined): CallrResultCode | null {
  if (!message) return null;
  return message.complete ? "VOICEMAIL_COMPLETE" : "VOICEMAIL_INCOMPLETE";
}
