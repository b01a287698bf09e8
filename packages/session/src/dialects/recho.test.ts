import { describe, expect, it } from "vitest";
import { END_REASONS, type EndReason } from "../call/end-reason.js";
import { plainOutcome } from "./plain-outcome.js";
import { fromRecho, RECHO_INBOUND, RECHO_OUTBOUND, toRecho } from "./recho.js";
import { callOf } from "./translation.js";

type Reasons = readonly EndReason[];

/** Seed 002, outbound: callStatus, eventType, ours that mean exactly this, and ours nearest to it. */
const outbound: readonly (readonly [string, string, Reasons, Reasons])[] = [
  ["PENDING", "OUTBOUND_CALL_PENDING", [], []],
  ["REQUESTED", "OUTBOUND_CALL_REQUESTED", [], []],
  ["CALLING", "OUTBOUND_CALL_CALLING", [], []],
  ["CLOSING", "OUTBOUND_CALL_CLOSING", [], []],
  [
    "COMPLETED",
    "OUTBOUND_CALL_COMPLETED",
    [
      "USER_HUNG_UP_IN_CALL",
      "AGENT_HUNG_UP",
      "AGENT_HUNG_UP_SILENCE_DETECTED",
      "AGENT_HUNG_UP_IVR_DETECTED",
      "AGENT_HUNG_UP_FAX_DETECTED",
      "AGENT_HUNG_UP_SCREENING_DETECTED",
      "AGENT_HUNG_UP_SCAM_DETECTED",
      "CALL_TRANSFERRED",
      "MAX_DURATION_REACHED",
    ],
    [],
  ],
  ["EXPIRED", "OUTBOUND_CALL_EXPIRED", ["DIAL_WINDOW_EXPIRED"], ["REGISTERED_CALL_TIMEOUT"]],
  [
    "NO_RESPONSE",
    "OUTBOUND_CALL_NO_RESPONSE",
    ["USER_DID_NOT_PICK_UP"],
    ["USER_HUNG_UP_RINGING", "USER_DID_NOT_JOIN"],
  ],
  ["CANCELED", "OUTBOUND_CALL_CANCELED", [], ["CANCELED"]],
  ["BUSY", "OUTBOUND_CALL_BUSY", ["USER_BUSY"], []],
  ["UNREACHABLE", "OUTBOUND_CALL_UNREACHABLE", ["USER_UNREACHABLE"], []],
  ["MAX_ATTEMPTS_REACHED", "OUTBOUND_CALL_MAX_ATTEMPTS_REACHED", ["MAX_ATTEMPTS_REACHED"], []],
  [
    "ERROR",
    "OUTBOUND_CALL_ERROR",
    [
      "IDLE_TIMEOUT",
      "NO_AUDIO_RECEIVED",
      "SIP_FAILED_AUTHENTICATION",
      "SIP_FAILED_PROVIDER_UNAVAILABLE",
      "SIP_FAILED_ROUTING",
      "SIP_FAILED_MEDIA",
      "SIP_FAILED_PAYMENT_REQUIRED",
      "SIP_FAILED_UNKNOWN",
      "RUNTIME_SHUTDOWN",
      "AGENT_ERROR",
      "ASR_ERROR",
      "TTS_ERROR",
      "LLM_ERROR",
      "LLM_WEBSOCKET_OPEN_FAILED",
      "LLM_WEBSOCKET_LOST",
      "LLM_WEBSOCKET_RUNTIME_ERROR",
      "LLM_WEBSOCKET_CORRUPT_PAYLOAD",
      "RUNTIME_LOST",
      "INTERNAL_ERROR",
    ],
    [
      "NUMBER_CHANGED",
      "SIP_FAILED_WRONG_NUMBER",
      "SIP_FAILED_NUMBER_BLOCKED",
      "SIP_FAILED_MARKED_AS_SPAM",
      "INVALID_DESTINATION",
      "NUMBER_SUPPRESSED",
      "AGENT_REJECTED",
    ],
  ],
  [
    "VOICEMAIL_REACHED",
    "OUTBOUND_CALL_ERROR",
    ["AGENT_HUNG_UP_VOICEMAIL_DETECTED", "VOICEMAIL_DETECTED_PRECONNECT"],
    [],
  ],
  ["HEALTHCHECK_FAILED", "OUTBOUND_CALL_ERROR", ["HEALTHCHECK_FAILED"], []],
  ["LIMIT_REACHED", "OUTBOUND_CALL_ERROR", ["RATE_LIMIT_EXCEEDED"], []],
  ["CONNECTING", "OUTBOUND_CALL_ERROR", [], []],
  ["CONCURRENCY_LIMIT_EXCEEDED", "OUTBOUND_CALL_ERROR", ["CONCURRENCY_LIMIT_EXCEEDED"], []],
];

/** Seed 002, inbound. What is listed for no other status is an ERROR. */
const inbound: readonly (readonly [string, string, Reasons, Reasons])[] = [
  ["CONNECTING", "INBOUND_CALL_CONNECTING", [], []],
  ["CALLING", "INBOUND_CALL_CALLING", [], []],
  ["CLOSING", "INBOUND_CALL_CLOSING", [], []],
  [
    "COMPLETED",
    "INBOUND_CALL_COMPLETED",
    [
      "USER_HUNG_UP_IN_CALL",
      "AGENT_HUNG_UP",
      "AGENT_HUNG_UP_SILENCE_DETECTED",
      "AGENT_HUNG_UP_VOICEMAIL_DETECTED",
      "AGENT_HUNG_UP_IVR_DETECTED",
      "AGENT_HUNG_UP_FAX_DETECTED",
      "AGENT_HUNG_UP_SCREENING_DETECTED",
      "AGENT_HUNG_UP_SCAM_DETECTED",
      "CALL_TRANSFERRED",
      "MAX_DURATION_REACHED",
    ],
    ["USER_HUNG_UP_RINGING", "AGENT_REJECTED"],
  ],
  [
    "CONCURRENCY_LIMIT_EXCEEDED",
    "INBOUND_CALL_CONCURRENCY_LIMIT_EXCEEDED",
    ["CONCURRENCY_LIMIT_EXCEEDED"],
    ["RATE_LIMIT_EXCEEDED"],
  ],
  [
    "ERROR",
    "INBOUND_CALL_ERROR",
    [
      "IDLE_TIMEOUT",
      "NO_AUDIO_RECEIVED",
      "SIP_FAILED_AUTHENTICATION",
      "SIP_FAILED_PROVIDER_UNAVAILABLE",
      "SIP_FAILED_ROUTING",
      "SIP_FAILED_MEDIA",
      "SIP_FAILED_PAYMENT_REQUIRED",
      "SIP_FAILED_UNKNOWN",
      "RUNTIME_SHUTDOWN",
      "AGENT_ERROR",
      "ASR_ERROR",
      "TTS_ERROR",
      "LLM_ERROR",
      "LLM_WEBSOCKET_OPEN_FAILED",
      "LLM_WEBSOCKET_LOST",
      "LLM_WEBSOCKET_RUNTIME_ERROR",
      "LLM_WEBSOCKET_CORRUPT_PAYLOAD",
      "RUNTIME_LOST",
      "INTERNAL_ERROR",
    ],
    [
      "USER_DID_NOT_PICK_UP",
      "USER_BUSY",
      "USER_UNREACHABLE",
      "VOICEMAIL_DETECTED_PRECONNECT",
      "NUMBER_CHANGED",
      "SIP_FAILED_WRONG_NUMBER",
      "SIP_FAILED_NUMBER_BLOCKED",
      "SIP_FAILED_MARKED_AS_SPAM",
      "CANCELED",
      "INVALID_DESTINATION",
      "NUMBER_SUPPRESSED",
      "DIAL_WINDOW_EXPIRED",
      "MAX_ATTEMPTS_REACHED",
      "HEALTHCHECK_FAILED",
      "REGISTERED_CALL_TIMEOUT",
      "USER_DID_NOT_JOIN",
    ],
  ],
];

describe.each([
  ["outbound", outbound, RECHO_OUTBOUND],
  ["inbound", inbound, RECHO_INBOUND],
] as const)("an %s call in Recho's words", (direction, rows, table) => {
  it("knows the statuses of seed 002 and the event of each", () => {
    expect(Object.entries(table)).toEqual(rows.map(([status, event]) => [status, event]));
  });

  it.each(rows.filter(([, , exact, near]) => exact.length + near.length > 0))(
    "ends as %s in %s",
    (callStatus, eventType, exact, near) => {
      const told = (endReason: EndReason) =>
        toRecho(callOf(plainOutcome(endReason, { direction })));
      const value = { callStatus, eventType };
      for (const reason of exact) expect(told(reason), reason).toEqual({ value, exact: true });
      for (const reason of near) expect(told(reason), reason).toEqual({ value, exact: false });
    },
  );

  it("leaves no reason out and tells none twice", () => {
    const told = rows.flatMap(([, , exact, near]) => [...exact, ...near]);
    expect(told.toSorted()).toEqual(Object.keys(END_REASONS).toSorted());
  });

  it("closes while its hooks run, whatever the reason", () => {
    const call = { ...callOf(plainOutcome("USER_BUSY", { direction })), phase: "closing" } as const;
    const eventType = `${direction.toUpperCase()}_CALL_CLOSING`;
    expect(toRecho(call)).toEqual({ value: { callStatus: "CLOSING", eventType }, exact: true });
  });
});

describe("a call that goes on, in Recho's words,", () => {
  it.each([
    ["outbound", "pending", "PENDING"],
    ["outbound", "dialing", "REQUESTED"],
    ["outbound", "ringing", "CALLING"],
    ["outbound", "active", "CALLING"],
    ["inbound", "pending", "CONNECTING"],
    ["inbound", "dialing", "CONNECTING"],
    ["inbound", "ringing", "CONNECTING"],
    ["inbound", "active", "CALLING"],
  ] as const)("%s and %s is %s", (direction, phase, callStatus) => {
    const eventType = `${direction.toUpperCase()}_CALL_${callStatus}`;
    const told = toRecho({ direction, phase });
    expect(told).toEqual({ value: { callStatus, eventType }, exact: true });
  });
});

describe("an outbound call that failed, in Recho's words,", () => {
  it("was still connecting when nothing came back at all", () => {
    const { sip: _, ...silent } = plainOutcome("SIP_FAILED_PROVIDER_UNAVAILABLE");
    expect(toRecho(callOf(silent))).toEqual({
      value: { callStatus: "CONNECTING", eventType: "OUTBOUND_CALL_ERROR" },
      exact: true,
    });
  });

  it("was canceled as they mean it only from PENDING", () => {
    const early = {
      ...plainOutcome("CANCELED"),
      states: [
        { state: "pending", atMs: 0 },
        { state: "canceled", atMs: 5 },
      ],
    } as const;
    expect(toRecho(callOf(early)).exact).toBe(true);
    expect(toRecho(callOf(plainOutcome("CANCELED"))).exact).toBe(false);
  });
});

describe("a name of Recho's", () => {
  it.each([
    ["EXPIRED", "DIAL_WINDOW_EXPIRED"],
    ["NO_RESPONSE", "USER_DID_NOT_PICK_UP"],
    ["CANCELED", "CANCELED"],
    ["BUSY", "USER_BUSY"],
    ["UNREACHABLE", "USER_UNREACHABLE"],
    ["MAX_ATTEMPTS_REACHED", "MAX_ATTEMPTS_REACHED"],
    ["HEALTHCHECK_FAILED", "HEALTHCHECK_FAILED"],
    ["LIMIT_REACHED", "RATE_LIMIT_EXCEEDED"],
    ["CONNECTING", "SIP_FAILED_PROVIDER_UNAVAILABLE"],
    ["CONCURRENCY_LIMIT_EXCEEDED", "CONCURRENCY_LIMIT_EXCEEDED"],
  ])("%s means %s", (status, endReason) => {
    expect(fromRecho(status)).toBe(endReason);
  });

  it.each([
    "PENDING",
    "REQUESTED",
    "CALLING",
    "CLOSING",
    "COMPLETED",
    "ERROR",
    "VOICEMAIL_REACHED",
    "NEW",
  ])("%s names no one end of ours", (status) => {
    expect(fromRecho(status)).toBeUndefined();
  });
});
