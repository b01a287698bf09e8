import type { HeardAudio, Utterance } from "../signal/heard-audio.js";

/** Shorter pauses are inside a run of talk. */
const RUN_GAP_MS = 600;
/** Pauses after talk at which the cadence is judged, and how often while talk goes on. */
export const PAUSE_STAGES_MS = [400, 800, 1_200, 2_000, 3_000] as const;
const TALKING_FROM_MS = 1_500;
const TALKING_EVERY_MS = 500;

/** `talking`, or the length of the pause reached. */
export type Stage = "talking" | `pause${(typeof PAUSE_STAGES_MS)[number]}`;

/** The rhythm of what the callee said since answer. All a greeting is judged by; no voice, no words. */
export interface Cadence {
  /** From answer to the first speech. */
  readonly onsetMs: number;
  readonly firstRunMs: number;
  readonly lastRunMs: number;
  readonly longestRunMs: number;
  readonly speechMs: number;
  readonly runs: number;
  /** The longest pause between two runs. */
  readonly longestGapMs: number;
  /** The pause before the last run; 0 when there was but one. */
  readonly lastGapMs: number;
  readonly utterancesInLastRun: number;
}

export const CADENCE_FEATURES = [
  "onsetMs",
  "firstRunMs",
  "lastRunMs",
  "longestRunMs",
  "speechMs",
  "runs",
  "longestGapMs",
  "lastGapMs",
  "utterancesInLastRun",
] as const satisfies readonly (keyof Cadence)[];

/** Follows the cadence after answer and tells it at each stage. */
export class CadenceFollower {
  private readonly audio: HeardAudio;
  private readonly answeredAtMs: () => number | undefined;
  private readonly onStage: (stage: Stage, cadence: Cadence) => void;
  private runs: { startMs: number; endMs: number; utterances: number }[] = [];
  private cancel: (() => void) | undefined;

  constructor(
    audio: HeardAudio,
    answeredAtMs: () => number | undefined,
    onStage: (stage: Stage, cadence: Cadence) => void,
  ) {
    this.audio = audio;
    this.answeredAtMs = answeredAtMs;
    this.onStage = onStage;
  }

  onVoice(active: boolean, atMs: number): void {
    if (this.answeredAtMs() === undefined) return;
    this.cancel?.();
    if (active) this.waitWhileTalking(atMs);
    // A tone that passed for speech ends without an utterance: the pause goes on.
    else this.waitForPause(0);
  }

  onUtterance(utterance: Utterance): void {
    if (this.answeredAtMs() === undefined || utterance.phase !== "active") return;
    this.add(utterance.startMs, utterance.endMs);
    this.cancel?.();
    this.waitForPause(0);
  }

  stop(): void {
    this.cancel?.();
  }

  private add(startMs: number, endMs: number): void {
    const last = this.runs.at(-1);
    if (last && startMs - last.endMs < RUN_GAP_MS) {
      last.endMs = endMs;
      last.utterances++;
    } else this.runs.push({ startMs, endMs, utterances: 1 });
  }

  private waitForPause(index: number): void {
    const last = this.runs.at(-1);
    const pauseMs = PAUSE_STAGES_MS[index];
    if (!last || pauseMs === undefined) return;
    this.cancel = this.audio.at(last.endMs + pauseMs, () => {
      this.waitForPause(index + 1);
      this.onStage(`pause${pauseMs}`, this.cadence());
    });
  }

  private waitWhileTalking(startMs: number): void {
    const last = this.runs.at(-1);
    const continues = last !== undefined && startMs - last.endMs < RUN_GAP_MS;
    const runStartMs = continues ? last.startMs : startMs;
    const tellAt = (atMs: number): void => {
      this.cancel = this.audio.at(atMs, () => {
        const before = this.runs;
        this.runs = before.map((run) => ({ ...run }));
        this.add(startMs, atMs);
        const cadence = this.cadence();
        this.runs = before;
        tellAt(atMs + TALKING_EVERY_MS);
        this.onStage("talking", cadence);
      });
    };
    const nowMs = Math.max(startMs, this.audio.nowMs);
    const talkedMs = nowMs - runStartMs;
    const stepsDone = Math.max(0, Math.floor((talkedMs - TALKING_FROM_MS) / TALKING_EVERY_MS) + 1);
    tellAt(runStartMs + TALKING_FROM_MS + stepsDone * TALKING_EVERY_MS);
  }

  private cadence(): Cadence {
    const { runs } = this;
    const first = runs[0];
    const last = runs.at(-1);
    if (!first || !last) throw new Error("no cadence before the first run");
    const lengths = runs.map(({ startMs, endMs }) => endMs - startMs);
    const gaps = runs
      .slice(1)
      .map(({ startMs }, index) => startMs - (runs[index]?.endMs ?? startMs));
    return {
      onsetMs: first.startMs - (this.answeredAtMs() ?? first.startMs),
      firstRunMs: first.endMs - first.startMs,
      lastRunMs: last.endMs - last.startMs,
      longestRunMs: Math.max(...lengths),
      speechMs: lengths.reduce((sum, ms) => sum + ms, 0),
      runs: runs.length,
      longestGapMs: Math.max(0, ...gaps),
      lastGapMs: gaps.at(-1) ?? 0,
      utterancesInLastRun: last.utterances,
    };
  }
}
