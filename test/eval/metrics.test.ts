import type { Verdict, VerdictLabel } from "@offhook/session";
import { describe, expect, it } from "vitest";
import type { CallClass } from "../corpus/scripts.js";
import { type JudgedCall, sideOf } from "./judge.js";
import {
  balancedAccuracy,
  beepScore,
  confusion,
  falseMachines,
  humanDecisionMs,
  percentile,
  row,
  wilson,
} from "./metrics.js";

const verdict = (label: VerdictLabel, atMs: number): Verdict => ({
  label,
  atMs,
  confidence: 0.9,
  provisional: false,
  phase: "after_answer",
  detector: "test",
  evidence: [],
});

function judged(
  truth: CallClass,
  verdicts: readonly Verdict[],
  beeps: JudgedCall["call"]["beeps"] = [],
): JudgedCall {
  return {
    call: {
      id: `${truth}-1`,
      split: "train",
      truth,
      variant: "plain",
      voice: "nobody",
      channel: {
        levelDb: -20,
        snrDb: 30,
        noise: "none",
        lossShare: 0,
        codec: "PCMU",
        clicks: 0,
      },
      sampleRate: 8_000,
      utteranceEndMs: 1_000,
      beeps,
    },
    verdicts,
    first: verdicts[0],
    final: verdicts.at(-1),
    asterisk: { verdict: "notsure", atMs: 5_000 },
  };
}

const final = (each: JudgedCall) => each.final?.label;

describe("the measures of the evaluation", () => {
  it("weigh people and machines alike, however many there are of each", () => {
    const calls = [
      judged("human", [verdict("human", 1_800)]),
      judged("voicemail", [verdict("voicemail", 3_000)]),
      judged("ivr", [verdict("voicemail", 3_000)]),
      judged("screening", [verdict("human", 3_000)]),
      judged("music", [verdict("human", 3_000)]),
    ];
    expect(balancedAccuracy(calls, final)).toBeCloseTo((1 + 2 / 3) / 2);
  });

  it("count nothing decided as a person: the agent speaks", () => {
    expect(sideOf(undefined)).toBe("human");
    expect(sideOf("screening")).toBe("machine");
    expect(sideOf("music")).toBe("neither");
  });

  it("count only people among people called machines, with Wilson's interval", () => {
    const calls = [
      judged("human", [verdict("voicemail", 2_000)]),
      judged("human", [verdict("human", 2_000)]),
      judged("voicemail", [verdict("voicemail", 2_000)]),
    ];
    const { hits, of, low, high } = falseMachines(calls, final);
    expect([hits, of]).toEqual([1, 2]);
    expect(low).toBeLessThan(0.5);
    expect(high).toBeGreaterThan(0.5);
    // 3 of 100: the interval of every textbook.
    expect(wilson(3, 100).low).toBeCloseTo(0.0103, 3);
    expect(wilson(3, 100).high).toBeCloseTo(0.0845, 3);
    expect(wilson(0, 0)).toMatchObject({ low: 0, high: 1 });
  });

  it("time a person from the end of the words to the first verdict that says so", () => {
    const late = judged("human", [verdict("voicemail", 1_200), verdict("human", 1_900)]);
    const early = judged("human", [verdict("human", 800)]);
    const machine = judged("voicemail", [verdict("human", 1_500)]);
    expect(humanDecisionMs([late, early, machine])).toEqual([900, 0]);
    expect(percentile([5, 1, 3], 0.5)).toBe(3);
    expect(percentile([], 0.5)).toBeNaN();
  });

  it("take a beep for heard from its start to 400 ms after its end, and any other for false", () => {
    const beeps = [{ fromMs: 2_000, untilMs: 2_500 }];
    const score = beepScore([
      judged("voicemail", [verdict("beep", 2_570)], beeps),
      judged("voicemail", [verdict("beep", 3_000)], beeps),
      judged("human", [verdict("beep", 700)]),
    ]);
    expect(score).toMatchObject({ lagsMs: [70], missed: ["voicemail-1"] });
    expect(score.falseAlarms).toEqual(["voicemail-1", "human-1"]);
    expect(score.precision).toBeCloseTo(1 / 3);
    expect(score.recall).toBeCloseTo(1 / 2);
    expect(score.f1).toBeCloseTo(0.4);
  });

  it("keep every label in the matrix, and what was called nothing", () => {
    const matrix = confusion([
      judged("ivr", [verdict("voicemail", 1), verdict("ivr", 2)]),
      judged("ivr", [verdict("announcement", 1)]),
      judged("silence", []),
    ]);
    expect([...(matrix.get("ivr") ?? [])]).toEqual([
      ["ivr", 1],
      ["announcement", 1],
    ]);
    expect(matrix.get("silence")?.get("none")).toBe(1);
  });

  it("say whether a goal was met, and how a peer compares", () => {
    expect(row("accuracy", 96, "%", { atLeast: 95 }, { name: "peer", value: 48 })).toMatchObject({
      met: true,
      goal: ">= 95",
      ratio: 2,
    });
    expect(row("wrong", 5, "%", { atMost: 4 })).toMatchObject({ met: false, goal: "<= 4" });
    expect(row("plain", 5, "%")).toMatchObject({ met: null, goal: null });
  });
});
