import { type AudioSource, audioFrames, OffhookError } from "@offhook/session";
import type { Voice } from "./ports.js";

/**
 * Says what was recorded beforehand: sentences by their text. Case, punctuation and spaces do not
 * matter. Throws VOICE_FAILED for a sentence without a recording.
 */
export function recordedVoice(recordings: Readonly<Record<string, AudioSource>>): Voice {
  const bySentence = new Map(
    Object.entries(recordings).map(([text, audio]) => [keyOf(text), audio] as const),
  );
  return {
    async *speak(text, { sampleRate, clock, signal }) {
      const audio = bySentence.get(keyOf(text));
      if (audio === undefined)
        throw new OffhookError("VOICE_FAILED", "There is no recording of this sentence.", {
          remedy: "Record it, or use a voice that can say anything.",
        });
      const frames = audioFrames(audio, sampleRate);
      for (;;) {
        const frame = await clock.holdWhile(frames.next());
        if (frame.done || signal.aborted) return;
        yield frame.value;
      }
    },
  };
}

function keyOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}
