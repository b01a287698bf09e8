import { describe, expect, it } from "vitest";
import { END_REASONS, type EndReason } from "../call/end-reason.js";
import { plainOutcome } from "./plain-outcome.js";
import { callOf } from "./translation.js";
import { fromUnpod, toUnpod, UNPOD_END_REASONS, UNPOD_STATES } from "./unpod.js";

/** The page's first table. */
const states = [
  ["dialing", "ringing"],
  ["ringing", "ringing"],
  ["active", "active"],
  ["not_connected", "failed"],
  ["ended", "completed"],
  ["canceled", "failed"],
] as const;

/** The page's second table, with the state its meaning implies. */
const reasons = [
  ["USER_HUNG_UP_IN_CALL", "ended"],
  ["USER_DID_NOT_PICK_UP", "not_connected"],
  ["USER_HUNG_UP_RINGING", "not_connected"],
  ["AGENT_HUNG_UP_SILENCE_DETECTED", "ended"],
  ["AGENT_HUNG_UP_VOICEMAIL_DETECTED", "ended"],
  ["VOICEMAIL_DETECTED_PRECONNECT", "not_connected"],
  ["MAX_DURATION_REACHED", "ended"],
  ["IDLE_TIMEOUT", "ended"],
  ["SIP_FAILED_WRONG_NUMBER", "not_connected"],
  ["SIP_FAILED_NUMBER_BLOCKED", "not_connected"],
] as const;

describe("a call in Unpod's words", () => {
  it("knows the states of seed 000 and no others", () => {
    expect(Object.entries(UNPOD_STATES)).toEqual(states);
  });

  it.each(states.slice(0, 3))("is %s, shown as %s", (phase, status) => {
    const call = { direction: "outbound", phase } as const;
    expect(toUnpod(call)).toEqual({
      value: { state: phase, status, endReason: null },
      exact: true,
    });
  });

  it("has a status but no state before dialing", () => {
    expect(toUnpod({ direction: "outbound", phase: "pending" })).toEqual({
      value: { state: null, status: "pending", endReason: null },
      exact: true,
    });
  });

  it("knows the ten reasons of seed 000 and no others", () => {
    expect(UNPOD_END_REASONS).toEqual(reasons.map(([reason]) => reason));
  });

  it.each(reasons)("ends for %s as %s", (endReason, state) => {
    const status = new Map<string, string>(states).get(state);
    const expected = { value: { state, status, endReason }, exact: true };
    const call = callOf(plainOutcome(endReason));
    expect(toUnpod(call)).toEqual(expected);
    expect(toUnpod({ ...call, phase: "closing" })).toEqual(expected);
    expect(fromUnpod(endReason)).toBe(endReason);
  });

  it("passes our other names through and says that they are not published", () => {
    const published: readonly EndReason[] = reasons.map(([reason]) => reason);
    const others = (Object.keys(END_REASONS) as EndReason[]).filter((r) => !published.includes(r));
    expect(others).toHaveLength(Object.keys(END_REASONS).length - 10);
    for (const endReason of others) {
      const { value, exact } = toUnpod(callOf(plainOutcome(endReason)));
      expect(value.endReason).toBe(endReason);
      expect(exact).toBe(false);
    }
  });

  it("tells a withdrawn call as canceled", () => {
    expect(toUnpod(callOf(plainOutcome("CANCELED"))).value).toEqual({
      state: "canceled",
      status: "failed",
      endReason: "CANCELED",
    });
  });

  it("knows no name of ours that is not theirs", () => {
    expect(fromUnpod("SOMETHING_NEW")).toBeUndefined();
  });
});
