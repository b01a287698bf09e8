import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FinalResponse, LegSignal } from "../vocabulary.js";
import type { CallInput, CallSnapshot, CallTimer } from "./call-input.js";
import { advance, openCall } from "./call-machine.js";
import { type CallSettings, carrierProfileSchema, resolveLimits } from "./call-settings.js";
import { isTerminal, mayFollow } from "./call-state.js";
import { decideEnd } from "./decide-end.js";
import { END_REASONS, type EndReason, endReasonRow } from "./end-reason.js";
import { ringMsOf } from "./facts.js";
import { outcomeOf } from "./outcome.js";

const settings: CallSettings = {
  limits: resolveLimits(),
  profile: carrierProfileSchema.parse({}),
  hearsVoice: true,
};

const busy: FinalResponse = { status: 486, phrase: "Busy Here", reasonHeaders: [] };
const reason = { reasonHeaders: [] };

type Step = (atMs: number) => CallInput;
const signal =
  (of: LegSignal): Step =>
  (atMs) => ({ type: "signal", signal: { ...of, atMs } });
const timer =
  (name: CallTimer): Step =>
  (atMs) => ({ type: "timer", timer: name, atMs });
const ringing = { status: 180, phrase: "Ringing", hasSdp: false };
const answer = { status: 200, phrase: "OK", usableMedia: true, crossedCancel: false };

const dialing = signal({ type: "dialing" });
const trying = signal({ type: "provisional", response: { ...ringing, status: 100 } });
const ring = signal({ type: "provisional", response: ringing });
const answered = signal({ type: "answered", answer });
const byeFromThem = signal({ type: "far_side_ended", request: "BYE", reason });
const endByUs: Step = (atMs) => ({ type: "end", by: "agent", atMs });

/** One of everything that can happen to a call. */
const steps: readonly Step[] = [
  dialing,
  trying,
  ring,
  answered,
  byeFromThem,
  endByUs,
  signal({ type: "answered", answer: { ...answer, usableMedia: false } }),
  signal({ type: "rejected", response: busy }),
  signal({ type: "unanswered", cause: "transport", detail: "" }),
  signal({ type: "far_side_ended", request: "CANCEL", reason }),
  signal({ type: "dialog_lost", detail: "" }),
  signal({ type: "media_failed", detail: "" }),
  signal({ type: "audio_lost" }),
  signal({ type: "held", by: "far_side", held: true }),
  (atMs) => ({ type: "not_placed", reason: "NUMBER_SUPPRESSED", atMs }),
  (atMs) => ({ type: "end", by: "runtime", reason: "RUNTIME_SHUTDOWN", atMs }),
  (atMs) => ({ type: "voice", who: "agent", active: true, atMs }),
  timer("ring"),
  timer("cancel"),
  timer("maxDuration"),
];

/** Walks the steps and checks at each what must hold at each; returns how the call stands. */
function walk(direction: "outbound" | "inbound", taken: readonly Step[]) {
  let { snapshot, effects } = openCall(direction, settings);
  const running = new Set<CallTimer>();
  let closes = 0;
  const follow = (before: CallSnapshot | undefined) => {
    for (const effect of effects) {
      if (effect.type === "start_timer") running.add(effect.timer);
      if (effect.type === "stop_timer") running.delete(effect.timer);
      if (effect.type === "close") closes += 1;
      if (effect.type === "enter" && before)
        expect(mayFollow(before.state, effect.state)).toBe(true);
    }
  };
  follow(undefined);
  for (const [index, step] of taken.entries()) {
    const input = step((index + 1) * 1_000);
    if (input.type === "timer" && !running.delete(input.timer)) continue;
    const before = snapshot;
    ({ snapshot, effects } = advance(before, input));
    if (isTerminal(before.state)) expect(effects).toEqual([]);
    follow(before);
  }
  expect(closes).toBe(isTerminal(snapshot.state) ? 1 : 0);
  if (isTerminal(snapshot.state)) {
    expect(running).toEqual(new Set());
    const identity = { callId: "c", createdAtWallMs: 0 };
    const outcome = outcomeOf(identity, snapshot.facts, snapshot.states, settings.profile);
    expect(outcome.finalState).toBe(snapshot.state);
    expect(endReasonRow(outcome.endReason).finalStates).toContain(outcome.finalState);
    return { snapshot, running, endReason: outcome.endReason as EndReason | undefined };
  }
  return { snapshot, running, endReason: undefined };
}

describe("every history of a call", () => {
  it("keeps one terminal state, one close and no timer behind, and never waits without a timer", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("outbound" as const, "inbound" as const),
        fc.array(fc.constantFrom(...steps), { maxLength: 40 }),
        (direction, taken) => {
          const { snapshot, running } = walk(direction, taken);
          const offered = snapshot.facts.direction === "inbound" && snapshot.state === "ringing";
          if (!isTerminal(snapshot.state) && !offered) expect(running.size).toBeGreaterThan(0);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe("an outbound call", () => {
  it("walks dialing, ringing, active, ended", () => {
    const { snapshot, endReason } = walk("outbound", [dialing, ring, answered, byeFromThem]);
    expect(snapshot.states.map((entry) => entry.state)).toEqual([
      "pending",
      "dialing",
      "ringing",
      "active",
      "ended",
    ]);
    expect(endReason).toBe("USER_HUNG_UP_IN_CALL");
  });

  it("withdrawn and then answered all the same stays canceled, with its answer kept", () => {
    const crossed = signal({ type: "answered", answer: { ...answer, crossedCancel: true } });
    const { snapshot, endReason } = walk("outbound", [dialing, ring, endByUs, crossed]);
    expect(snapshot.state).toBe("canceled");
    expect(endReason).toBe("CANCELED");
    expect(snapshot.facts.answeredAtMs).toBe(4_000);
  });

  it("withdrawn before any response ends when nothing comes back", () => {
    const { endReason } = walk("outbound", [dialing, endByUs, timer("noResponse")]);
    expect(endReason).toBe("CANCELED");
  });

  it("whose CANCEL nobody answers ends by its own limit", () => {
    const { endReason } = walk("outbound", [dialing, ring, timer("ring"), timer("cancel")]);
    expect(endReason).toBe("USER_DID_NOT_PICK_UP");
  });

  it("stops ringing when it is withdrawn, however long the far side takes to agree", () => {
    const { snapshot } = walk("outbound", [dialing, ring, timer("ring"), timer("cancel")]);
    expect(ringMsOf(snapshot.facts)).toBe(1_000);
  });

  it("withdrawn already is over at once when the runtime shuts down", () => {
    const shutdown: Step = (atMs) => ({
      type: "end",
      by: "runtime",
      reason: "RUNTIME_SHUTDOWN",
      atMs,
    });
    const { snapshot, endReason } = walk("outbound", [dialing, ring, endByUs, shutdown]);
    expect(snapshot.state).toBe("canceled");
    expect(endReason).toBe("CANCELED");
  });

  it("says what was wrong with an answer that nobody could speak in", () => {
    const mediaProblem = "the answer refuses the audio";
    const unusable = signal({
      type: "answered",
      answer: { ...answer, usableMedia: false, mediaProblem },
    });
    const { snapshot, endReason } = walk("outbound", [dialing, ring, unusable]);
    expect(endReason).toBe("SIP_FAILED_MEDIA");
    expect(decideEnd(snapshot.facts, settings.profile).because.text).toContain(mediaProblem);
  });

  it("does not ring because a fork is over", () => {
    const over = signal({ type: "provisional", response: { ...ringing, status: 199 } });
    const { snapshot } = walk("outbound", [dialing, over]);
    expect(snapshot.state).toBe("dialing");
    expect(snapshot.facts.provisional).toHaveLength(1);
  });

  it("keeps no more evidence of one kind than anybody reads", () => {
    const { snapshot } = walk("outbound", [dialing, ...Array.from({ length: 500 }, () => ring)]);
    expect(snapshot.facts.provisional).toHaveLength(100);
  });

  it("lost after answer says what lost it", () => {
    const lost = signal({ type: "dialog_lost", detail: "A session refresh met 481." });
    const { snapshot } = walk("outbound", [dialing, answered, lost]);
    expect(decideEnd(snapshot.facts, settings.profile).because.text).toMatch(/481/);
  });

  it("that only ever got a 100 is the provider's fault", () => {
    const late = signal({ type: "rejected", response: { ...busy, status: 487 } });
    const { endReason } = walk("outbound", [dialing, trying, timer("progress"), late]);
    expect(endReason).toBe("SIP_FAILED_PROVIDER_UNAVAILABLE");
  });

  it("answered without usable media is not connected but keeps its answer", () => {
    const deaf = signal({ type: "answered", answer: { ...answer, usableMedia: false } });
    const { snapshot, endReason } = walk("outbound", [dialing, ring, deaf]);
    expect(endReason).toBe("SIP_FAILED_MEDIA");
    expect(snapshot.facts.answeredAtMs).toBe(3_000);
  });

  it("does not count silence while the agent speaks", () => {
    const speaks: Step = (atMs) => ({ type: "voice", who: "agent", active: true, atMs });
    const stops: Step = (atMs) => ({ type: "voice", who: "agent", active: false, atMs });
    expect(walk("outbound", [dialing, answered, speaks]).running).not.toContain("userSilence");
    expect(walk("outbound", [dialing, answered, speaks, stops]).running).toContain("userSilence");
  });
});

it("every reason in the table names at least one final state", () => {
  for (const row of Object.values(END_REASONS)) expect(row.finalStates.length).toBeGreaterThan(0);
});
