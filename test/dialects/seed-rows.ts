import type { EndReason } from "@offhook/session";
import type { DialectName } from "@offhook/session/dialects";
import type { ScenarioName } from "./scenarios.js";

/** One value of another system's vocabulary, and the call that brings it about. */
export type SeedRow =
  | {
      readonly dialect: DialectName;
      readonly value: string;
      /** Absent for what a call says while it goes on. */
      readonly endReason?: EndReason;
      readonly call: ScenarioName;
    }
  /** No call on one machine can bring it about yet. Not faked. */
  | {
      readonly dialect: DialectName;
      readonly value: string;
      readonly endReason?: EndReason;
      readonly waitsFor: string;
    };

type Reached = readonly [value: string, call: ScenarioName, endReason?: EndReason];
type Waiting = readonly [value: string, waitsFor: string, endReason?: EndReason];

function rows(
  dialect: DialectName,
  reached: readonly Reached[],
  waiting: readonly Waiting[] = [],
): readonly SeedRow[] {
  const ended = (endReason: EndReason | undefined) => (endReason ? { endReason } : {});
  return [
    ...reached.map(([value, call, reason]) => ({ dialect, value, call, ...ended(reason) })),
    ...waiting.map(([value, waitsFor, reason]) => ({
      dialect,
      value,
      waitsFor,
      ...ended(reason),
    })),
  ];
}

const severalNumbers = "several numbers per contact";
const heard = "picked up, hears the whole message, hangs up";

/** Every value of the five documents. */
export const SEED_ROWS: readonly SeedRow[] = [
  ...rows("unpod", [
    ["status pending", heard],
    ["state dialing", heard],
    ["state ringing", heard],
    ["status ringing", heard],
    ["state active", heard],
    ["status active", heard],
    ["state ended", heard, "USER_HUNG_UP_IN_CALL"],
    ["status completed", heard, "USER_HUNG_UP_IN_CALL"],
    ["state not_connected", "busy", "USER_BUSY"],
    ["status failed", "busy", "USER_BUSY"],
    ["state canceled", "withdrawn while ringing", "CANCELED"],
    ["USER_HUNG_UP_IN_CALL", heard, "USER_HUNG_UP_IN_CALL"],
    ["USER_DID_NOT_PICK_UP", "rings out", "USER_DID_NOT_PICK_UP"],
    ["USER_HUNG_UP_RINGING", "declined", "USER_HUNG_UP_RINGING"],
    [
      "AGENT_HUNG_UP_SILENCE_DETECTED",
      "says hello and falls silent",
      "AGENT_HUNG_UP_SILENCE_DETECTED",
    ],
    [
      "AGENT_HUNG_UP_VOICEMAIL_DETECTED",
      "voicemail, the message is left",
      "AGENT_HUNG_UP_VOICEMAIL_DETECTED",
    ],
    [
      "VOICEMAIL_DETECTED_PRECONNECT",
      "user unavailable after 20 s of ringing",
      "VOICEMAIL_DETECTED_PRECONNECT",
    ],
    ["MAX_DURATION_REACHED", "never stops talking", "MAX_DURATION_REACHED"],
    ["IDLE_TIMEOUT", "audio stops for good", "IDLE_TIMEOUT"],
    ["SIP_FAILED_WRONG_NUMBER", "no such number", "SIP_FAILED_WRONG_NUMBER"],
    ["SIP_FAILED_NUMBER_BLOCKED", "blocked by the carrier", "SIP_FAILED_NUMBER_BLOCKED"],
  ]),
  ...rows(
    "callr",
    [
      ["ANSWERED/COMPLETE", heard, "USER_HUNG_UP_IN_CALL"],
      [
        "ANSWERED/INCOMPLETE",
        "picked up, hangs up in the middle of the message",
        "USER_HUNG_UP_IN_CALL",
      ],
      ["ABSENT/BUSY", "busy", "USER_BUSY"],
      ["ABSENT/NO_ANSWER", "rings out", "USER_DID_NOT_PICK_UP"],
      [
        "ABSENT/VOICEMAIL_DETECTED",
        "user unavailable after 20 s of ringing",
        "VOICEMAIL_DETECTED_PRECONNECT",
      ],
      ["ERROR/REJECTED", "declined", "USER_HUNG_UP_RINGING"],
      ["ERROR/UNALLOCATED_NUMBER", "no such number", "SIP_FAILED_WRONG_NUMBER"],
      ["ERROR/OTHER", "refused for no known reason", "SIP_FAILED_UNKNOWN"],
      ["HANGUP", heard, "USER_HUNG_UP_IN_CALL"],
      ["VOICEMAIL_COMPLETE", "voicemail, the message is left", "AGENT_HUNG_UP_VOICEMAIL_DETECTED"],
      [
        "VOICEMAIL_INCOMPLETE",
        "voicemail, the machine hangs up in the middle of the message",
        "AGENT_HUNG_UP_VOICEMAIL_DETECTED",
      ],
    ],
    [["ERROR/BLACKLISTED", "a do-not-call list", "NUMBER_SUPPRESSED"]],
  ),
  ...rows(
    "recho",
    [
      ["OUTBOUND_CALL_PENDING PENDING", heard],
      ["OUTBOUND_CALL_REQUESTED REQUESTED", heard],
      ["OUTBOUND_CALL_CALLING CALLING", heard],
      ["OUTBOUND_CALL_CLOSING CLOSING", heard],
      ["OUTBOUND_CALL_COMPLETED COMPLETED", heard, "USER_HUNG_UP_IN_CALL"],
      ["OUTBOUND_CALL_NO_RESPONSE NO_RESPONSE", "rings out", "USER_DID_NOT_PICK_UP"],
      ["OUTBOUND_CALL_CANCELED CANCELED", "withdrawn before dialing", "CANCELED"],
      ["OUTBOUND_CALL_BUSY BUSY", "busy", "USER_BUSY"],
      ["OUTBOUND_CALL_UNREACHABLE UNREACHABLE", "phone is off", "USER_UNREACHABLE"],
      ["OUTBOUND_CALL_ERROR ERROR", "provider down", "SIP_FAILED_PROVIDER_UNAVAILABLE"],
      [
        "OUTBOUND_CALL_ERROR VOICEMAIL_REACHED",
        "user unavailable after 20 s of ringing",
        "VOICEMAIL_DETECTED_PRECONNECT",
      ],
      [
        "OUTBOUND_CALL_ERROR LIMIT_REACHED",
        "more calls than the rate allows",
        "RATE_LIMIT_EXCEEDED",
      ],
      ["OUTBOUND_CALL_ERROR CONNECTING", "no response at all", "SIP_FAILED_PROVIDER_UNAVAILABLE"],
      [
        "OUTBOUND_CALL_ERROR CONCURRENCY_LIMIT_EXCEEDED",
        "one call too many",
        "CONCURRENCY_LIMIT_EXCEEDED",
      ],
      [
        "OUTBOUND_CALL_ERROR HEALTHCHECK_FAILED",
        "the trunk failed its check",
        "HEALTHCHECK_FAILED",
      ],
      ["INBOUND_CALL_CONNECTING CONNECTING", "a caller talks and hangs up"],
      ["INBOUND_CALL_CALLING CALLING", "a caller talks and hangs up"],
      ["INBOUND_CALL_CLOSING CLOSING", "a caller talks and hangs up"],
      ["INBOUND_CALL_COMPLETED COMPLETED", "a caller talks and hangs up", "USER_HUNG_UP_IN_CALL"],
      [
        "INBOUND_CALL_CONCURRENCY_LIMIT_EXCEEDED CONCURRENCY_LIMIT_EXCEEDED",
        "a caller too many",
        "CONCURRENCY_LIMIT_EXCEEDED",
      ],
      ["INBOUND_CALL_ERROR ERROR", "a caller whose agent fails", "AGENT_ERROR"],
    ],
    [
      ["OUTBOUND_CALL_EXPIRED EXPIRED", "dial windows", "DIAL_WINDOW_EXPIRED"],
      ["OUTBOUND_CALL_MAX_ATTEMPTS_REACHED MAX_ATTEMPTS_REACHED", "redial", "MAX_ATTEMPTS_REACHED"],
    ],
  ),
  ...rows(
    "messenger",
    [
      ["Queued", heard],
      ["Ringing", heard],
      ["In-progress", heard],
      ["Completed", heard, "USER_HUNG_UP_IN_CALL"],
      ["Failed", "no such number", "SIP_FAILED_WRONG_NUMBER"],
      ["No-answer", "rings out", "USER_DID_NOT_PICK_UP"],
      ["Cancelled", "withdrawn while ringing", "CANCELED"],
      ["Busy", "busy", "USER_BUSY"],
      ["Outgoing", "announced as changed", "NUMBER_CHANGED"],
      ["Far End Disconnect", "announced as temporarily unavailable", "USER_UNREACHABLE"],
      ["Network Disconnect", "announced as not in service", "SIP_FAILED_WRONG_NUMBER"],
      ["Connected – Answered", "asked for a key and presses one", "AGENT_HUNG_UP"],
      [
        "Connected - Answer machine",
        "voicemail, with a machine message set",
        "AGENT_HUNG_UP_VOICEMAIL_DETECTED",
      ],
      [
        "Connected - No response",
        "asked for a key and puts the phone down",
        "USER_HUNG_UP_IN_CALL",
      ],
    ],
    [
      ["TryNumber1", severalNumbers],
      ["TryNumber2", severalNumbers],
      ["TryNumber3", severalNumbers],
    ],
  ),
  ...rows(
    "retell",
    [
      ["user_hangup", heard, "USER_HUNG_UP_IN_CALL"],
      ["agent_hangup", "picked up, the agent hangs up", "AGENT_HUNG_UP"],
      ["call_transfer", "transferred to somebody else", "CALL_TRANSFERRED"],
      ["voicemail_reached", "voicemail, the message is left", "AGENT_HUNG_UP_VOICEMAIL_DETECTED"],
      ["ivr_reached", "a menu answers", "AGENT_HUNG_UP_IVR_DETECTED"],
      ["inactivity", "says hello and falls silent", "AGENT_HUNG_UP_SILENCE_DETECTED"],
      ["max_duration_reached", "never stops talking", "MAX_DURATION_REACHED"],
      ["dial_busy", "busy", "USER_BUSY"],
      ["dial_failed", "refused for no known reason", "SIP_FAILED_UNKNOWN"],
      ["dial_no_answer", "rings out", "USER_DID_NOT_PICK_UP"],
      ["invalid_destination", "not a number", "INVALID_DESTINATION"],
      [
        "telephony_provider_permission_denied",
        "our password is refused",
        "SIP_FAILED_AUTHENTICATION",
      ],
      ["telephony_provider_unavailable", "provider down", "SIP_FAILED_PROVIDER_UNAVAILABLE"],
      ["sip_routing_error", "routing loop", "SIP_FAILED_ROUTING"],
      ["marked_as_spam", "unwanted", "SIP_FAILED_MARKED_AS_SPAM"],
      ["user_declined", "declined", "USER_HUNG_UP_RINGING"],
      ["concurrency_limit_reached", "one call too many", "CONCURRENCY_LIMIT_EXCEEDED"],
      ["no_valid_payment", "payment required", "SIP_FAILED_PAYMENT_REQUIRED"],
      ["scam_detected", "a scam", "AGENT_HUNG_UP_SCAM_DETECTED"],
      ["error_llm_websocket_open", "the model's socket does not open", "LLM_WEBSOCKET_OPEN_FAILED"],
      ["error_llm_websocket_lost_connection", "the model's socket drops", "LLM_WEBSOCKET_LOST"],
      ["error_llm_websocket_runtime", "the model's server fails", "LLM_WEBSOCKET_RUNTIME_ERROR"],
      [
        "error_llm_websocket_corrupt_payload",
        "the model's server talks nonsense",
        "LLM_WEBSOCKET_CORRUPT_PAYLOAD",
      ],
      ["error_no_audio_received", "audio never starts", "NO_AUDIO_RECEIVED"],
      ["error_asr", "the transcriber fails", "ASR_ERROR"],
      ["error_retell", "offhook itself fails", "INTERNAL_ERROR"],
      ["error_user_not_joined", "nobody joins the web call", "USER_DID_NOT_JOIN"],
      ["registered_call_timeout", "created and not placed in time", "REGISTERED_CALL_TIMEOUT"],
      ["status registered", heard],
      ["status ongoing", heard],
      ["status ended", heard, "USER_HUNG_UP_IN_CALL"],
      ["status not_connected", "busy", "USER_BUSY"],
      ["status error", "audio never starts", "NO_AUDIO_RECEIVED"],
      ["manual_stopped", "picked up, the program stops the call", "AGENT_HUNG_UP"],
    ],
    [["error_unknown", "recovery after a crash", "RUNTIME_LOST"]],
  ),
];
