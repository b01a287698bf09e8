import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { END_REASONS, type EndReason, endReasonRow } from "../call/end-reason.js";
import type { Logger } from "../logger.js";
import type { CallPhase, VerdictLabel } from "../vocabulary.js";
import {
  CALLR_RESULT_CODES,
  CALLR_STATUSES,
  DIALECTS,
  fromCallr,
  fromMessenger,
  fromRecho,
  fromRetell,
  isDialectName,
  MESSENGER_STATUSES,
  RECHO_INBOUND,
  RECHO_OUTBOUND,
  RETELL_REASONS,
  RETELL_SDK_REASONS,
  reasonTable,
  toCallr,
  toMessenger,
  toRecho,
  toRetell,
  toUnpod,
  UNPOD_STATES,
} from "./index.js";
import { plainOutcome } from "./plain-outcome.js";
import { type CallView, callOf, type OutcomeView } from "./translation.js";

const reasons = Object.keys(END_REASONS) as EndReason[];
const phases: CallPhase[] = ["pending", "dialing", "ringing", "active", "closing"];
const labels: VerdictLabel[] = ["human", "voicemail", "beep", "announcement", "silence", "fax"];
const kinds = ["number_changed", "not_in_service", "temporarily_unavailable", "other"];

const message = fc.record({
  name: fc.constant("m"),
  playedMs: fc.nat(10_000),
  totalMs: fc.nat(10_000),
  complete: fc.boolean(),
});
const verdict = fc.record({
  label: fc.constantFrom(...labels),
  kind: fc.constantFrom(...kinds),
  confidence: fc.constant(1),
  provisional: fc.boolean(),
  atMs: fc.nat(10_000),
  phase: fc.constantFrom("before_answer" as const, "after_answer" as const),
  detector: fc.constant("test"),
  evidence: fc.constant([]),
});
const outcome: fc.Arbitrary<OutcomeView> = fc
  .record(
    {
      reason: fc.constantFrom(...reasons),
      direction: fc.constantFrom("outbound" as const, "inbound" as const),
      state: fc.nat(2),
      endedBy: fc.constantFrom("user", "agent", "api", "carrier", "runtime"),
      message,
      verdict,
    },
    { requiredKeys: ["reason", "direction", "state", "endedBy"] },
  )
  .map(({ reason, direction, state, ...more }) => {
    const { finalStates } = endReasonRow(reason);
    const finalState = finalStates[state % finalStates.length] ?? "not_connected";
    return { ...plainOutcome(reason, { direction, finalState }), ...more } as OutcomeView;
  });
const call: fc.Arbitrary<CallView> = fc
  .tuple(outcome, fc.constantFrom(undefined, ...phases))
  .map(([ended, phase]) => (phase ? { ...callOf(ended), phase } : callOf(ended)));
const options = fc.record(
  {
    attempt: fc.record({ number: fc.integer(), of: fc.integer() }),
    machineMessage: fc.boolean(),
    testPrompt: fc.constantFrom("key_pressed" as const, "no_key" as const, "hung_up" as const),
  },
  { requiredKeys: [] },
);

function listening(): { logger: Logger; said: object[] } {
  const said: object[] = [];
  const ignore = () => {};
  const warn = (fields: object) => void said.push(fields);
  return { said, logger: { debug: ignore, info: ignore, error: ignore, warn } };
}

describe("every call, in every dialect,", () => {
  it("has exactly one value, out of that system's own list", () => {
    const { logger, said } = listening();
    fc.assert(
      fc.property(call, options, (told, more) => {
        const all = { ...more, logger };
        const unpod = toUnpod(told, all).value;
        expect([...Object.keys(UNPOD_STATES), null]).toContain(unpod.state);
        expect(["pending", ...Object.values(UNPOD_STATES)]).toContain(unpod.status);
        const callr = toCallr(told, all).value;
        if (callr) {
          expect(CALLR_STATUSES).toContain(callr.status);
          expect([...CALLR_RESULT_CODES, null]).toContain(callr.resultCode);
        }
        const recho = toRecho(told, all).value;
        const events: Record<string, string> =
          told.direction === "outbound" ? RECHO_OUTBOUND : RECHO_INBOUND;
        expect(events[recho.callStatus]).toBe(recho.eventType);
        expect(MESSENGER_STATUSES).toContain(toMessenger(told, all).value);
        const retell = toRetell(told, all).value;
        if (retell.disconnectionReason !== null)
          expect([...Object.keys(RETELL_REASONS), ...RETELL_SDK_REASONS]).toContain(
            retell.disconnectionReason,
          );
      }),
      { numRuns: 3_000 },
    );
    expect(said).toEqual([]);
  });

  it("is told the same each time and is not changed by telling it", () => {
    fc.assert(
      fc.property(call, options, (told, more) => {
        const before = JSON.stringify(told);
        for (const { tell } of Object.values(DIALECTS))
          expect(tell(told, more)).toEqual(tell(told, more));
        expect(JSON.stringify(told)).toBe(before);
      }),
      { numRuns: 300 },
    );
  });
});

describe("an end reason that this version does not know", () => {
  const unknown = callOf({ ...plainOutcome("USER_BUSY"), endReason: "USER_ABDUCTED" });

  it.each([
    ["unpod", "UNKNOWN (not_connected, failed)"],
    ["callr", "ERROR/OTHER"],
    ["recho", "ERROR (OUTBOUND_CALL_ERROR)"],
    ["messenger", "Failed"],
    ["retell", "error_unknown (error)"],
  ] as const)("is %s's generic %s, and logged", (dialect, value) => {
    const { logger, said } = listening();
    expect(DIALECTS[dialect].tell(unknown, { logger })).toEqual({ value, exact: false });
    expect(said).toEqual([{ dialect, callId: "", endReason: "USER_ABDUCTED" }]);
  });

  it("is told the same way when a call that is over has no outcome at all", () => {
    for (const phase of ["ended", "not_connected", "canceled", "closing"] as const)
      for (const direction of ["outbound", "inbound"] as const)
        for (const { tell } of Object.values(DIALECTS))
          expect(tell({ direction, phase }).value).not.toBe("");
    expect(toUnpod({ direction: "outbound", phase: "canceled" }).value.state).toBe("canceled");
    expect(toRecho({ direction: "inbound", phase: "ended" })).toEqual({
      value: { callStatus: "ERROR", eventType: "INBOUND_CALL_ERROR" },
      exact: false,
    });
  });
});

describe("a name read back", () => {
  it("is told again as the same name", () => {
    for (const name of [...Object.keys(RETELL_REASONS)]) {
      const reason = fromRetell(name);
      if (reason)
        expect(toRetell(callOf(plainOutcome(reason))).value.disconnectionReason).toBe(name);
    }
    for (const status of Object.keys(RECHO_OUTBOUND)) {
      const reason = fromRecho(status);
      if (!reason) continue;
      const { sip: _, ...silent } = plainOutcome(reason);
      expect(toRecho(callOf(silent)).value.callStatus).toBe(status);
    }
    for (const status of CALLR_STATUSES) {
      const reason = fromCallr(status);
      if (reason) expect(toCallr(callOf(plainOutcome(reason))).value?.status).toBe(status);
    }
    for (const status of ["No-answer", "Cancelled", "Busy", "Outgoing"] as const) {
      const reason = fromMessenger(status);
      if (reason) expect(toMessenger(callOf(plainOutcome(reason))).value).toBe(status);
    }
  });
});

describe("the reason table", () => {
  it("has every reason once, in all five dialects", () => {
    const table = reasonTable();
    expect(table.map((line) => line.endReason)).toEqual(reasons);
    for (const { dialects } of table)
      expect(Object.keys(dialects)).toEqual(["unpod", "callr", "recho", "messenger", "retell"]);
  });

  it("can be narrowed to one dialect and to inbound calls", () => {
    const [line] = reasonTable({ dialects: ["recho"], direction: "inbound" });
    expect(line?.dialects).toEqual({
      recho: { value: "COMPLETED (INBOUND_CALL_COMPLETED)", exact: true },
    });
  });

  it("shows calls that go on in words, too", () => {
    const ringing: CallView = { direction: "outbound", phase: "ringing" };
    expect(Object.values(DIALECTS).map(({ tell }) => tell(ringing).value)).toEqual([
      "(ringing, ringing)",
      "no status yet",
      "CALLING (OUTBOUND_CALL_CALLING)",
      "Ringing",
      "(registered)",
    ]);
  });
});

it("a dialect goes by its name only", () => {
  expect(isDialectName("retell")).toBe(true);
  expect(isDialectName("toString")).toBe(false);
});
