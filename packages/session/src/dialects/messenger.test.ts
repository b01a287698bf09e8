import { describe, expect, it } from "vitest";
import { END_REASONS, type EndReason } from "../call/end-reason.js";
import type { CallOutcome } from "../call/outcome.js";
import type { CallPhase, Verdict } from "../vocabulary.js";
import {
  fromMessenger,
  MESSENGER_STATUSES,
  type MessengerOptions,
  toMessenger,
} from "./messenger.js";
import { plainOutcome } from "./plain-outcome.js";
import { callOf } from "./translation.js";

/** Seed 003: what a plain call to a contact's one number says at its end, without a machine message. */
const plain: readonly (readonly [string, readonly EndReason[], readonly EndReason[]])[] = [
  [
    "Completed",
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
    ["AGENT_HUNG_UP_VOICEMAIL_DETECTED", "IDLE_TIMEOUT", "NO_AUDIO_RECEIVED"],
  ],
  [
    "Failed",
    ["SIP_FAILED_WRONG_NUMBER", "INVALID_DESTINATION", "MAX_ATTEMPTS_REACHED"],
    [
      "SIP_FAILED_NUMBER_BLOCKED",
      "SIP_FAILED_MARKED_AS_SPAM",
      "SIP_FAILED_AUTHENTICATION",
      "SIP_FAILED_PROVIDER_UNAVAILABLE",
      "SIP_FAILED_ROUTING",
      "SIP_FAILED_MEDIA",
      "SIP_FAILED_PAYMENT_REQUIRED",
      "SIP_FAILED_UNKNOWN",
      "NUMBER_SUPPRESSED",
      "DIAL_WINDOW_EXPIRED",
      "CONCURRENCY_LIMIT_EXCEEDED",
      "RATE_LIMIT_EXCEEDED",
      "HEALTHCHECK_FAILED",
      "AGENT_REJECTED",
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
  [
    "No-answer",
    ["USER_DID_NOT_PICK_UP"],
    ["USER_HUNG_UP_RINGING", "VOICEMAIL_DETECTED_PRECONNECT", "USER_DID_NOT_JOIN"],
  ],
  ["Cancelled", ["CANCELED"], ["REGISTERED_CALL_TIMEOUT"]],
  ["Busy", ["USER_BUSY"], []],
  ["Outgoing", [], ["NUMBER_CHANGED"]],
  ["Far End Disconnect", [], ["USER_UNREACHABLE"]],
];

const announced = (kind: string): Verdict => ({
  label: "announcement",
  kind,
  confidence: 0.9,
  provisional: false,
  atMs: 0,
  phase: "before_answer",
  detector: "test",
  evidence: [],
});

function told(
  endReason: EndReason,
  more: Partial<CallOutcome> = {},
  options: MessengerOptions = {},
) {
  return toMessenger(callOf({ ...plainOutcome(endReason), ...more }), options);
}
const during = (phase: CallPhase, options?: MessengerOptions) =>
  toMessenger({ direction: "outbound", phase }, options);

describe("a call in Messenger's words", () => {
  it("knows the statuses of seed 003, spelled as there", () => {
    expect(MESSENGER_STATUSES).toEqual([
      "Queued",
      "In-progress",
      "Completed",
      "Failed",
      "No-answer",
      "Cancelled",
      "TryNumber1",
      "TryNumber2",
      "TryNumber3",
      "Busy",
      "Ringing",
      "Outgoing",
      "Far End Disconnect",
      "Network Disconnect",
      "Connected – Answered",
      "Connected - Answer machine",
      "Connected - No response",
    ]);
  });

  it.each([
    ["pending", "Queued", true],
    ["dialing", "Queued", false],
    ["ringing", "Ringing", true],
    ["active", "In-progress", true],
  ] as const)("that is %s is %s", (phase, value, exact) => {
    expect(during(phase)).toEqual({ value, exact });
  });

  it.each(plain)("ends as %s", (value, exact, near) => {
    for (const reason of exact) expect(told(reason), reason).toEqual({ value, exact: true });
    for (const reason of near) expect(told(reason), reason).toEqual({ value, exact: false });
  });

  it("leaves no reason out and tells none twice", () => {
    const all = plain.flatMap(([, exact, near]) => [...exact, ...near]);
    expect(all.toSorted()).toEqual(Object.keys(END_REASONS).toSorted());
  });

  it.each([
    ["number_changed", "Outgoing", true],
    ["temporarily_unavailable", "Far End Disconnect", true],
    ["disconnected", "Far End Disconnect", true],
    ["sit_intercept", "Far End Disconnect", true],
    ["circuits_busy", "Far End Disconnect", false],
    ["sit_no_circuit", "Far End Disconnect", false],
    ["sit_reorder", "Far End Disconnect", false],
    ["not_in_service", "Network Disconnect", true],
    ["sit_vacant", "Network Disconnect", true],
  ])("with the announcement %s is %s", (kind, value, exact) => {
    const verdict = announced(kind);
    expect(told("SIP_FAILED_UNKNOWN", { verdict })).toEqual({ value, exact });
    expect(told("AGENT_HUNG_UP", { verdict }, { machineMessage: true }).value).toBe(value);
  });

  it("with an announcement nobody knows goes by its reason", () => {
    const verdict = announced("toString");
    expect(told("USER_BUSY", { verdict }).value).toBe("Busy");
  });

  it("stays cancelled whatever was announced and however many numbers there are", () => {
    const attempt = { number: 1, of: 3 };
    const verdict = announced("number_changed");
    expect(told("CANCELED", { verdict }, { attempt }).value).toBe("Cancelled");
  });

  it.each([
    [1, 2, "TryNumber1", true],
    [2, 3, "TryNumber2", true],
    [3, 3, "TryNumber3", true],
    [4, 5, "TryNumber3", false],
  ])("to number %i of %i is %s until it is answered", (number, of, value, exact) => {
    const options = { attempt: { number, of } };
    for (const phase of ["dialing", "ringing"] as const)
      expect(during(phase, options)).toEqual({ value, exact });
    expect(during("pending", options).value).toBe("Queued");
    expect(during("active", options).value).toBe("In-progress");
  });

  it("that failed stays at its number while there are more, then has failed", () => {
    const at = (number: number) => ({ attempt: { number, of: 3 } });
    expect(told("USER_BUSY", {}, at(1))).toEqual({ value: "TryNumber1", exact: true });
    expect(told("USER_BUSY", {}, at(2))).toEqual({ value: "TryNumber2", exact: true });
    expect(told("USER_BUSY", {}, at(3))).toEqual({ value: "Failed", exact: true });
    expect(told("MAX_ATTEMPTS_REACHED", {}, at(1)).value).toBe("Failed");
    expect(told("AGENT_HUNG_UP", {}, at(1)).value).toBe("Completed");
  });

  it("to a contact's only number is no try", () => {
    const options = { attempt: { number: 1, of: 1 } };
    expect(during("ringing", options).value).toBe("Ringing");
    expect(told("USER_BUSY", {}, options).value).toBe("Busy");
  });

  it.each([
    ["key_pressed", "Connected – Answered"],
    ["no_key", "Connected - Answer machine"],
    ["hung_up", "Connected - No response"],
  ] as const)("whose test message ended in %s is %s", (testPrompt, value) => {
    const options = { machineMessage: true, testPrompt };
    expect(told("USER_HUNG_UP_IN_CALL", {}, options)).toEqual({ value, exact: true });
    expect(told("USER_HUNG_UP_IN_CALL", {}, { testPrompt }).value).toBe("Completed");
  });

  it.each([
    ["voicemail", "Connected - Answer machine", true],
    ["beep", "Connected - Answer machine", true],
    ["human", "Connected – Answered", true],
    ["music", "Connected – Answered", false],
  ] as const)("with a machine message goes by the verdict %s", (label, value, exact) => {
    const verdict = { ...announced(""), label };
    const options = { machineMessage: true };
    expect(told("MAX_DURATION_REACHED", { verdict }, options)).toEqual({ value, exact });
  });

  it("with a machine message is a machine's when the reason says so", () => {
    expect(told("AGENT_HUNG_UP_VOICEMAIL_DETECTED", {}, { machineMessage: true })).toEqual({
      value: "Connected - Answer machine",
      exact: true,
    });
  });

  it("with a machine message is a person's when the reason says so, whatever was suspected", () => {
    const verdict = { ...announced(""), label: "voicemail" } as const;
    expect(told("AGENT_HUNG_UP", { verdict }, { machineMessage: true }).value).toBe(
      "Connected – Answered",
    );
  });

  it("with a machine message and no verdict was picked up by somebody", () => {
    expect(told("AGENT_HUNG_UP", {}, { machineMessage: true })).toEqual({
      value: "Connected – Answered",
      exact: false,
    });
  });

  it("with a machine message that nobody answered is told as any other", () => {
    expect(told("USER_BUSY", {}, { machineMessage: true }).value).toBe("Busy");
  });

  it("is never exact when it came in", () => {
    const call = callOf(plainOutcome("AGENT_HUNG_UP", { direction: "inbound" }));
    expect(toMessenger(call)).toEqual({ value: "Completed", exact: false });
  });

  it.each([
    ["No-answer", "USER_DID_NOT_PICK_UP"],
    ["Cancelled", "CANCELED"],
    ["Busy", "USER_BUSY"],
    ["Outgoing", "NUMBER_CHANGED"],
    ["Network Disconnect", "SIP_FAILED_WRONG_NUMBER"],
    ["Connected - Answer machine", "AGENT_HUNG_UP_VOICEMAIL_DETECTED"],
    ["Connected - No response", "USER_HUNG_UP_IN_CALL"],
  ])("reads %s as %s", (status, endReason) => {
    expect(fromMessenger(status)).toBe(endReason);
  });

  it.each([
    "Queued",
    "In-progress",
    "Completed",
    "Failed",
    "TryNumber1",
    "TryNumber2",
    "TryNumber3",
    "Ringing",
    "Far End Disconnect",
    "Connected – Answered",
    "New",
  ])("reads no one end of ours out of %s", (status) => {
    expect(fromMessenger(status)).toBeUndefined();
  });
});
