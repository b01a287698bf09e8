import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defaultDetectors } from "../default-detectors.js";
import { type DetectorContext, type DetectorInstance, defineDetector } from "../detector.js";
import { silence, speech, tone } from "../test-support/synthetic-speech.js";
import { type DetectorCase, describeDetector } from "./describe-detector.js";

for (const detector of defaultDetectors()) describeDetector({ describe, it }, () => detector);

/** Runs the contract without a test runner; returns what failed, and why. */
function failures(
  create: (context: DetectorContext) => DetectorInstance,
  cases: readonly DetectorCase[] = [],
): Readonly<Record<string, string>> {
  const failed: Record<string, string> = {};
  const runner = {
    describe: (_name: string, body: () => void) => body(),
    it(name: string, body: () => void) {
      try {
        body();
      } catch (error) {
        failed[name] = (error as Error).message;
      }
    },
  };
  const make = defineDetector({
    name: "under-test",
    options: z.object({}),
    create: (_options, context) => create(context),
  });
  describeDetector(runner, () => make(), cases);
  return failed;
}

const AT_ONCE = "returns at once, and takes its time from the call's clock";
const report = { label: "human", confidence: 0.9, rule: "spoke", inputs: { words: 1 } } as const;

describe("the detector contract", () => {
  it("has nothing against a detector that does nothing", () => {
    expect(failures(() => ({}))).toEqual({});
  });

  it.each([
    ["an async method", () => ({ onFrame: async () => {} }), "onFrame() returned a promise"],
    [
      "an async method that rejects",
      () => ({ onSignal: () => Promise.reject(new Error("later")) }),
      "onSignal() returned a promise",
    ],
    ["no instance", () => undefined as never, "create() returned no object"],
    [
      "a timer of the process",
      () => ({ onFrame: () => void setTimeout(() => {}, 1) }),
      "setTimeout() was used",
    ],
  ])("names %s", (_what, create, message) => {
    const real = globalThis.setTimeout;
    expect(failures(create)[AT_ONCE]).toContain(message);
    expect(globalThis.setTimeout).toBe(real);
  });

  it("names state that calls share, reports without reasons, and words before anything happened", () => {
    let calls = 0;
    expect(
      failures(({ report: tell }) => {
        calls++;
        return { onFrame: () => (calls > 1 ? tell(report) : undefined) };
      }),
    ).toHaveProperty("gives each call an instance of its own");
    expect(
      failures(({ report: tell }) => {
        tell(report);
        return {};
      }),
    ).toHaveProperty("says nothing about a call without signals or audio");
    const mute = { label: "human", confidence: 0.9, rule: "spoke" } as const;
    const cases: readonly DetectorCase[] = [{ name: "x", samples: speech(800), expect: "human" }];
    expect(failures(({ report: tell }) => ({ onFrame: () => tell(mute) }), cases)).toHaveProperty(
      "gives its reasons: a rule, and what it measured",
    );
  });

  it("tells what there was to hear when a case ends otherwise", () => {
    const samples = [silence(300), speech(800), silence(1_000), tone(400, 1_000), silence(300)];
    const listens = ({ audio, report: tell }: DetectorContext) => {
      audio.onUtterance(() => tell({ ...report, kind: "spoke" }));
      return {};
    };
    const failed = failures(listens, [
      { name: "a label", samples, expect: "voicemail" },
      { name: "a kind", samples, expect: "human", kind: "shouted" },
      { name: "the kind it is", samples, expect: "human", kind: "spoke" },
    ]);
    expect(Object.keys(failed)).toEqual(["a label", "a kind"]);
    expect(failed["a label"]).toMatch(
      /expected voicemail, got human \(spoke\)\. It reported human \(spoke\) by spoke at .*Speech was heard from 0\.\d+ to .*tones from 2\.\d+ to 2\.\d+ s \(1000 Hz\)/,
    );
    expect(failed["a kind"]).toContain("expected shouted, got human (spoke)");
  });
});
