import type { HeardAudio, Hop, Utterance } from "../signal/heard-audio.js";

/** Shorter pauses are inside a run of talk. */
const RUN_GAP_MS = 600;
/** Pauses after talk at which the cadence is judged, and how often while talk goes on. */
export const PAUSE_STAGES_MS = [400, 800, 1_200, 2_000, 3_000] as const;
const TALKING_FROM_MS = 1_500;
const TALKING_EVERY_MS = 500;
/** Quieter than the last words by this much, or it is no pause: music has none. */
const PAUSE_BELOW_DB = 4.5;

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

interface Run {
  readonly startMs: number;
  readonly endMs: number;
  readonly utterances: number;
}

/** What is kept of the talk so far: as little after an hour as after a second. */
interface Rhythm {
  readonly first: Run;
  readonly last: Run;
  readonly runs: number;
  /** Of the runs before the last one. */
  readonly longestRunMs: number;
  readonly speechMs: number;
  readonly longestGapMs: number;
  readonly lastGapMs: number;
}

/** `dropDb`: how much quieter the pause is than the last words; 0 while talking. */
export type OnStage = (stage: Stage, cadence: Cadence, dropDb: number) => void;

/** Follows the cadence after answer and tells it at each stage. */
export class CadenceFollower {
  private readonly audio: HeardAudio;
  private readonly answeredAtMs: () => number | undefined;
  private readonly onStage: OnStage;
  private rhythm: Rhythm | undefined;
  private cancel: (() => void) | undefined;
  private spokenDb = 0;
  private sincePower = 0;
  private sinceHops = 0;

  constructor(audio: HeardAudio, answeredAtMs: () => number | undefined, onStage: OnStage) {
    this.audio = audio;
    this.answeredAtMs = answeredAtMs;
    this.onStage = onStage;
  }

  onHop(hop: Hop): void {
    this.sincePower += 10 ** (hop.levelDb / 10);
    this.sinceHops++;
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
    this.rhythm = withTalk(this.rhythm, utterance.startMs, utterance.endMs);
    this.spokenDb = utterance.levelDb;
    this.sincePower = 0;
    this.sinceHops = 0;
    this.cancel?.();
    this.waitForPause(0);
  }

  stop(): void {
    this.cancel?.();
  }

  private waitForPause(index: number): void {
    const { rhythm } = this;
    const pauseMs = PAUSE_STAGES_MS[index];
    if (!rhythm || pauseMs === undefined) return;
    this.cancel = this.audio.at(rhythm.last.endMs + pauseMs, () => {
      this.waitForPause(index + 1);
      const dropDb = this.dropDb();
      if (dropDb >= PAUSE_BELOW_DB)
        this.onStage(`pause${pauseMs}`, cadenceOf(rhythm, this.answeredAtMs()), dropDb);
    });
  }

  /** How far the level fell from the last words to what was heard since. */
  private dropDb(): number {
    const sinceDb = 10 * Math.log10(this.sincePower / Math.max(1, this.sinceHops) + 1e-10);
    return this.spokenDb - sinceDb;
  }

  private waitWhileTalking(startMs: number): void {
    const last = this.rhythm?.last;
    const continues = last !== undefined && startMs - last.endMs < RUN_GAP_MS;
    const runStartMs = continues ? last.startMs : startMs;
    const tellAt = (atMs: number): void => {
      this.cancel = this.audio.at(atMs, () => {
        // As if the utterance ended here; where it does end is not known yet.
        const rhythm = withTalk(this.rhythm, startMs, atMs);
        tellAt(atMs + TALKING_EVERY_MS);
        this.onStage("talking", cadenceOf(rhythm, this.answeredAtMs()), 0);
      });
    };
    const nowMs = Math.max(startMs, this.audio.nowMs);
    const talkedMs = nowMs - runStartMs;
    const stepsDone = Math.max(0, Math.floor((talkedMs - TALKING_FROM_MS) / TALKING_EVERY_MS) + 1);
    tellAt(runStartMs + TALKING_FROM_MS + stepsDone * TALKING_EVERY_MS);
  }
}

/** The rhythm with one more utterance: part of the last run, or a run of its own. */
function withTalk(before: Rhythm | undefined, startMs: number, endMs: number): Rhythm {
  const alone: Run = { startMs, endMs, utterances: 1 };
  if (!before)
    return {
      first: alone,
      last: alone,
      runs: 1,
      longestRunMs: 0,
      speechMs: 0,
      longestGapMs: 0,
      lastGapMs: 0,
    };
  const { first, last, runs } = before;
  if (startMs - last.endMs < RUN_GAP_MS) {
    const longer: Run = { startMs: last.startMs, endMs, utterances: last.utterances + 1 };
    return { ...before, first: runs === 1 ? longer : first, last: longer };
  }
  const gapMs = startMs - last.endMs;
  return {
    first,
    last: alone,
    runs: runs + 1,
    longestRunMs: Math.max(before.longestRunMs, lengthMs(last)),
    speechMs: before.speechMs + lengthMs(last),
    longestGapMs: Math.max(before.longestGapMs, gapMs),
    lastGapMs: gapMs,
  };
}

function cadenceOf(rhythm: Rhythm, answeredAtMs: number | undefined): Cadence {
  const { first, last, runs, longestGapMs, lastGapMs } = rhythm;
  const lastRunMs = lengthMs(last);
  return {
    onsetMs: first.startMs - (answeredAtMs ?? first.startMs),
    firstRunMs: lengthMs(first),
    lastRunMs,
    longestRunMs: Math.max(rhythm.longestRunMs, lastRunMs),
    speechMs: rhythm.speechMs + lastRunMs,
    runs,
    longestGapMs,
    lastGapMs,
    utterancesInLastRun: last.utterances,
  };
}

function lengthMs({ startMs, endMs }: Run): number {
  return endMs - startMs;
}
