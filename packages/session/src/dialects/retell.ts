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

export type RetellCallStatus = "registered" | "ongoing" | "ended" | "not_connected" | "error";

/** The 29 disconnection reasons of seed 004, each with the call status of its group. */
export const RETELL_REASONS = {
  user_hangup: "ended",
  agent_hangup: "ended",
  call_transfer: "ended",
  voicemail_reached: "ended",
  ivr_reached: "ended",
  inactivity: "ended",
  max_duration_reached: "ended",
  dial_busy: "not_connected",
  dial_failed: "not_connected",
  dial_no_answer: "not_connected",
  invalid_destination: "not_connected",
  telephony_provider_permission_denied: "not_connected",
  telephony_provider_unavailable: "not_connected",
  sip_routing_error: "not_connected",
  marked_as_spam: "not_connected",
  user_declined: "not_connected",
  concurrency_limit_reached: "error",
  no_valid_payment: "error",
  scam_detected: "error",
  error_llm_websocket_open: "error",
  error_llm_websocket_lost_connection: "error",
  error_llm_websocket_runtime: "error",
  error_llm_websocket_corrupt_payload: "error",
  error_no_audio_received: "error",
  error_asr: "error",
  error_retell: "error",
  error_unknown: "error",
  error_user_not_joined: "error",
  registered_call_timeout: "error",
} as const satisfies Record<string, RetellCallStatus>;

/** Further reasons that only Retell's SDK knows. Their status is that of the call. */
export const RETELL_SDK_REASONS = [
  "no_concurrency_fallback",
  "transfer_bridged",
  "transfer_cancelled",
  "manual_stopped",
  "call_take_over",
] as const;

type SeedReason = keyof typeof RETELL_REASONS;
export type RetellReason = SeedReason | (typeof RETELL_SDK_REASONS)[number];

export interface RetellCall {
  readonly callStatus: RetellCallStatus;
  /** Null until the call is disconnected. */
  readonly disconnectionReason: RetellReason | null;
}

const TO_RETELL = {
  USER_HUNG_UP_IN_CALL: exactly("user_hangup"),
  AGENT_HUNG_UP: exactly("agent_hangup"),
  AGENT_HUNG_UP_SILENCE_DETECTED: exactly("inactivity"),
  AGENT_HUNG_UP_VOICEMAIL_DETECTED: exactly("voicemail_reached"),
  AGENT_HUNG_UP_IVR_DETECTED: exactly("ivr_reached"),
  AGENT_HUNG_UP_FAX_DETECTED: roughly("agent_hangup"),
  AGENT_HUNG_UP_SCREENING_DETECTED: roughly("agent_hangup"),
  AGENT_HUNG_UP_SCAM_DETECTED: exactly("scam_detected"),
  CALL_TRANSFERRED: exactly("call_transfer"),
  MAX_DURATION_REACHED: exactly("max_duration_reached"),
  IDLE_TIMEOUT: roughly("inactivity"),
  NO_AUDIO_RECEIVED: exactly("error_no_audio_received"),
  USER_DID_NOT_PICK_UP: exactly("dial_no_answer"),
  USER_HUNG_UP_RINGING: exactly("user_declined"),
  USER_BUSY: exactly("dial_busy"),
  USER_UNREACHABLE: roughly("dial_no_answer"),
  VOICEMAIL_DETECTED_PRECONNECT: roughly("voicemail_reached"),
  NUMBER_CHANGED: roughly("invalid_destination"),
  SIP_FAILED_WRONG_NUMBER: exactly("invalid_destination"),
  // Their page says that numbers which carriers block show up so.
  SIP_FAILED_NUMBER_BLOCKED: roughly("dial_failed"),
  SIP_FAILED_MARKED_AS_SPAM: exactly("marked_as_spam"),
  SIP_FAILED_AUTHENTICATION: exactly("telephony_provider_permission_denied"),
  SIP_FAILED_PROVIDER_UNAVAILABLE: exactly("telephony_provider_unavailable"),
  SIP_FAILED_ROUTING: exactly("sip_routing_error"),
  SIP_FAILED_MEDIA: roughly("dial_failed"),
  SIP_FAILED_PAYMENT_REQUIRED: exactly("no_valid_payment"),
  SIP_FAILED_UNKNOWN: exactly("dial_failed"),
  CANCELED: roughly("manual_stopped"),
  INVALID_DESTINATION: exactly("invalid_destination"),
  NUMBER_SUPPRESSED: roughly("dial_failed"),
  DIAL_WINDOW_EXPIRED: roughly("registered_call_timeout"),
  MAX_ATTEMPTS_REACHED: roughly("dial_no_answer"),
  CONCURRENCY_LIMIT_EXCEEDED: exactly("concurrency_limit_reached"),
  RATE_LIMIT_EXCEEDED: roughly("concurrency_limit_reached"),
  HEALTHCHECK_FAILED: roughly("telephony_provider_unavailable"),
  REGISTERED_CALL_TIMEOUT: exactly("registered_call_timeout"),
  AGENT_REJECTED: roughly("agent_hangup"),
  RUNTIME_SHUTDOWN: roughly("error_retell"),
  USER_DID_NOT_JOIN: exactly("error_user_not_joined"),
  AGENT_ERROR: roughly("error_unknown"),
  ASR_ERROR: exactly("error_asr"),
  TTS_ERROR: roughly("error_retell"),
  LLM_ERROR: roughly("error_retell"),
  LLM_WEBSOCKET_OPEN_FAILED: exactly("error_llm_websocket_open"),
  LLM_WEBSOCKET_LOST: exactly("error_llm_websocket_lost_connection"),
  LLM_WEBSOCKET_RUNTIME_ERROR: exactly("error_llm_websocket_runtime"),
  LLM_WEBSOCKET_CORRUPT_PAYLOAD: exactly("error_llm_websocket_corrupt_payload"),
  RUNTIME_LOST: exactly("error_unknown"),
  INTERNAL_ERROR: exactly("error_retell"),
} as const satisfies Record<EndReason, Translation<RetellReason>>;

/** Null where one name of theirs covers several of ours. */
const FROM_RETELL: Readonly<Record<RetellReason, EndReason | null>> = {
  user_hangup: "USER_HUNG_UP_IN_CALL",
  agent_hangup: "AGENT_HUNG_UP",
  call_transfer: "CALL_TRANSFERRED",
  voicemail_reached: "AGENT_HUNG_UP_VOICEMAIL_DETECTED",
  ivr_reached: "AGENT_HUNG_UP_IVR_DETECTED",
  inactivity: "AGENT_HUNG_UP_SILENCE_DETECTED",
  max_duration_reached: "MAX_DURATION_REACHED",
  dial_busy: "USER_BUSY",
  dial_failed: "SIP_FAILED_UNKNOWN",
  dial_no_answer: "USER_DID_NOT_PICK_UP",
  invalid_destination: null,
  telephony_provider_permission_denied: "SIP_FAILED_AUTHENTICATION",
  telephony_provider_unavailable: "SIP_FAILED_PROVIDER_UNAVAILABLE",
  sip_routing_error: "SIP_FAILED_ROUTING",
  marked_as_spam: "SIP_FAILED_MARKED_AS_SPAM",
  user_declined: "USER_HUNG_UP_RINGING",
  concurrency_limit_reached: "CONCURRENCY_LIMIT_EXCEEDED",
  no_valid_payment: "SIP_FAILED_PAYMENT_REQUIRED",
  scam_detected: "AGENT_HUNG_UP_SCAM_DETECTED",
  error_llm_websocket_open: "LLM_WEBSOCKET_OPEN_FAILED",
  error_llm_websocket_lost_connection: "LLM_WEBSOCKET_LOST",
  error_llm_websocket_runtime: "LLM_WEBSOCKET_RUNTIME_ERROR",
  error_llm_websocket_corrupt_payload: "LLM_WEBSOCKET_CORRUPT_PAYLOAD",
  error_no_audio_received: "NO_AUDIO_RECEIVED",
  error_asr: "ASR_ERROR",
  error_retell: "INTERNAL_ERROR",
  error_unknown: null,
  error_user_not_joined: "USER_DID_NOT_JOIN",
  registered_call_timeout: "REGISTERED_CALL_TIMEOUT",
  no_concurrency_fallback: "CONCURRENCY_LIMIT_EXCEEDED",
  transfer_bridged: "CALL_TRANSFERRED",
  transfer_cancelled: null,
  manual_stopped: null,
  call_take_over: null,
};

const PHASES = {
  pending: "registered",
  dialing: "registered",
  ringing: "registered",
  active: "ongoing",
} as const satisfies Record<OngoingPhase, RetellCallStatus>;

/** Their page gives these words to outbound calls only. */
const outboundOnly: readonly RetellReason[] = ["dial_busy", "dial_failed", "dial_no_answer"];

/** Seed 004. */
export function toRetell(call: CallView, options: TranslateOptions = {}): Translation<RetellCall> {
  if (isOngoing(call.phase)) {
    // While a call rings theirs is still only registered, which says less.
    const value = { callStatus: PHASES[call.phase], disconnectionReason: null };
    return { value, exact: call.phase === "pending" || call.phase === "active" };
  }
  const outcome = knownOutcome(call, "retell", options);
  if (!outcome)
    return {
      value: { callStatus: RETELL_REASONS.error_unknown, disconnectionReason: "error_unknown" },
      exact: false,
    };
  const { value: disconnectionReason, exact } = reasonOf(outcome);
  return {
    value: { callStatus: statusOf(disconnectionReason, outcome), disconnectionReason },
    exact,
  };
}

/** Undefined for a name that is not theirs, or that covers several of ours. */
export function fromRetell(disconnectionReason: string): EndReason | undefined {
  if (!Object.hasOwn(FROM_RETELL, disconnectionReason)) return undefined;
  return FROM_RETELL[disconnectionReason as RetellReason] ?? undefined;
}

function reasonOf({ endReason, endedBy, direction }: KnownOutcome): Translation<RetellReason> {
  // Stopped through the API in mid-conversation: nobody in the call hung up.
  if (endReason === "AGENT_HUNG_UP" && endedBy === "api") return exactly("manual_stopped");
  const told: Translation<RetellReason> = TO_RETELL[endReason];
  if (direction === "outbound") return told;
  // A caller who gave up before we answered declined nothing.
  if (endReason === "USER_HUNG_UP_RINGING") return roughly("user_hangup");
  return outboundOnly.includes(told.value) ? roughly(told.value) : told;
}

function statusOf(reason: RetellReason, { finalState }: KnownOutcome): RetellCallStatus {
  if (isSeedReason(reason)) return RETELL_REASONS[reason];
  return finalState === "ended" ? "ended" : "not_connected";
}

function isSeedReason(reason: RetellReason): reason is SeedReason {
  return Object.hasOwn(RETELL_REASONS, reason);
}
