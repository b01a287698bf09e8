import { describe, expect, it } from "vitest";
import { END_REASONS, type EndReason } from "../call/end-reason.js";
import { plainOutcome } from "./plain-outcome.js";
import { fromRetell, RETELL_REASONS, RETELL_SDK_REASONS, toRetell } from "./retell.js";
import { callOf } from "./translation.js";

/**
 * Seed 004 row by row: their reason, the call status of its group, ours that mean exactly this, and
 * ours that it is only the nearest word for.
 */
const rows: readonly (readonly [string, string, readonly EndReason[], readonly EndReason[]])[] = [
  ["user_hangup", "ended", ["USER_HUNG_UP_IN_CALL"], []],
  [
    "agent_hangup",
    "ended",
    ["AGENT_HUNG_UP"],
    ["AGENT_HUNG_UP_FAX_DETECTED", "AGENT_HUNG_UP_SCREENING_DETECTED", "AGENT_REJECTED"],
  ],
  ["call_transfer", "ended", ["CALL_TRANSFERRED"], []],
  [
    "voicemail_reached",
    "ended",
    ["AGENT_HUNG_UP_VOICEMAIL_DETECTED"],
    ["VOICEMAIL_DETECTED_PRECONNECT"],
  ],
  ["ivr_reached", "ended", ["AGENT_HUNG_UP_IVR_DETECTED"], []],
  ["inactivity", "ended", ["AGENT_HUNG_UP_SILENCE_DETECTED"], ["IDLE_TIMEOUT"]],
  ["max_duration_reached", "ended", ["MAX_DURATION_REACHED"], []],
  ["dial_busy", "not_connected", ["USER_BUSY"], []],
  [
    "dial_failed",
    "not_connected",
    ["SIP_FAILED_UNKNOWN"],
    ["SIP_FAILED_NUMBER_BLOCKED", "SIP_FAILED_MEDIA", "NUMBER_SUPPRESSED"],
  ],
  [
    "dial_no_answer",
    "not_connected",
    ["USER_DID_NOT_PICK_UP"],
    ["USER_UNREACHABLE", "MAX_ATTEMPTS_REACHED"],
  ],
  [
    "invalid_destination",
    "not_connected",
    ["INVALID_DESTINATION", "SIP_FAILED_WRONG_NUMBER"],
    ["NUMBER_CHANGED"],
  ],
  ["telephony_provider_permission_denied", "not_connected", ["SIP_FAILED_AUTHENTICATION"], []],
  [
    "telephony_provider_unavailable",
    "not_connected",
    ["SIP_FAILED_PROVIDER_UNAVAILABLE"],
    ["HEALTHCHECK_FAILED"],
  ],
  ["sip_routing_error", "not_connected", ["SIP_FAILED_ROUTING"], []],
  ["marked_as_spam", "not_connected", ["SIP_FAILED_MARKED_AS_SPAM"], []],
  ["user_declined", "not_connected", ["USER_HUNG_UP_RINGING"], []],
  ["concurrency_limit_reached", "error", ["CONCURRENCY_LIMIT_EXCEEDED"], ["RATE_LIMIT_EXCEEDED"]],
  ["no_valid_payment", "error", ["SIP_FAILED_PAYMENT_REQUIRED"], []],
  ["scam_detected", "error", ["AGENT_HUNG_UP_SCAM_DETECTED"], []],
  ["error_llm_websocket_open", "error", ["LLM_WEBSOCKET_OPEN_FAILED"], []],
  ["error_llm_websocket_lost_connection", "error", ["LLM_WEBSOCKET_LOST"], []],
  ["error_llm_websocket_runtime", "error", ["LLM_WEBSOCKET_RUNTIME_ERROR"], []],
  ["error_llm_websocket_corrupt_payload", "error", ["LLM_WEBSOCKET_CORRUPT_PAYLOAD"], []],
  ["error_no_audio_received", "error", ["NO_AUDIO_RECEIVED"], []],
  ["error_asr", "error", ["ASR_ERROR"], []],
  ["error_retell", "error", ["INTERNAL_ERROR"], ["RUNTIME_SHUTDOWN", "TTS_ERROR", "LLM_ERROR"]],
  ["error_unknown", "error", ["RUNTIME_LOST"], ["AGENT_ERROR"]],
  ["error_user_not_joined", "error", ["USER_DID_NOT_JOIN"], []],
  ["registered_call_timeout", "error", ["REGISTERED_CALL_TIMEOUT"], ["DIAL_WINDOW_EXPIRED"]],
];

/** What their page cannot tell apart, or leaves open, has no way back. */
const oneWay = ["invalid_destination", "error_unknown"];

describe("a call in Retell's words", () => {
  it("knows the 29 reasons of seed 004 in their three groups", () => {
    expect(Object.entries(RETELL_REASONS)).toEqual(rows.map(([name, status]) => [name, status]));
    expect(rows).toHaveLength(29);
  });

  it.each(rows)("ends with %s as %s", (disconnectionReason, callStatus, exact, near) => {
    const value = { callStatus, disconnectionReason };
    for (const endReason of exact)
      expect(toRetell(callOf(plainOutcome(endReason)))).toEqual({ value, exact: true });
    for (const endReason of near)
      expect(toRetell(callOf(plainOutcome(endReason)))).toEqual({ value, exact: false });
    const back = oneWay.includes(disconnectionReason) ? undefined : exact[0];
    expect(fromRetell(disconnectionReason)).toBe(back);
  });

  it("leaves only a withdrawn call to the SDK's further reasons", () => {
    const told = rows.flatMap(([, , exact, near]) => [...exact, ...near]);
    const rest = (Object.keys(END_REASONS) as EndReason[]).filter((r) => !told.includes(r));
    expect(rest).toEqual(["CANCELED"]);
    expect(toRetell(callOf(plainOutcome("CANCELED")))).toEqual({
      value: { callStatus: "not_connected", disconnectionReason: "manual_stopped" },
      exact: false,
    });
  });

  it("tells an end through the API in mid-conversation as stopped", () => {
    const stopped = { ...plainOutcome("AGENT_HUNG_UP"), endedBy: "api" } as const;
    expect(toRetell(callOf(stopped))).toEqual({
      value: { callStatus: "ended", disconnectionReason: "manual_stopped" },
      exact: true,
    });
  });

  it.each([
    ["pending", "registered", true],
    ["dialing", "registered", false],
    ["ringing", "registered", false],
    ["active", "ongoing", true],
  ] as const)("that is %s is %s", (phase, callStatus, exact) => {
    const value = { callStatus, disconnectionReason: null };
    expect(toRetell({ direction: "outbound", phase })).toEqual({ value, exact });
  });

  it("calls a caller who gave up no decliner", () => {
    const inbound = callOf(plainOutcome("USER_HUNG_UP_RINGING", { direction: "inbound" }));
    expect(toRetell(inbound)).toEqual({
      value: { callStatus: "ended", disconnectionReason: "user_hangup" },
      exact: false,
    });
  });

  it.each([
    ["USER_BUSY", "dial_busy"],
    ["SIP_FAILED_UNKNOWN", "dial_failed"],
    ["USER_DID_NOT_PICK_UP", "dial_no_answer"],
  ] as const)("has no word of its own for %s of an inbound call", (endReason, reason) => {
    const told = toRetell(callOf(plainOutcome(endReason, { direction: "inbound" })));
    expect(told.value.disconnectionReason).toBe(reason);
    expect(told.exact).toBe(false);
  });

  it("knows the words of inbound calls that both directions share", () => {
    const told = toRetell(callOf(plainOutcome("MAX_DURATION_REACHED", { direction: "inbound" })));
    expect(told.exact).toBe(true);
  });

  it.each([
    ["no_concurrency_fallback", "CONCURRENCY_LIMIT_EXCEEDED"],
    ["transfer_bridged", "CALL_TRANSFERRED"],
    ["transfer_cancelled", undefined],
    ["manual_stopped", undefined],
    ["call_take_over", undefined],
    ["something_new", undefined],
  ])("reads the SDK's %s as %s", (name, endReason) => {
    expect(fromRetell(name)).toBe(endReason);
  });

  it("lists the SDK's further reasons", () => {
    expect(RETELL_SDK_REASONS).toEqual([
      "no_concurrency_fallback",
      "transfer_bridged",
      "transfer_cancelled",
      "manual_stopped",
      "call_take_over",
    ]);
  });
});
