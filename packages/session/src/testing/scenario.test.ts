import { describe, expect, it } from "vitest";
import { isOffhookError } from "../errors.js";
import { Callee, Caller, callerScenarioOf, scenarioOf } from "./scenario.js";

const callee = new Callee();
const call = { to: "+12025550100", from: undefined, headers: {} };

function failureOf(build: () => unknown): string {
  try {
    build();
  } catch (thrown) {
    expect(isOffhookError(thrown, "INVALID_OPTION")).toBe(true);
    return String(thrown);
  }
  return "nothing was thrown";
}

describe("scenario", () => {
  it("is plain data, in the order it was written", () => {
    const { steps } = callee
      .ring({ durationMs: 1_000 })
      .answer()
      .speak("hello")
      .silence({ durationMs: 400 })
      .beep({ frequencyHz: 1_000, durationMs: 400 })
      .hangUp({ reason: { protocol: "Q.850", cause: 16 } });
    expect(steps.map(({ type }) => type)).toEqual([
      "ring",
      "answer",
      "speak",
      "silence",
      "tone",
      "hang_up",
    ]);
    expect(JSON.parse(JSON.stringify(steps[5]))).toEqual({
      type: "hang_up",
      reason: { protocol: "Q.850", cause: 16 },
    });
  });

  it("leaves the shorter scenario as it was", () => {
    const ringing = callee.ring({ durationMs: 10 });
    ringing.answer();
    expect(ringing.steps).toHaveLength(1);
  });

  it("allows audio in early media, and goes on to the answer", () => {
    const { steps } = callee.earlyMedia().tone({ frequenciesHz: [440, 480], durationMs: 2_000 });
    expect(steps[0]).toMatchObject({ status: 183, earlyMedia: true });
    expect(callee.earlyMedia().speak("hello").answer().steps).toHaveLength(3);
    expect(callee.earlyMedia().speak("announcement_not_in_service").reject(404).steps).toHaveLength(
      3,
    );
  });

  it.each([
    ["after hangUp()", () => callee.answer().hangUp().speak("hello")],
    ["after reject()", () => callee.reject(486).answer()],
    ["after ring()", () => callee.ring().answer()],
    ["after talkOn()", () => callee.answer().talkOn().hangUp()],
    ["after ignore()", () => callee.ignore().ring()],
    ["after stayOn()", () => callee.answer().stayOn().hangUp()],
    ["ring() cannot come after answer()", () => callee.answer().ring()],
    ["answer() cannot come after answer()", () => callee.answer().answer()],
    ["reject() cannot come after answer()", () => callee.answer().reject(486)],
    ["speak() cannot come before the line is open", () => callee.speak("hello")],
    ["hangUp() cannot come before answer()", () => callee.earlyMedia().hangUp()],
    [
      "challenge() is not the first step",
      () => callee.trying().challenge({ username: "a", password: "b" }),
    ],
    ["waitForAnswer() is not the first step", () => new Caller().speak("hello").waitForAnswer()],
  ])("refuses a step out of place: %s", (message, build) => {
    expect(failureOf(build)).toContain(message);
  });

  it.each([
    ["durationMs is 0", () => callee.ring({ durationMs: 0 })],
    ["durationMs is NaN", () => callee.answer().silence({ durationMs: Number.NaN })],
    ["durationMs is -5", () => callee.answer().beep({ durationMs: -5 })],
    ["200 is no status from 300 to 699", () => callee.reject(200)],
    ["183.5 is no status", () => callee.ring({ status: 183.5 })],
    ["frequencyHz is 9000", () => callee.answer().beep({ frequencyHz: 9_000 })],
    ["frequenciesHz is empty", () => callee.answer().tone({ frequenciesHz: [], durationMs: 5 })],
    ['"12x" are no keys', () => callee.answer().pressKeys("12x")],
    ["count is 0", () => callee.answer().waitForDigits({ count: 0, timeoutMs: 10 })],
    [
      "128 is no Q.850 cause",
      () => callee.reject(480, { reason: { protocol: "Q.850", cause: 128 } }),
    ],
    ['no clip "helo"', () => callee.answer().speak("helo" as "hello")],
    ["it has no steps", () => scenarioOf((nobody) => nobody, call)],
  ])("refuses a value out of range: %s", (message, build) => {
    expect(failureOf(build)).toContain(message);
  });

  it("lets a callee depend on what was dialled", () => {
    const script = (someone: Callee, { to }: { to: string }) =>
      to.endsWith("1") ? someone.reject(486) : someone.answer();
    expect(scenarioOf(script, { ...call, to: "1" }).steps[0]?.type).toBe("reject");
    expect(scenarioOf(script, call).steps[0]?.type).toBe("answer");
  });

  it("makes a caller wait for the answer first", () => {
    expect(callerScenarioOf((caller) => caller.speak("hello")).steps[0]?.type).toBe(
      "wait_for_answer",
    );
    expect(
      callerScenarioOf((caller) => caller.waitForAnswer({ giveUpAfterMs: 5 }).hangUp()).steps,
    ).toHaveLength(2);
  });
});
