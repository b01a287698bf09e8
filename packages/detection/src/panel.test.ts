import type { CallSignal, HeardFrame, Verdict } from "@offhook/session/vocabulary";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Detector, defineDetector } from "./detector.js";
import { explain } from "./explain.js";
import { createPanel, type DetectorFault } from "./panel.js";
import { VirtualClock } from "./replay/virtual-clock.js";
import { speech } from "./test-support/synthetic-speech.js";

const bye: CallSignal = {
  type: "far_side_ended",
  request: "BYE",
  reason: { reasonHeaders: [] },
  atMs: 10,
};

function panelOf(detectors: readonly Detector[], stopwatch?: () => number) {
  const clock = new VirtualClock();
  const verdicts: Verdict[] = [];
  const faults: DetectorFault[] = [];
  const panel = createPanel({
    detectors,
    clock,
    call: { callId: "c1", direction: "outbound" },
    onVerdict: (verdict) => verdicts.push(verdict),
    onFault: (fault) => faults.push(fault),
    deadAir: false,
    ...(stopwatch ? { stopwatch } : {}),
  });
  return { clock, panel, verdicts, faults };
}

const onBye = (name: string, label: Verdict["label"], confidence: number, provisional = false) =>
  defineDetector({
    name,
    options: z.strictObject({}),
    create: (_, { report }) => ({
      onSignal: () =>
        report({
          label,
          confidence,
          provisional,
          rule: name,
          inputs: { x: 1 },
          thresholds: { y: 2 },
        }),
    }),
  })();

const silentFrame = (atMs: number): HeardFrame => ({
  data: new Int16Array(160),
  sampleRate: 8_000,
  channels: 1,
  samplesPerChannel: 160,
  atMs,
  phase: "active",
});

describe("the panel", () => {
  it("gives its verdict before onSignal returns", () => {
    const { panel, verdicts } = panelOf([onBye("a", "voicemail", 0.8)]);
    panel.onSignal(bye);
    expect(verdicts).toHaveLength(1);
    expect(panel.verdict).toMatchObject({
      label: "voicemail",
      detector: "a",
      phase: "before_answer",
    });
    expect(panel.verdict?.confidence).toBeCloseTo(0.8);
  });

  it("weighs all detectors before it decides, whatever their order", () => {
    const weak = onBye("weak", "human", 0.6);
    const strong = onBye("strong", "voicemail", 0.9);
    for (const detectors of [
      [weak, strong],
      [strong, weak],
    ]) {
      const { panel, verdicts } = panelOf(detectors);
      panel.onSignal(bye);
      expect(verdicts.map(({ label }) => label)).toEqual(["voicemail"]);
      expect(verdicts[0]?.runnerUp?.label).toBe("human");
    }
  });

  it("keeps for the answered call what a listener answers it with", () => {
    const closed: string[] = [];
    const done: Detector = {
      name: "done",
      doneOnceFinal: true,
      create: () => ({ close: () => closed.push("done") }),
    };
    const panel = createPanel({
      detectors: [done, onBye("sure", "announcement", 0.95)],
      clock: new VirtualClock(),
      call: { callId: "c1", direction: "outbound" },
      deadAir: false,
      onVerdict: () => panel.onFrame(silentFrame(0)),
    });
    panel.onSignal(bye);
    expect(panel.verdict).toBeUndefined();
    expect(closed).toEqual([]);
  });

  it("leaves no timer of a detector that is closed by its own report", () => {
    const done: Detector = {
      name: "done",
      doneOnceFinal: true,
      create({ report, clock }) {
        clock.setTimeout(() => {
          report({ label: "human", confidence: 0.99, rule: "sure" });
          clock.setInterval(() => {}, 100);
        }, 50);
        return {};
      },
    };
    const { panel, clock } = panelOf([done]);
    panel.onFrame(silentFrame(0));
    clock.advanceTo(1_000);
    panel.close();
    expect(panel.verdict?.label).toBe("human");
    expect(clock.pending).toBe(0);
  });

  it("counts what a detector reports while it is made", () => {
    const early: Detector = {
      name: "early",
      create({ report }) {
        report({ label: "fax", confidence: 0.9, rule: "known-before" });
        return {};
      },
    };
    const { verdicts, faults } = panelOf([early]);
    expect(faults).toEqual([]);
    expect(verdicts.map(({ label }) => label)).toEqual(["fax"]);
  });

  it("closes a detector that is done once the verdict after answer is final, and no other", () => {
    const closed: string[] = [];
    const listening = (name: string, doneOnceFinal: boolean) => {
      const heardMs: number[] = [];
      const detector = defineDetector({
        name,
        doneOnceFinal,
        options: z.strictObject({}),
        create(_, { audio }) {
          audio.onHop(({ atMs }) => heardMs.push(atMs));
          return { close: () => closed.push(name) };
        },
      });
      return { heardMs, detector: detector() };
    };
    const done = listening("done", true);
    const hearing = listening("hearing", false);
    let maybe = false;
    const sure: Detector = {
      name: "sure",
      create: ({ report }) => ({
        onSignal: () =>
          report({ label: "human", confidence: 0.9, provisional: maybe, rule: "bye" }),
      }),
    };
    const { panel } = panelOf([done.detector, hearing.detector, sure]);
    const play = (phase: HeardFrame["phase"], fromMs: number) => {
      for (let at = 0; at < 800; at += 160)
        panel.onFrame({
          data: speech(200).subarray(at, at + 160),
          sampleRate: 8_000,
          channels: 1,
          samplesPerChannel: 160,
          atMs: fromMs + at / 8,
          phase,
        });
    };
    panel.onSignal(bye);
    play("early", 0);
    expect(done.heardMs, "a verdict before answer is of another party").toHaveLength(5);
    play("active", 100);
    expect(done.heardMs, "nothing is decided yet").toHaveLength(10);
    maybe = true;
    panel.onSignal(bye);
    play("active", 200);
    expect(done.heardMs, "the verdict may change").toHaveLength(15);
    maybe = false;
    panel.onSignal(bye);
    play("active", 300);
    expect(done.heardMs).toHaveLength(15);
    expect(hearing.heardMs).toHaveLength(20);
    expect(closed).toEqual(["done"]);
    panel.close();
    expect(closed).toEqual(["done", "hearing"]);
  });

  it("tells once why audio is not heard, and hears what comes after it", () => {
    const { panel, faults } = panelOf([]);
    const voice: number[] = [];
    panel.onVoice((_active, atMs) => voice.push(atMs));
    const frame = (atMs: number, odd: object = {}) => {
      const data = new Int16Array(160);
      panel.onFrame({
        ...{ data, sampleRate: 8_000, channels: 1, samplesPerChannel: 160, phase: "active" },
        ...odd,
        atMs,
      } as HeardFrame);
    };
    for (let index = 0; index < 100; index++) {
      frame(index * 20, { sampleRate: 4_000 });
      frame(Number.NaN);
      frame(Number.POSITIVE_INFINITY);
      frame(index * 20, { channels: 0 });
    }
    expect(faults.map(({ message }) => message)).toEqual([
      "audio was not heard: cannot analyse audio at 4000 Hz",
      "audio was not heard: cannot analyse a frame that begins at NaN ms",
      "audio was not heard: cannot analyse a frame that begins at Infinity ms",
      "audio was not heard: cannot analyse 0 channels",
    ]);
    const talk = speech(600);
    for (let at = 0; at < talk.length; at += 160)
      frame(2_000 + at / 8, { data: talk.slice(at, at + 160) });
    expect(voice[0]).toBeGreaterThan(1_900);
    panel.close();
  });

  it("lets a provisional verdict be revised and a final one stand", () => {
    let say: Parameters<Parameters<Detector["create"]>[0]["report"]>[0] | undefined;
    const detector = defineDetector({
      name: "changes-its-mind",
      options: z.strictObject({}),
      create: (_, { report }) => ({ onSignal: () => say && report(say) }),
    })();
    const { panel, verdicts } = panelOf([detector]);
    const steps = [
      { label: "human", confidence: 0.7, provisional: true },
      { label: "voicemail", confidence: 0.9 },
      { label: "human", confidence: 0.99 },
    ] as const;
    for (const step of steps) {
      say = { ...step, rule: "r" };
      panel.onSignal(bye);
    }
    expect(verdicts.map(({ label, provisional }) => [label, provisional])).toEqual([
      ["human", true],
      ["voicemail", false],
    ]);
    expect(panel.ledger).toHaveLength(3);
  });

  it("drops a detector that throws, reports it once, and goes on", () => {
    const broken = defineDetector({
      name: "broken",
      options: z.strictObject({}),
      create: () => ({
        onSignal() {
          throw new Error("boom");
        },
      }),
    })();
    const { panel, verdicts, faults } = panelOf([broken, onBye("a", "fax", 0.9)]);
    panel.onSignal(bye);
    panel.onSignal(bye);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatchObject({ code: "DETECTOR_FAILED", where: "detector:broken" });
    expect(verdicts[0]?.label).toBe("fax");
  });

  it("drops a detector that throws from a timer, rejects, or reports nonsense", async () => {
    const make = (name: string, create: Detector["create"]): Detector => ({ name, create });
    const { panel, clock, faults } = panelOf([
      make("timer", ({ clock: own }) => {
        own.setTimeout(() => {
          throw new Error("late");
        }, 100);
        return {};
      }),
      make("async", () => ({
        onSignal: (async () => Promise.reject(new Error("no"))) as () => void,
      })),
      make("nonsense", ({ report }) => ({
        onSignal: () => report({ label: "human", confidence: Number.NaN, rule: "r" }),
      })),
    ]);
    panel.onSignal(bye);
    clock.advanceTo(200);
    await new Promise(setImmediate);
    expect(faults.map(({ detector }) => detector).sort()).toEqual(["async", "nonsense", "timer"]);
  });

  it("drops a detector that is slow again and again, not one that was slow once", () => {
    let nowMs = 0;
    let slowness = 0;
    const slow = defineDetector({
      name: "slow",
      options: z.strictObject({}),
      create: () => ({
        onFrame() {
          nowMs += slowness;
        },
      }),
    })();
    const { panel, faults } = panelOf([slow], () => nowMs);
    const frame = (index: number) => ({
      data: new Int16Array(160),
      sampleRate: 8_000,
      channels: 1,
      samplesPerChannel: 160,
      atMs: index * 20,
      phase: "active" as const,
    });
    slowness = 300;
    panel.onFrame(frame(0));
    slowness = 0;
    for (let index = 1; index < 50; index++) panel.onFrame(frame(index));
    expect(faults).toEqual([]);
    slowness = 50;
    for (let index = 50; index < 80; index++) panel.onFrame(frame(index));
    expect(faults).toMatchObject([{ detector: "slow", code: "DETECTOR_FAILED" }]);
  });

  it.each([2, 3, 4, 5, 7, 8, 10, 25, 50])(
    "finds a detector that is slow every %i frames",
    (every) => {
      for (let offset = 0; offset < every; offset++) {
        let nowMs = 0;
        let frames = offset;
        const slow = defineDetector({
          name: "slow",
          options: z.strictObject({}),
          create: () => ({
            onFrame() {
              nowMs += frames++ % every === 0 ? 60 : 0;
            },
          }),
        })();
        const { panel, faults } = panelOf([slow], () => nowMs);
        for (let index = 0; index < 3_000 && faults.length === 0; index++)
          panel.onFrame(silentFrame(index * 20));
        expect(faults, `from frame ${offset} on`).toHaveLength(1);
      }
    },
  );

  it("is quiet after close", () => {
    const { panel, verdicts } = panelOf([onBye("a", "fax", 0.9)]);
    panel.close();
    panel.close();
    panel.onSignal(bye);
    expect(verdicts).toEqual([]);
  });

  it("explains a verdict in one sentence", () => {
    const { panel } = panelOf([onBye("a", "voicemail", 0.8)]);
    panel.onSignal(bye);
    expect(panel.verdict && explain(panel.verdict)).toBe(
      "voicemail (decided, 80 %) before answer at 0 ms, by a: a with x 1 against y 2.",
    );
  });
});

describe("defineDetector", () => {
  const sample = defineDetector({
    name: "sample",
    options: z.strictObject({ minMs: z.number().int().positive().default(10) }),
    create: () => ({}),
  });

  it("names the option that is wrong, with offhook's own brand and code", () => {
    const attempt = () => sample({ minMs: -5 });
    expect(attempt).toThrow(/sample: option "minMs" cannot be -5/);
    try {
      attempt();
    } catch (error) {
      expect(error).toMatchObject({ code: "INVALID_OPTION", [Symbol.for("offhook.error")]: true });
    }
  });

  it("needs no options where all have defaults", () => {
    expect(sample().name).toBe("sample");
    expect(sample.detectorName).toBe("sample");
  });
});
