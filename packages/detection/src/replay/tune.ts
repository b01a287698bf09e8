import { defaultDetectors } from "../default-detectors.js";
import { DEFAULT_MACHINE_AT_LEAST, greeting } from "../detectors/greeting.js";
import { DetectionError } from "../errors.js";
import { detectRecording, type RecordingToDetect } from "./detect-recording.js";

/** A recording whose callee is known. */
export interface LabelledRecording extends Omit<RecordingToDetect, "detectors"> {
  readonly label: "human" | "machine";
}

/** What one setting of the greeting detector gets wrong, and how long it takes. */
export interface TunePoint {
  readonly machineAtLeast: number;
  /** People called a machine, 0 to 1. */
  readonly falseMachine: number;
  /** Machines called a person, 0 to 1. */
  readonly falseHuman: number;
  /** Median time from answer to the first verdict on who picked up, of the people only, in ms. */
  readonly deadAirMs: number;
}

export interface Tuned {
  /** The curve, strictest towards people last. */
  readonly points: readonly TunePoint[];
  readonly best: TunePoint;
}

const SETTINGS = [0.5, 0.56, DEFAULT_MACHINE_AT_LEAST, 0.7, 0.78, 0.86, 0.93] as const;
const MACHINES: ReadonlySet<string> = new Set(["voicemail", "ivr", "screening", "announcement"]);

/**
 * Tries the greeting detector's settings on labelled recordings. The best is the one that calls
 * fewest machines a person while calling at most `falseMachineAtMost` of the people a machine, or
 * the fewest people where none does. Of equals it is the one nearest to the default, which then
 * stands: the recordings say nothing against it.
 * Throws INVALID_OPTION unless both labels occur.
 */
export function tuneGreeting(
  recordings: readonly LabelledRecording[],
  options: {
    readonly falseMachineAtMost?: number;
    /** Called as each recording has been heard out. */
    readonly onRecordingDone?: () => void;
  } = {},
): Tuned {
  const { falseMachineAtMost = 0.04, onRecordingDone } = options;
  for (const label of ["human", "machine"])
    if (!recordings.some((recording) => recording.label === label))
      throw new DetectionError("INVALID_OPTION", `no recording is labelled "${label}"`, {
        remedy: "Give recordings of people and of machines.",
      });
  const heard = recordings.map((recording) => {
    const bySetting = hearAtEach(recording);
    onRecordingDone?.();
    return { label: recording.label, bySetting };
  });
  const points = SETTINGS.map((machineAtLeast, setting) => ({
    machineAtLeast,
    ...measure(heard, setting),
  }));
  const allowed = points.filter(({ falseMachine }) => falseMachine <= falseMachineAtMost);
  const fromDefault = (point: TunePoint) =>
    Math.abs(point.machineAtLeast - DEFAULT_MACHINE_AT_LEAST);
  const [best] = [...(allowed.length > 0 ? allowed : points)].sort(
    (a, b) =>
      (allowed.length > 0 ? a.falseHuman - b.falseHuman : 0) ||
      a.falseMachine - b.falseMachine ||
      a.falseHuman - b.falseHuman ||
      fromDefault(a) - fromDefault(b),
  );
  return { points, best: best as TunePoint };
}

/** What one setting makes of one recording. */
interface Hearing {
  readonly called: LabelledRecording["label"];
  /** From answer to the first verdict on who picked up; undefined where there was none. */
  readonly waitMs: number | undefined;
  /** The timeline, to be compared. */
  readonly told: string;
}

interface HeardRecording {
  readonly label: LabelledRecording["label"];
  /** In the order of `SETTINGS`. */
  readonly bySetting: readonly Hearing[];
}

/**
 * Hears a recording at every setting. Nobody is called a machine at a stricter setting who was not
 * at a laxer one: where two settings tell the same, so do all between them, and most recordings
 * need to be heard twice only.
 */
function hearAtEach(recording: LabelledRecording): readonly Hearing[] {
  const bySetting: Hearing[] = [];
  const hear = (setting: number): Hearing => {
    bySetting[setting] ??= hearAt(recording, SETTINGS[setting] as number);
    return bySetting[setting];
  };
  const between = (low: number, high: number): void => {
    if (high - low < 2) return;
    const same = hear(low).told === hear(high).told;
    const middle = (low + high) >> 1;
    if (same) bySetting.fill(hear(low), low, high);
    else {
      hear(middle);
      between(low, middle);
      between(middle, high);
    }
  };
  const strictest = SETTINGS.length - 1;
  hear(0);
  hear(strictest);
  between(0, strictest);
  return bySetting;
}

function hearAt(
  { label: _label, ...recording }: LabelledRecording,
  machineAtLeast: number,
): Hearing {
  const detectors = defaultDetectors().map((detector) =>
    detector.name === greeting.detectorName ? greeting({ machineAtLeast }) : detector,
  );
  const { verdicts, final } = detectRecording({ ...recording, detectors });
  const first = verdicts.find(({ label }) => label !== "beep");
  return {
    called: final !== null && MACHINES.has(final) ? "machine" : "human",
    waitMs: first && first.atMs - (recording.answeredAtMs ?? 0),
    told: verdicts.map(({ atMs, label, provisional }) => `${atMs} ${label} ${provisional}`).join(),
  };
}

function measure(
  heard: readonly HeardRecording[],
  setting: number,
): Omit<TunePoint, "machineAtLeast"> {
  const wrong = { human: 0, machine: 0 };
  const total = { human: 0, machine: 0 };
  const waitsMs: number[] = [];
  for (const { label, bySetting } of heard) {
    const { called, waitMs } = bySetting[setting] as Hearing;
    total[label]++;
    if (called !== label) wrong[label]++;
    // Nobody minds that a machine waits.
    if (label === "human" && waitMs !== undefined) waitsMs.push(waitMs);
  }
  waitsMs.sort((a, b) => a - b);
  return {
    falseMachine: wrong.human / total.human,
    falseHuman: wrong.machine / total.machine,
    deadAirMs: waitsMs[waitsMs.length >> 1] ?? 0,
  };
}

/** A call that ended unavailable (480) after ringing, and whether voicemail would have taken it. */
export interface LabelledRing {
  readonly ringMs: number;
  readonly voicemail: boolean;
}

/**
 * The ring times between which a 480 means voicemail on this trunk: the range that gets fewest of
 * the labelled calls wrong, for `profile.voicemailRing`. Throws INVALID_OPTION without a voicemail.
 */
export function tuneVoicemailRing(rings: readonly LabelledRing[]): {
  readonly voicemailRing: { readonly minMs: number; readonly maxMs: number };
  readonly wrong: number;
} {
  const edges = [
    ...new Set(rings.filter(({ voicemail }) => voicemail).map(({ ringMs }) => ringMs)),
  ];
  edges.sort((a, b) => a - b);
  if (edges.length === 0)
    throw new DetectionError("INVALID_OPTION", "no labelled ring ended in voicemail", {
      remedy: "Give some calls that voicemail would have taken.",
    });
  let best = { voicemailRing: { minMs: 1, maxMs: 1 }, wrong: Number.POSITIVE_INFINITY };
  for (const [index, from] of edges.entries())
    for (const until of edges.slice(index)) {
      const wrong = rings.filter(
        ({ ringMs, voicemail }) => (ringMs >= from && ringMs <= until) !== voicemail,
      ).length;
      if (wrong < best.wrong) best = { voicemailRing: { minMs: from, maxMs: until }, wrong };
    }
  return best;
}
