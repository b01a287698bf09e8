import { describe, expect, it } from "vitest";
import type { FinalResponse, Verdict } from "../vocabulary.js";
import { carrierProfileSchema } from "./call-settings.js";
import { decideEnd } from "./decide-end.js";
import { END_REASONS, type EndReason, endReasonRow } from "./end-reason.js";
import type { CallFacts, Ending } from "./facts.js";

const profile = carrierProfileSchema.parse({});

const placed: CallFacts = {
  direction: "outbound",
  dialedAtMs: 0,
  provisional: [],
  userTurns: 0,
  faults: [],
};
const rang = (ringMs: number): CallFacts => ({
  ...placed,
  ringStartedAtMs: 1_000,
  disconnectedAtMs: 1_000 + ringMs,
});
const connected: CallFacts = { ...rang(2_000), answeredAtMs: 3_000, connectedAtMs: 3_000 };

const response = (status: number, more: Partial<FinalResponse> = {}): FinalResponse => ({
  status,
  phrase: "",
  reasonHeaders: [],
  ...more,
});
const verdict = (label: Verdict["label"], more: Partial<Verdict> = {}): Verdict => ({
  label,
  confidence: 0.9,
  provisional: false,
  atMs: 0,
  phase: "after_answer",
  detector: "test",
  evidence: [],
  ...more,
});

function reasonOf(facts: CallFacts, ending: Ending, under = profile): EndReason {
  const decided = decideEnd({ ...facts, ending }, under);
  expect(endReasonRow(decided.endReason).finalStates).toContain(decided.finalState);
  return decided.endReason;
}
const refused = (facts: CallFacts, final: FinalResponse, under = profile) =>
  reasonOf({ ...facts, finalResponse: final }, { by: "final_response", response: final }, under);

describe("a final response", () => {
  const byCode = Object.entries(END_REASONS).flatMap(([reason, row]) =>
    ("sip" in row ? row.sip : []).map((status) => [status, reason] as const),
  );
  it.each(byCode)("%i means %s", (status, reason) => {
    expect(refused(rang(2_000), response(status))).toBe(reason);
  });

  it.each([
    [404, "SIP_FAILED_WRONG_NUMBER"],
    [410, "NUMBER_CHANGED"],
    [486, "USER_BUSY"],
    [403, "SIP_FAILED_NUMBER_BLOCKED"],
    [608, "SIP_FAILED_MARKED_AS_SPAM"],
    [503, "SIP_FAILED_PROVIDER_UNAVAILABLE"],
    [302, "SIP_FAILED_ROUTING"],
    [487, "SIP_FAILED_UNKNOWN"],
    [499, "SIP_FAILED_UNKNOWN"],
  ] as const)("%i unadorned means %s", (status, reason) => {
    expect(refused(rang(2_000), response(status))).toBe(reason);
  });

  it.each([
    [17, "USER_BUSY"],
    [18, "USER_DID_NOT_PICK_UP"],
    [1, "SIP_FAILED_WRONG_NUMBER"],
    [20, "USER_UNREACHABLE"],
    [22, "NUMBER_CHANGED"],
    [34, "SIP_FAILED_PROVIDER_UNAVAILABLE"],
    [65, "SIP_FAILED_MEDIA"],
  ] as const)("a vague 480 gives way to Q.850 cause %i", (q850, reason) => {
    expect(refused(rang(10_000), response(480, { q850 }))).toBe(reason);
  });

  it("of the carrier is never booked on our own timers", () => {
    const final = response(480, { q850: 18 });
    const facts = { ...rang(2_000), ending: { by: "final_response", response: final } as const };
    expect(decideEnd(facts, profile).endedBy).toBe("carrier");
  });

  it.each([16, 31, 127])("Q.850 cause %i refines nothing", (q850) => {
    expect(refused(rang(10_000), response(480, { q850 }))).toBe("VOICEMAIL_DETECTED_PRECONNECT");
  });

  it("a specific code does not give way to Q.850", () => {
    expect(refused(rang(2_000), response(404, { q850: 17 }))).toBe("SIP_FAILED_WRONG_NUMBER");
  });

  it("Q.850 21 is a person's decline when it comes from the user, the network's block otherwise", () => {
    expect(refused(rang(2_000), response(603, { q850: 21, q850Location: "U" }))).toBe(
      "USER_HUNG_UP_RINGING",
    );
    expect(refused(rang(2_000), response(603, { q850: 21 }))).toBe("USER_HUNG_UP_RINGING");
    expect(refused(rang(2_000), response(603, { q850: 21, q850Location: "LN" }))).toBe(
      "SIP_FAILED_NUMBER_BLOCKED",
    );
    expect(refused(placed, response(480, { q850: 21 }))).toBe("SIP_FAILED_NUMBER_BLOCKED");
  });

  it("a structured 603 is the network's, whatever else it says", () => {
    const blocked = response(603, { phrase: "Network Blocked", q850: 17 });
    expect(refused(rang(2_000), blocked)).toBe("SIP_FAILED_NUMBER_BLOCKED");
  });
});

describe("480 user unavailable", () => {
  it("after a ring inside the carrier's window is voicemail", () => {
    for (const ringMs of [3_000, 20_000, 45_000])
      expect(refused(rang(ringMs), response(480))).toBe("VOICEMAIL_DETECTED_PRECONNECT");
  });

  it("outside the window is nobody picking up", () => {
    for (const ringMs of [0, 2_999, 45_001])
      expect(refused(rang(ringMs), response(480))).toBe("USER_DID_NOT_PICK_UP");
  });

  it("without ringing is an unreachable user, or a full trunk where the profile says so", () => {
    expect(refused(placed, response(480))).toBe("USER_UNREACHABLE");
    const full = carrierProfileSchema.parse({ instant480: "provider_unavailable" });
    expect(refused(placed, response(480), full)).toBe("SIP_FAILED_PROVIDER_UNAVAILABLE");
  });

  it("after a retarget to voicemail is voicemail, however short it rang", () => {
    const retarget = { diversion: [], historyInfo: [], toVoicemail: true };
    expect(refused(placed, response(480, { retarget }))).toBe("VOICEMAIL_DETECTED_PRECONNECT");
  });
});

describe("early media", () => {
  const early = (label: Verdict["label"], kind?: string): CallFacts => ({
    ...rang(2_000),
    firstAudioAtMs: 1_200,
    verdict: verdict(label, { phase: "before_answer", ...(kind ? { kind } : {}) }),
  });

  it.each([
    ["voicemail", undefined, "VOICEMAIL_DETECTED_PRECONNECT"],
    ["busy", undefined, "USER_BUSY"],
    ["announcement", "number_changed", "NUMBER_CHANGED"],
    ["announcement", "sit_vacant", "SIP_FAILED_WRONG_NUMBER"],
    ["announcement", "temporarily_unavailable", "USER_UNREACHABLE"],
    ["announcement", "circuits_busy", "SIP_FAILED_PROVIDER_UNAVAILABLE"],
  ] as const)("%s %s before a vague refusal means %s", (label, kind, reason) => {
    expect(refused(early(label, kind), response(487))).toBe(reason);
  });

  it("leaves it to a 410 what an intercept tone means", () => {
    const facts = early("announcement", "sit_intercept");
    expect(refused(facts, response(410))).toBe("NUMBER_CHANGED");
    expect(refused(facts, response(404))).toBe("SIP_FAILED_WRONG_NUMBER");
  });

  it("was not heard where a detector only weighed the response", () => {
    const facts = early("voicemail", "pre_connect");
    expect(refused(facts, response(487))).toBe("SIP_FAILED_UNKNOWN");
  });

  it("cannot reinterpret a response about our own request", () => {
    expect(refused(early("voicemail"), response(407))).toBe("SIP_FAILED_AUTHENTICATION");
  });
});

describe("our own end", () => {
  const bare: Ending = { by: "us", requester: "agent" };

  it("asked for through the API is not refined by what was heard", () => {
    const api: Ending = { by: "us", requester: "api" };
    const heard = { verdict: verdict("voicemail") };
    expect(reasonOf({ ...connected, ...heard }, api)).toBe("AGENT_HUNG_UP");
    expect(reasonOf({ ...rang(1_000), ...heard }, api)).toBe("CANCELED");
  });

  it("keeps the reason it was given, whatever was heard", () => {
    const heard = { ...connected, verdict: verdict("voicemail") };
    const capped: Ending = { by: "us", requester: "runtime", reason: "MAX_DURATION_REACHED" };
    expect(reasonOf(heard, capped)).toBe("MAX_DURATION_REACHED");
  });

  it.each([
    ["voicemail", "AGENT_HUNG_UP_VOICEMAIL_DETECTED"],
    ["ivr", "AGENT_HUNG_UP_IVR_DETECTED"],
    ["fax", "AGENT_HUNG_UP_FAX_DETECTED"],
    ["screening", "AGENT_HUNG_UP_SCREENING_DETECTED"],
    ["human", "AGENT_HUNG_UP"],
  ] as const)("when bare is refined by a %s verdict to %s", (label, reason) => {
    expect(reasonOf({ ...connected, verdict: verdict(label) }, bare)).toBe(reason);
  });

  it("in mid-conversation cannot be a withdrawal", () => {
    const withdrawn: Ending = { by: "us", requester: "api", reason: "CANCELED" };
    expect(reasonOf(connected, withdrawn)).toBe("AGENT_HUNG_UP");
  });

  it("before connect is a withdrawal, or a rejection of an inbound call", () => {
    expect(reasonOf(rang(1_000), bare)).toBe("CANCELED");
    expect(reasonOf({ ...rang(1_000), direction: "inbound" }, bare)).toBe("AGENT_REJECTED");
  });
});

describe("their BYE", () => {
  const bye: Ending = { by: "far_side", request: "BYE" };

  it("is a hang-up", () => {
    expect(reasonOf(connected, bye)).toBe("USER_HUNG_UP_IN_CALL");
  });

  it("after a greeting that nobody answered is voicemail", () => {
    const heard = { ...connected, verdict: verdict("voicemail") };
    expect(reasonOf(heard, bye)).toBe("AGENT_HUNG_UP_VOICEMAIL_DETECTED");
    expect(reasonOf({ ...heard, userTurns: 1 }, bye)).toBe("USER_HUNG_UP_IN_CALL");
    const beeped = { ...connected, verdict: verdict("beep") };
    expect(reasonOf(beeped, bye)).toBe("AGENT_HUNG_UP_VOICEMAIL_DETECTED");
  });

  it("from somebody who called us is a hang-up, however long they spoke", () => {
    const inbound = { ...connected, direction: "inbound", verdict: verdict("voicemail") } as const;
    expect(reasonOf(inbound, bye)).toBe("USER_HUNG_UP_IN_CALL");
  });

  it("after a completed transfer is the transfer's end", () => {
    const transferred: CallFacts = { ...connected, transfer: { status: "completed" } };
    expect(reasonOf(transferred, bye)).toBe("CALL_TRANSFERRED");
    const refusedTransfer: CallFacts = { ...connected, transfer: { status: "failed" } };
    expect(reasonOf(refusedTransfer, bye)).toBe("USER_HUNG_UP_IN_CALL");
  });
});

it("nothing at all coming back is the provider's fault", () => {
  const silence: Ending = { by: "nothing", cause: "timeout", detail: "" };
  expect(reasonOf(placed, silence)).toBe("SIP_FAILED_PROVIDER_UNAVAILABLE");
});
