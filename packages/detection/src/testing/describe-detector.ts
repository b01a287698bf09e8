import type { CallSignal, HeardFrame, VerdictLabel } from "@offhook/session/vocabulary";
import type { Detector } from "../detector.js";
import { replayAudio } from "../replay/replay-audio.js";
import type { HeardTone } from "../signal/heard-audio.js";
import { feed } from "./contract-feed.js";

/** The part of a test runner that the suite needs; vitest, jest and `node:test` all have it. */
export interface TestRunner {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => void): void;
}

/** One call, and what the detector is to make of it. */
export interface DetectorCase {
  readonly name: string;
  /** What the callee is heard saying from the answer on: mono, whole or in parts. Default: nothing. */
  readonly samples?: Int16Array | readonly Int16Array[];
  /** Default 8,000. */
  readonly sampleRate?: number;
  /** In order of time. Default: answered at 0. Audio starts at the answer, or at 0 without one. */
  readonly signals?: readonly CallSignal[];
  /** When our own side is heard. */
  readonly agentSpeech?: readonly { readonly fromMs: number; readonly untilMs: number }[];
  /** How long the line goes on in silence after the audio. Default 0. */
  readonly tailMs?: number;
  /** What must stand at the end; `undefined` for no verdict at all. */
  readonly expect: VerdictLabel | undefined;
  /** The kind that must stand with it; default: any. */
  readonly kind?: string;
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
    runner.it("returns at once, and takes its time from the call's clock", () => {
      const { misuse } = feed(make(), noise(1), ALL_SIGNALS);
      assert(misuse.length === 0, misuse.join("; "));
    });
    runner.it("gives its reasons: a rule, and what it measured", () => {
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
        const heard = run(make(), each);
        const { verdict, verdicts, faults } = heard;
        assert(faults.length === 0, faults[0]?.message ?? "");
        const stands = each.expect === "beep" ? verdicts.findLast(isBeep) : verdict;
        const fits =
          stands?.label === each.expect && (each.kind === undefined || stands?.kind === each.kind);
        const wanted = each.kind ?? each.expect ?? "no verdict";
        const got = stands ? `${stands.label}${stands.kind ? ` (${stands.kind})` : ""}` : "none";
        assert(fits, `expected ${wanted}, got ${got}. ${account(heard)}`);
      });
  });
}

function isBeep({ label }: { readonly label: VerdictLabel }): boolean {
  return label === "beep";
}

function run(detector: Detector, each: DetectorCase) {
  const tones: HeardTone[] = [];
  const ear: Detector = {
    name: "contract-ear",
    create({ audio }) {
      audio.onTone((tone) => void tones.push(tone));
      return {};
    },
  };
  const { samples = [], sampleRate = 8_000, tailMs = 0 } = each;
  const parts = samples instanceof Int16Array ? [samples] : samples;
  // A line goes on in silence where there was audio before; without any it is the clock that goes on.
  const silence = new Int16Array(parts.length > 0 ? Math.round((tailMs * sampleRate) / 1_000) : 0);
  const replay = replayAudio({
    detectors: [detector, ear],
    samples: joined([...parts, silence]),
    sampleRate,
    ...(each.signals ? { signals: each.signals } : {}),
    ...(each.agentSpeech ? { agentSpeech: each.agentSpeech } : {}),
    tailMs: parts.length > 0 ? 0 : tailMs,
    deadAir: false,
  });
  return { ...replay, tones };
}

function joined(parts: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** What there was to go by, for whoever wonders why it said something else. */
function account({ ledger, voice, tones }: ReturnType<typeof run>): string {
  const said = ledger.map(
    ({ atMs, report: { label, kind, rule } }) =>
      `${label}${kind === undefined ? "" : ` (${kind})`} by ${rule} at ${seconds(atMs)} s`,
  );
  const speech = voice.flatMap(({ active, atMs }, index) =>
    active ? [`${seconds(atMs)} to ${seconds(voice[index + 1]?.atMs)} s`] : [],
  );
  const heard = tones.map(
    ({ startMs, endMs, hz, secondHz }) =>
      `${seconds(startMs)} to ${seconds(endMs)} s (${Math.round(hz)}${secondHz > 0 ? ` and ${Math.round(secondHz)}` : ""} Hz)`,
  );
  return [
    `It reported ${said.join(", ") || "nothing"}.`,
    `Speech was heard ${speech.length > 0 ? `from ${speech.join(", ")}` : "nowhere"}`,
    `and tones ${heard.length > 0 ? `from ${heard.join(", ")}` : "nowhere"}.`,
  ].join(" ");
}

function seconds(atMs: number | undefined): string {
  return atMs === undefined ? "the end" : (atMs / 1_000).toFixed(2);
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
  { type: "audio_undelivered", atMs: 5 },
  { type: "audio_delivered", atMs: 5 },
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
