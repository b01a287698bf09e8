import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CallInput, CallTimer } from "../call/call-input.js";
import { advance, openCall } from "../call/call-machine.js";
import { type CallSettings, carrierProfileSchema, resolveLimits } from "../call/call-settings.js";
import { isTerminal } from "../call/call-state.js";
import { END_REASONS, type EndReason } from "../call/end-reason.js";
import { outcomeOf } from "../call/outcome.js";
import type { CallFault, CallSignal, VerdictLabel } from "../vocabulary.js";
import { redactInput } from "./redact.js";
import { replayJournal } from "./replay-journal.js";

const settings: CallSettings = {
  limits: resolveLimits(),
  profile: carrierProfileSchema.parse({}),
  hearsVoice: true,
};
const createdAtWallMs = Date.UTC(2026, 0, 2, 3, 4, 5);
const at = new Date(createdAtWallMs).toISOString();

const optional = <Value>(name: string, value: fc.Arbitrary<Value>) =>
  fc.option(value, { nil: undefined }).map((one) => (one === undefined ? {} : { [name]: one }));
const merged = (...parts: fc.Arbitrary<object>[]) =>
  fc.tuple(...parts).map((all) => Object.assign({}, ...all) as object);

const retarget = optional(
  "retarget",
  fc.record({
    diversion: fc.array(fc.string(), { maxLength: 2 }),
    historyInfo: fc.constant([]),
    toVoicemail: fc.boolean(),
  }),
);
const evidence = merged(
  fc.record({ reasonHeaders: fc.array(fc.string(), { maxLength: 2 }) }),
  optional("q850", fc.constantFrom(1, 16, 17, 18, 20, 21, 34)),
  optional("q850Location", fc.constantFrom("U", "LN")),
);
const responseOf = (...statuses: number[]) =>
  fc.record({ status: fc.constantFrom(...statuses), phrase: fc.string() });
const answer = merged(
  responseOf(200),
  fc.record({ usableMedia: fc.boolean(), crossedCancel: fc.boolean() }),
  retarget,
);

/** Any signal of each type; a type that is added to the vocabulary has to be added here. */
const signals = {
  dialing: fc.constant({}),
  provisional: fc.record({
    response: merged(
      responseOf(100, 180, 183),
      fc.record({ hasSdp: fc.boolean() }),
      optional("toTag", fc.string()),
      retarget,
    ),
  }),
  answered: fc.record({ answer }),
  rejected: fc.record({
    response: merged(responseOf(302, 404, 408, 480, 486, 487, 503, 603), evidence, retarget),
  }),
  unanswered: fc.record({
    cause: fc.constantFrom("timeout", "transport", "not_joined"),
    detail: fc.string(),
  }),
  far_side_ended: fc.record({ request: fc.constantFrom("BYE", "CANCEL"), reason: evidence }),
  dialog_lost: fc.record({ detail: fc.string() }),
  media_failed: fc.record({ detail: fc.string() }),
  audio_started: fc.constant({}),
  audio_lost: fc.constant({}),
  audio_resumed: fc.constant({}),
  audio_undelivered: fc.constant({}),
  audio_delivered: fc.constant({}),
  held: fc.record({ by: fc.constantFrom("far_side", "us"), held: fc.boolean() }),
  dtmf: fc.record({
    digit: fc.constantFrom("1", "#"),
    durationMs: fc.nat(400),
    via: fc.constantFrom("rtp", "info", "audio"),
  }),
  transfer: fc.record({
    progress: merged(
      fc.record({ status: fc.constantFrom("accepted", "trying", "completed", "failed") }),
      optional("sipStatus", fc.constantFrom(200, 486)),
    ),
  }),
  transfer_request: fc.record({
    request: merged(
      fc.record({ requestId: fc.string(), target: fc.string(), attended: fc.boolean() }),
      optional("referredBy", fc.string()),
    ),
  }),
  transfer_followed: fc.record({
    requestId: fc.string(),
    progress: fc.record({ status: fc.constantFrom("accepted", "completed", "failed") }),
  }),
  far_side_changed: fc.record({ how: fc.constantFrom("transfer", "replaces") }),
  text: fc.record({ contentType: fc.constantFrom("text/plain", ""), body: fc.string() }),
} satisfies Record<CallSignal["type"], fc.Arbitrary<object>>;

const timers: CallTimer[] = ["registeredCall", "noResponse", "ring", "cancel", "maxDuration"];
const labels: VerdictLabel[] = ["human", "voicemail", "beep", "announcement", "ivr"];
const fault: CallFault = { code: "HOOK_THREW", message: "m", at, where: "w", phase: "active" };
const reason = fc.constantFrom(...(Object.keys(END_REASONS) as EndReason[]));

/** Any input of each type, at a time that is filled in later. */
const inputs = {
  signal: fc.oneof(
    ...Object.entries(signals).map(([type, more]) =>
      (more as fc.Arbitrary<object>).map((one) => ({ signal: { type, ...one } })),
    ),
  ),
  timer: fc.record({ timer: fc.constantFrom(...timers) }),
  end: merged(
    fc.record({ by: fc.constantFrom("agent", "api", "runtime") }),
    optional("reason", reason),
    optional("refusal", fc.constantFrom(486, 603)),
  ),
  not_placed: fc.record({ reason }),
  verdict: fc.record({
    verdict: merged(
      fc.record({
        label: fc.constantFrom(...labels),
        confidence: fc.double({ min: 0, max: 1, noNaN: true }),
        provisional: fc.boolean(),
        phase: fc.constantFrom("before_answer", "after_answer"),
        detector: fc.string(),
        evidence: fc.constant([
          { rule: "r", inputs: { transcript: "hello", heardMs: 3 }, thresholds: { atLeast: 2 } },
        ]),
      }),
      optional("kind", fc.constantFrom("number_changed", "not_in_service")),
    ),
  }),
  voice: fc.record({ who: fc.constantFrom("user", "agent"), active: fc.boolean() }),
  user_turn: optional("text", fc.string()),
  message: fc.constant({
    message: { name: "m", playedMs: 1, totalMs: 2, complete: false },
  }),
  fault: fc.constantFrom("active" as const, "closing" as const).map((phase) => ({
    fault: { ...fault, phase },
  })),
} satisfies Record<CallInput["type"], fc.Arbitrary<object>>;

const anyInput = fc.oneof(
  ...Object.entries(inputs).map(([type, more]) =>
    (more as fc.Arbitrary<object>).map((one) => ({ type, ...one }) as CallInput),
  ),
);

function timed(input: CallInput, atMs: number): CallInput {
  if (input.type === "signal") return { ...input, signal: { ...input.signal, atMs } };
  if (input.type === "verdict") return { ...input, verdict: { ...input.verdict, atMs } };
  return { ...input, atMs };
}

/** Calls mostly get somewhere: half the histories begin as real ones do. */
const dialing: CallInput = { type: "signal", signal: { type: "dialing", atMs: 0 } };
const ringing: CallInput = {
  type: "signal",
  signal: {
    type: "provisional",
    atMs: 0,
    response: { status: 180, phrase: "Ringing", hasSdp: false },
  },
};
const begun = fc.constantFrom([], [dialing], [dialing, ringing]);

const history = fc
  .record({
    direction: fc.constantFrom("outbound" as const, "inbound" as const),
    begun,
    rest: fc.array(fc.tuple(anyInput, fc.nat(20_000)), { maxLength: 30 }),
  })
  .map(({ direction, begun, rest }) => {
    let now = 0;
    const inputs = [...begun, ...rest.map(([input]) => input)].map((input, index) => {
      now += rest[index]?.[1] ?? 100;
      return timed(input, now);
    });
    return { direction, inputs };
  });

type History = typeof history extends fc.Arbitrary<infer Of> ? Of : never;

function liveOutcome({ direction, inputs }: History) {
  let { snapshot } = openCall(direction, settings);
  const late: CallFault[] = [];
  for (const input of inputs) {
    if (isTerminal(snapshot.state) && input.type === "fault" && input.fault.phase === "closing")
      late.push(input.fault);
    snapshot = advance(snapshot, input).snapshot;
  }
  if (!isTerminal(snapshot.state)) return undefined;
  const identity = { callId: "call-1", createdAtWallMs };
  const outcome = outcomeOf(identity, snapshot.facts, snapshot.states, settings.profile);
  return { ...outcome, errors: [...outcome.errors, ...late] };
}

function linesOf({ direction, inputs }: History): string[] {
  const header = { version: 1, callId: "call-1", direction, createdAtWallMs, settings };
  return [
    JSON.stringify({ type: "header", atMs: 0, at, ...header }),
    ...inputs.map((input) => JSON.stringify({ type: "input", atMs: 0, at, input })),
  ];
}

describe("a journal replays", () => {
  it("to the identical outcome, whatever happened", () => {
    let ended = 0;
    fc.assert(
      fc.property(history, (one) => {
        const { outcome } = replayJournal(linesOf(one));
        expect(outcome).toEqual(liveOutcome(one));
        if (outcome) ended += 1;
      }),
      { numRuns: 3_000 },
    );
    expect(ended).toBeGreaterThan(1_000);
  });

  it("to the same reason when its private fields were taken out", () => {
    fc.assert(
      fc.property(history, ({ direction, inputs }) => {
        const redacted = { direction, inputs: inputs.map(redactInput) };
        const { outcome } = replayJournal(linesOf(redacted));
        const live = liveOutcome({ direction, inputs });
        expect(outcome?.endReason).toBe(live?.endReason);
        expect(outcome?.because).toEqual(live?.because);
      }),
      { numRuns: 1_000 },
    );
  });

  it("a call that was cut off as far as it got", () => {
    const { outcome, snapshot } = replayJournal(
      linesOf({ direction: "outbound", inputs: [dialing, ringing] }),
    );
    expect(outcome).toBeUndefined();
    expect(snapshot.state).toBe("ringing");
  });

  it("and says where it differs from what was recorded", () => {
    const end: CallInput = { type: "end", by: "api", atMs: 5 };
    const lines = linesOf({ direction: "outbound", inputs: [end] });
    const state = JSON.stringify({ type: "state", atMs: 0, at, state: "dialing" });
    const finalState = "ended";
    const closed = { endReason: "AGENT_HUNG_UP", finalState, endedBy: "agent" };
    const recorded = JSON.stringify({ type: "end", atMs: 5, at, ...closed });
    expect(replayJournal([...lines, state, recorded]).differences).toEqual([
      "It recorded the states dialing but replays pending, canceled.",
      "It recorded the end AGENT_HUNG_UP (ended) but replays CANCELED (canceled).",
    ]);
  });
});
