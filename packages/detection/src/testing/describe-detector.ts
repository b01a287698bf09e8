import type { CallSignal, HeardFrame, VerdictLabel } from "@offhook/session/vocabulary";
import type { Detector, DetectorReport } from "../detector.js";
import { createPanel, type DetectorFault } from "../panel.js";
import { replayAudio } from "../replay/replay-audio.js";
import { VirtualClock } from "../replay/virtual-clock.js";

/** The part of a test runner that the suite needs; vitest, jest and `node:test` all have it. */
export interface TestRunner {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => void): void;
}

export interface DetectorCase {
  readonly name: string;
  readonly samples?: Int16Array;
  readonly sampleRate?: number;
  readonly signals?: readonly CallSignal[];
  readonly tailMs?: number;
  /** What must stand at the end; `undefined` for no verdict at all. */
  readonly expect: VerdictLabel | undefined;
}

/**
 * The contract every detector keeps, built-in or your own:
 * `describeDetector({ describe, it }, () => onHoldMusic({ minMs: 8_000 }), cases)`.
 */
export function describeDetector(
  runner: TestRunner,
  make: () => Detector,
  cases: readonly DetectorCase[] = [],
): void {
  const { name } = make();
  runner.describe(`detector contract: ${name}`, () => {
    runner.it("has a kebab-case name", () => {
      assert(/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name), `"${name}" is not kebab case`);
    });
    runner.it("gives each call an instance of its own", () => {
      const detector = make();
      const first = feed(detector, noise(3));
      const second = feed(detector, noise(3));
      assert(
        JSON.stringify(first.reports) === JSON.stringify(second.reports),
        "a second call was judged differently from the first on the same audio",
      );
    });
    runner.it("says nothing about a call without signals or audio", () => {
      const { reports } = feed(make(), []);
      assert(reports.length === 0, `reported ${JSON.stringify(reports)}`);
    });
    for (const [what, frames] of Object.entries(HARD_FRAMES))
      runner.it(`survives ${what}`, () => {
        const { faults } = feed(make(), frames());
        assert(faults.length === 0, faults[0]?.message ?? "");
      });
    runner.it("survives every kind of signal, in any order", () => {
      const { faults } = feed(make(), [], [...ALL_SIGNALS, ...[...ALL_SIGNALS].reverse()]);
      assert(faults.length === 0, faults[0]?.message ?? "");
    });
    runner.it("leaves no timer running and says nothing after close", () => {
      const { timersLeft, lateReports } = feed(make(), noise(2));
      assert(timersLeft === 0, `${timersLeft} timers left`);
      assert(lateReports === 0, `${lateReports} reports after close`);
    });
    runner.it("gives its reasons: a rule, and a threshold for what it measured", () => {
      for (const each of cases) {
        const { ledger } = run(make(), each);
        for (const { report } of ledger) {
          assert(report.rule.length > 0, "a report without a rule");
          if (report.label === "unknown") continue;
          const measured = Object.keys(report.inputs ?? {}).length;
          assert(measured > 0, `rule "${report.rule}" names no inputs`);
        }
      }
    });
    for (const each of cases)
      runner.it(each.name, () => {
        const { verdict, verdicts, faults } = run(make(), each);
        assert(faults.length === 0, faults[0]?.message ?? "");
        const label = each.expect === "beep" ? verdicts.at(-1)?.label : verdict?.label;
        assert(label === each.expect, `expected ${each.expect ?? "no verdict"}, got ${label}`);
      });
  });
}

function run(detector: Detector, each: DetectorCase) {
  return replayAudio({
    detectors: [detector],
    samples: each.samples ?? new Int16Array(0),
    sampleRate: each.sampleRate ?? 8_000,
    ...(each.signals ? { signals: each.signals } : {}),
    tailMs: each.tailMs ?? 0,
    deadAir: false,
  });
}

function feed(
  detector: Detector,
  frames: readonly HeardFrame[],
  signals: readonly CallSignal[] = [],
) {
  const clock = new VirtualClock();
  const reports: DetectorReport[] = [];
  const faults: DetectorFault[] = [];
  let closed = false;
  let lateReports = 0;
  const panel = createPanel({
    detectors: [
      {
        name: detector.name,
        create: (context) =>
          detector.create({
            ...context,
            report: (report) => {
              if (closed) lateReports++;
              reports.push(report);
              context.report(report);
            },
          }),
      },
    ],
    clock,
    call: { callId: "contract", direction: "outbound" },
    onVerdict: () => {},
    onFault: (fault) => faults.push(fault),
    deadAir: false,
  });
  for (const signal of signals) panel.onSignal(signal);
  for (const frame of frames) {
    clock.advanceTo(Math.max(clock.nowMs(), frame.atMs));
    panel.onFrame(frame);
  }
  panel.close();
  closed = true;
  const timersLeft = clock.pending;
  clock.advanceTo(clock.nowMs() + 60_000);
  return { reports, faults, timersLeft, lateReports };
}

function frame(atMs: number, data: Int16Array, sampleRate = 8_000): HeardFrame {
  return { data, sampleRate, channels: 1, samplesPerChannel: data.length, atMs, phase: "active" };
}

/** The same noise every time: a small linear congruential generator. */
function noise(seconds: number): HeardFrame[] {
  let state = 1;
  return Array.from({ length: seconds * 50 }, (_, index) => {
    const data = new Int16Array(160).map(() => {
      state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
      return (state >> 8) % 4_000;
    });
    return frame(index * 20, data);
  });
}

const HARD_FRAMES: Readonly<Record<string, () => HeardFrame[]>> = {
  "digital silence": () =>
    Array.from({ length: 100 }, (_, i) => frame(i * 20, new Int16Array(160))),
  "audio at full scale": () =>
    Array.from({ length: 100 }, (_, i) => frame(i * 20, new Int16Array(160).fill(-32_768))),
  "empty frames": () => Array.from({ length: 10 }, (_, i) => frame(i * 20, new Int16Array(0))),
  "gaps and jumps in time": () =>
    noise(2).map((each, i) => ({ ...each, atMs: each.atMs + (i % 3) * 700 - (i % 7) * 400 })),
  "a change of sample rate": () => [
    ...noise(1),
    ...Array.from({ length: 50 }, (_, i) => frame(1_000 + i * 20, new Int16Array(320), 16_000)),
  ],
};

const ALL_SIGNALS: readonly CallSignal[] = [
  { type: "dialing", atMs: 0 },
  { type: "provisional", atMs: 1, response: { status: 180, phrase: "Ringing", hasSdp: false } },
  {
    type: "answered",
    atMs: 2,
    answer: { status: 200, phrase: "OK", usableMedia: true, crossedCancel: false },
  },
  { type: "audio_started", atMs: 3 },
  { type: "audio_lost", atMs: 4 },
  { type: "audio_resumed", atMs: 5 },
  { type: "held", by: "far_side", held: true, atMs: 6 },
  { type: "dtmf", digit: "5", durationMs: 100, via: "rtp", atMs: 7 },
  { type: "transfer", progress: { status: "accepted" }, atMs: 8 },
  { type: "rejected", response: { status: 480, phrase: "", reasonHeaders: [] }, atMs: 9 },
  { type: "unanswered", cause: "timeout", detail: "", atMs: 10 },
  { type: "far_side_ended", request: "BYE", reason: { reasonHeaders: [] }, atMs: 11 },
  { type: "dialog_lost", detail: "", atMs: 12 },
  { type: "media_failed", detail: "", atMs: 13 },
];

function assert(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}
