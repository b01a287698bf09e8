import type { Verdict } from "@offhook/session/vocabulary";
import { defaultDetectors } from "../default-detectors.js";
import type { Detector } from "../detector.js";
import { DetectionError } from "../errors.js";
import { explain } from "../explain.js";
import { replayAudio } from "./replay-audio.js";

/** Longer recordings are refused: four hours at any rate. */
const LONGEST_S = 4 * 3_600;

export interface RecordingToDetect {
  /** What the callee said, mono 16-bit. */
  readonly samples: Int16Array;
  /** 8,000 to 192,000. */
  readonly sampleRate: number;
  /** When the call was answered, in ms from the recording's start. Default 0. */
  readonly answeredAtMs?: number;
  readonly detectors?: readonly Detector[];
}

export interface DetectedVerdict {
  /** Ms from the start of the recording. */
  readonly atMs: number;
  readonly label: Verdict["label"];
  readonly kind?: string;
  readonly confidence: number;
  readonly provisional: boolean;
  readonly evidence: Verdict["evidence"];
  /** The verdict and its reasons as one sentence. */
  readonly explanation: string;
}

export interface DetectedRecording {
  readonly verdicts: readonly DetectedVerdict[];
  /** The first verdict on who picked up; beeps are moments and do not count. */
  readonly first: Verdict["label"] | null;
  /** What stood at the end. */
  readonly final: Verdict["label"] | null;
}

/** Throws INVALID_AUDIO for a rate or length that `detectRecording` would refuse. */
export function checkRecording({ samples, sampleRate }: RecordingToDetect): void {
  if (!Number.isFinite(sampleRate) || sampleRate < 8_000 || sampleRate > 192_000)
    throw new DetectionError("INVALID_AUDIO", `cannot analyse audio at ${sampleRate} Hz`, {
      remedy: "Convert it to 8,000 samples per second or more.",
    });
  if (samples.length === 0)
    throw new DetectionError("INVALID_AUDIO", "the recording holds no samples");
  if (samples.length / sampleRate > LONGEST_S)
    throw new DetectionError("INVALID_AUDIO", `the recording is longer than ${LONGEST_S} s`, {
      remedy: "Cut it to the part around the answer.",
    });
}

/**
 * The timeline of verdicts over a recording, as a live call would have had it: `offhook detect`
 * without the files. Throws INVALID_AUDIO for a rate or length that cannot be analysed.
 */
export function detectRecording(recording: RecordingToDetect): DetectedRecording {
  checkRecording(recording);
  const { samples, sampleRate, answeredAtMs = 0 } = recording;
  const { verdicts, verdict, faults } = replayAudio({
    detectors: recording.detectors ?? defaultDetectors(),
    samples,
    sampleRate,
    audioFromMs: 0,
    signals: [
      {
        type: "answered",
        atMs: answeredAtMs,
        answer: { status: 200, phrase: "OK", usableMedia: true, crossedCancel: false },
      },
    ],
    deadAir: false,
  });
  const fault = faults[0];
  if (fault) throw new DetectionError("DETECTOR_FAILED", fault.message, { cause: fault.cause });
  return {
    verdicts: verdicts.map((each) => ({
      atMs: each.atMs,
      label: each.label,
      ...(each.kind === undefined ? {} : { kind: each.kind }),
      confidence: Math.round(each.confidence * 1_000) / 1_000,
      provisional: each.provisional,
      evidence: each.evidence,
      explanation: explain(each),
    })),
    first: verdicts.find(({ label }) => label !== "beep")?.label ?? null,
    final: verdict?.label ?? null,
  };
}
