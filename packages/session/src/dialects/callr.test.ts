import { describe, expect, it } from "vitest";
import { END_REASONS, type EndReason, endReasonRow } from "../call/end-reason.js";
import type { CallOutcome } from "../call/outcome.js";
import type { MessageProgress, Verdict } from "../vocabulary.js";
import { CALLR_RESULT_CODES, CALLR_STATUSES, fromCallr, toCallr } from "./callr.js";
import { plainOutcome } from "./plain-outcome.js";
import { callOf } from "./translation.js";

/** Seed 001: each status, ours that mean exactly this, and ours that it is only nearest to. */
const unanswered: readonly (readonly [string, readonly EndReason[], readonly EndReason[]])[] = [
  ["ABSENT/BUSY", ["USER_BUSY"], []],
  ["ABSENT/NO_ANSWER", ["USER_DID_NOT_PICK_UP"], ["USER_UNREACHABLE", "USER_DID_NOT_JOIN"]],
  ["ABSENT/VOICEMAIL_DETECTED", ["VOICEMAIL_DETECTED_PRECONNECT"], []],
  ["ERROR/BLACKLISTED", ["NUMBER_SUPPRESSED"], []],
  [
    "ERROR/REJECTED",
    ["USER_HUNG_UP_RINGING"],
    ["SIP_FAILED_NUMBER_BLOCKED", "SIP_FAILED_MARKED_AS_SPAM"],
  ],
  ["ERROR/UNALLOCATED_NUMBER", ["SIP_FAILED_WRONG_NUMBER"], ["NUMBER_CHANGED"]],
  [
    "ERROR/OTHER",
    ["SIP_FAILED_UNKNOWN", "RUNTIME_LOST"],
    [
      "SIP_FAILED_AUTHENTICATION",
      "SIP_FAILED_PROVIDER_UNAVAILABLE",
      "SIP_FAILED_ROUTING",
      "SIP_FAILED_MEDIA",
      "SIP_FAILED_PAYMENT_REQUIRED",
      "CANCELED",
      "INVALID_DESTINATION",
      "DIAL_WINDOW_EXPIRED",
      "MAX_ATTEMPTS_REACHED",
      "CONCURRENCY_LIMIT_EXCEEDED",
      "RATE_LIMIT_EXCEEDED",
      "HEALTHCHECK_FAILED",
      "REGISTERED_CALL_TIMEOUT",
      "AGENT_REJECTED",
      "RUNTIME_SHUTDOWN",
      "AGENT_ERROR",
      "INTERNAL_ERROR",
    ],
  ],
];

/** Calls that were answered by an agent without a message; their statuses are about messages. */
const withoutMessage: readonly (readonly [string, readonly EndReason[]])[] = [
  [
    "ANSWERED/COMPLETE",
    [
      "USER_HUNG_UP_IN_CALL",
      "AGENT_HUNG_UP",
      "AGENT_HUNG_UP_SCAM_DETECTED",
      "CALL_TRANSFERRED",
      "MAX_DURATION_REACHED",
    ],
  ],
  [
    "ANSWERED/INCOMPLETE",
    [
      "AGENT_HUNG_UP_SILENCE_DETECTED",
      "AGENT_HUNG_UP_IVR_DETECTED",
      "AGENT_HUNG_UP_FAX_DETECTED",
      "AGENT_HUNG_UP_SCREENING_DETECTED",
      "IDLE_TIMEOUT",
      "NO_AUDIO_RECEIVED",
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
  ],
];

const whole: MessageProgress = { name: "m", playedMs: 5_000, totalMs: 5_000, complete: true };
const part: MessageProgress = { name: "m", playedMs: 1_200, totalMs: 5_000, complete: false };
const machine: Verdict = {
  label: "beep",
  confidence: 1,
  provisional: false,
  atMs: 0,
  phase: "after_answer",
  detector: "test",
  evidence: [],
};

function told(endReason: EndReason, more: Partial<CallOutcome> = {}) {
  return toCallr(callOf({ ...plainOutcome(endReason), ...more }));
}

describe("a call in CALLR's words", () => {
  it("knows the nine statuses and three result codes of seed 001", () => {
    expect(CALLR_STATUSES).toEqual([
      "ANSWERED/COMPLETE",
      "ANSWERED/INCOMPLETE",
      "ABSENT/BUSY",
      "ABSENT/NO_ANSWER",
      "ABSENT/VOICEMAIL_DETECTED",
      "ERROR/BLACKLISTED",
      "ERROR/REJECTED",
      "ERROR/UNALLOCATED_NUMBER",
      "ERROR/OTHER",
    ]);
    expect(CALLR_RESULT_CODES).toEqual(["HANGUP", "VOICEMAIL_COMPLETE", "VOICEMAIL_INCOMPLETE"]);
  });

  it.each(unanswered)("that was not answered is %s", (status, exact, near) => {
    const value = { status, resultCode: null };
    const finalStateOf = (endReason: EndReason) =>
      endReasonRow(endReason).finalStates.find((state) => state !== "ended");
    for (const [reasons, isExact] of [[exact, true] as const, [near, false] as const])
      for (const endReason of reasons) {
        const finalState = finalStateOf(endReason);
        if (finalState === undefined) throw new Error(`${endReason} only ends after answer`);
        const call = callOf(plainOutcome(endReason, { finalState }));
        expect(toCallr(call), endReason).toEqual({ value, exact: isExact });
      }
  });

  it.each(withoutMessage)("that was answered without a message is nearest to %s", (status, all) => {
    for (const endReason of all) {
      const call = callOf(plainOutcome(endReason, { finalState: "ended" }));
      const resultCode = endReason === "USER_HUNG_UP_IN_CALL" ? "HANGUP" : null;
      expect(toCallr(call), endReason).toEqual({ value: { status, resultCode }, exact: false });
    }
  });

  it("leaves no reason out, answered or not", () => {
    const answered = withoutMessage.flatMap(([, all]) => all);
    const failed = unanswered.flatMap(([, exact, near]) => [...exact, ...near]);
    for (const endReason of Object.keys(END_REASONS) as EndReason[]) {
      const { finalStates } = endReasonRow(endReason);
      if (endReason !== "AGENT_HUNG_UP_VOICEMAIL_DETECTED")
        expect(answered.includes(endReason), endReason).toBe(finalStates.includes("ended"));
      expect(failed.includes(endReason), endReason).toBe(
        finalStates.some((state) => state !== "ended"),
      );
    }
  });

  it.each([
    ["USER_HUNG_UP_IN_CALL", whole, "ANSWERED/COMPLETE", "HANGUP"],
    ["USER_HUNG_UP_IN_CALL", part, "ANSWERED/INCOMPLETE", "HANGUP"],
    ["AGENT_HUNG_UP", whole, "ANSWERED/COMPLETE", null],
    ["MAX_DURATION_REACHED", part, "ANSWERED/INCOMPLETE", null],
    ["AGENT_HUNG_UP_VOICEMAIL_DETECTED", whole, "ABSENT/VOICEMAIL_DETECTED", "VOICEMAIL_COMPLETE"],
    ["AGENT_HUNG_UP_VOICEMAIL_DETECTED", part, "ABSENT/VOICEMAIL_DETECTED", "VOICEMAIL_INCOMPLETE"],
  ] as const)("%s with a message follows from what was played", (reason, message, status, code) => {
    const value = { status, resultCode: code };
    expect(told(reason, { message })).toEqual({ value, exact: true });
  });

  it("that met a machine without leaving anything has no result code", () => {
    expect(told("AGENT_HUNG_UP_VOICEMAIL_DETECTED")).toEqual({
      value: { status: "ABSENT/VOICEMAIL_DETECTED", resultCode: null },
      exact: true,
    });
  });

  it.each(["beep", "voicemail"] as const)(
    "capped while on a machine (%s) is a voicemail",
    (label) => {
      const verdict = { ...machine, label };
      expect(told("MAX_DURATION_REACHED", { message: part, verdict }).value).toEqual({
        status: "ABSENT/VOICEMAIL_DETECTED",
        resultCode: "VOICEMAIL_INCOMPLETE",
      });
    },
  );

  it.each([
    ["USER_HUNG_UP_IN_CALL", "HANGUP"],
    ["AGENT_HUNG_UP", null],
    ["CALL_TRANSFERRED", null],
  ] as const)("that ended for %s was a person's, whatever was suspected", (reason, resultCode) => {
    expect(told(reason, { message: whole, verdict: machine }).value).toEqual({
      status: "ANSWERED/COMPLETE",
      resultCode,
    });
  });

  it("has no status while it goes on", () => {
    for (const phase of ["pending", "dialing", "ringing", "active"] as const)
      expect(toCallr({ direction: "outbound", phase })).toEqual({ value: null, exact: false });
  });

  it("is never exact when it came in", () => {
    const call = callOf(plainOutcome("USER_BUSY", { direction: "inbound" }));
    expect(toCallr(call)).toEqual({
      value: { status: "ABSENT/BUSY", resultCode: null },
      exact: false,
    });
  });

  it("that contradicts itself is an error of theirs", () => {
    const generic = { value: { status: "ERROR/OTHER", resultCode: null }, exact: false };
    expect(told("USER_BUSY", { finalState: "ended" })).toEqual(generic);
    expect(told("AGENT_HUNG_UP", { finalState: "not_connected" })).toEqual(generic);
  });

  it.each([
    ["ABSENT/BUSY", null, "USER_BUSY"],
    ["ABSENT/NO_ANSWER", null, "USER_DID_NOT_PICK_UP"],
    ["ABSENT/VOICEMAIL_DETECTED", null, undefined],
    ["ABSENT/VOICEMAIL_DETECTED", "VOICEMAIL_COMPLETE", "AGENT_HUNG_UP_VOICEMAIL_DETECTED"],
    ["ABSENT/VOICEMAIL_DETECTED", "VOICEMAIL_INCOMPLETE", "AGENT_HUNG_UP_VOICEMAIL_DETECTED"],
    ["ANSWERED/COMPLETE", "HANGUP", "USER_HUNG_UP_IN_CALL"],
    ["ANSWERED/INCOMPLETE", "HANGUP", "USER_HUNG_UP_IN_CALL"],
    ["ANSWERED/COMPLETE", null, undefined],
    ["ANSWERED/INCOMPLETE", null, undefined],
    ["ERROR/BLACKLISTED", null, "NUMBER_SUPPRESSED"],
    ["ERROR/REJECTED", null, "USER_HUNG_UP_RINGING"],
    ["ERROR/UNALLOCATED_NUMBER", null, "SIP_FAILED_WRONG_NUMBER"],
    ["ERROR/OTHER", null, undefined],
    ["ERROR/NEW", null, undefined],
  ])("reads %s with %s as %s", (status, code, endReason) => {
    expect(fromCallr(status, code)).toBe(endReason);
  });
});
