import { type Detector, defaultDetectors } from "@offhook/detection";
import { replayAudio } from "@offhook/detection/testing";
import { type CallInput, channelOf, OffhookError, readWav, type Verdict } from "@offhook/session";
import type { Journal } from "@offhook/session/journal";

export interface ReplayedDetection {
  /** What detection said in the call, as its journal tells. */
  readonly recorded: readonly Verdict[];
  /** What it says now, over the recording of the same call. */
  readonly replayed: readonly Verdict[];
  /** Both tell the same labels in the same order. */
  readonly same: boolean;
}

/**
 * Lets detectors hear a recorded call again: the journal's signals, and the left channel of its
 * recording. Throws INVALID_AUDIO, or INVALID_JOURNAL for a call that was not recorded.
 */
export function replayRecording(
  journal: Journal,
  wav: Uint8Array,
  detectors: readonly Detector[] = defaultDetectors(),
): ReplayedDetection {
  const { entries, header } = journal;
  const begun = entries.find((entry) => entry.type === "recording");
  if (!begun)
    throw new OffhookError("INVALID_JOURNAL", "The journal tells of no recording.", {
      remedy: "Record the call together with its journal: offhook dial --journal … --record …",
    });
  const inputs = entries.flatMap((entry) => (entry.type === "input" ? [entry.input] : []));
  const audio = readWav(wav);
  const { verdicts } = replayAudio({
    detectors,
    samples: channelOf(audio, 0),
    sampleRate: audio.sampleRate,
    signals: inputs.flatMap((input) => (input.type === "signal" ? [input.signal] : [])),
    audioFromMs: begun.fromMs,
    agentSpeech: agentSpeechIn(inputs),
    direction: header.direction,
    profile: header.settings.profile,
  });
  const recorded = inputs.flatMap((input) => (input.type === "verdict" ? [input.verdict] : []));
  const labels = (of: readonly Verdict[]) => settled(of).join();
  return { recorded, replayed: verdicts, same: labels(recorded) === labels(verdicts) };
}

/** The labels in order, told once each time they change. */
function settled(verdicts: readonly Verdict[]): readonly string[] {
  return verdicts.map(({ label }) => label).filter((label, index, all) => label !== all[index - 1]);
}

/** When the agent was audible; a stretch that the journal leaves open lasts to its end. */
function agentSpeechIn(inputs: readonly CallInput[]) {
  const stretches: { fromMs: number; untilMs: number }[] = [];
  for (const input of inputs) {
    if (input.type !== "voice" || input.who !== "agent") continue;
    const open = stretches.at(-1);
    if (input.active) stretches.push({ fromMs: input.atMs, untilMs: Number.MAX_SAFE_INTEGER });
    else if (open) open.untilMs = input.atMs;
  }
  return stretches;
}
