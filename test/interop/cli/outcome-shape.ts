import { expect } from "vitest";
import { endedBecause } from "../matrix-row.js";
import { type Exit, eventsOf, type Line, outcomesOf } from "./offhook.js";

/** What an outcome line says first, in this order; evidence may follow. */
const OUTCOME_FIELDS = [
  "type",
  "callId",
  "to",
  "direction",
  "states",
  "finalState",
  "status",
  "endReason",
  "endedBy",
  "sip",
  "ringMs",
  "talkMs",
  "verdict",
  "errors",
];

/**
 * The outcome of the one call that a command made, once everything that any report promises has
 * been checked: shapes, order, `call_end` exactly once, exit by itself.
 */
export function onlyOutcome(exit: Exit): Line {
  expect({ code: exit.code, signal: exit.signal }, exit.stderr).toEqual({ code: 0, signal: null });
  const outcomes = outcomesOf(exit);
  expect(outcomes).toHaveLength(1);
  const [outcome] = outcomes;
  if (outcome === undefined) throw new Error("no outcome");
  expect(exit.lines.at(-1)).toBe(outcome);
  expectOutcomeShape(outcome);
  expectEventShape(exit, outcome);
  endedBecause(String(outcome["endReason"]));
  return outcome;
}

export function expectOutcomeShape(outcome: Line): void {
  // The other number is told where it is known.
  const fields = Object.keys(outcome).filter((name) => name !== "from");
  expect(fields.slice(0, OUTCOME_FIELDS.length)).toEqual(OUTCOME_FIELDS);
  expect(outcome).toMatchObject({
    type: "outcome",
    callId: expect.stringMatching(/^call_[0-9a-f]{16}$/),
    to: expect.any(String),
    direction: expect.stringMatching(/^(in|out)bound$/),
    finalState: expect.stringMatching(/^(not_connected|ended|canceled)$/),
    status: expect.any(String),
    endReason: expect.stringMatching(/^[A-Z0-9_]+$/),
    endedBy: expect.any(String),
    sip: { reasonHeaders: expect.any(Array) },
    ringMs: expect.any(Number),
    talkMs: expect.any(Number),
    errors: expect.any(Array),
  });
  const states = outcome["states"] as { state: string; atMs: number }[];
  expect(states.at(-1)?.state).toBe(outcome["finalState"]);
  const times = states.map(({ atMs }) => atMs);
  expect(times).toEqual([...times].sort((one, other) => one - other));
  for (const entry of states) expect(Object.keys(entry)).toEqual(["state", "atMs"]);
}

function expectEventShape(exit: Exit, { callId }: Line): void {
  const events = exit.lines.filter(({ type }) => type === "event");
  for (const event of events) {
    expect(Object.keys(event).slice(0, 4)).toEqual(["type", "callId", "atMs", "event"]);
    expect(event).toMatchObject({ callId, atMs: expect.any(Number), event: expect.any(String) });
  }
  const names = eventsOf(exit);
  expect(names.at(0)).toBe("call_start");
  expect(names.at(-1)).toBe("call_end");
  expect(names.filter((name) => name === "call_end")).toHaveLength(1);
}

/** The states a call walked through, without their times. */
export const statesOf = (outcome: Line) =>
  (outcome["states"] as { state: string }[]).map(({ state }) => state);
