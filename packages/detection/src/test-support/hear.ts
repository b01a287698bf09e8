import { defaultDetectors } from "../default-detectors.js";
import { replayAudio } from "../replay/replay-audio.js";

export type Extra = Partial<Parameters<typeof replayAudio>[0]>;

/** A call in which this is heard at 8 kHz, before the default detectors and no dead-air budget. */
export function hear(samples: Int16Array, extra: Extra = {}): ReturnType<typeof replayAudio> {
  return replayAudio({
    detectors: defaultDetectors(),
    samples,
    sampleRate: 8_000,
    deadAir: false,
    ...extra,
  });
}
