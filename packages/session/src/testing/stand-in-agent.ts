import type { CallSession } from "../call/call-session.js";
import type { MediaLeg } from "../media/call-audio.js";
import { audioFrames } from "../media/send/audio-source.js";
import type { HeardFrame } from "../vocabulary.js";
import { type ClipName, loadClip } from "./clips.js";
import { isAudible } from "./heard-audio.js";

const PAUSE_MS = 700;
/** People answer with a word or two; what goes on for longer without a pause is a greeting. */
const GREETING_MS = 3_000;

/**
 * The least of an agent that every number of the table can be called with: it tells a greeting from
 * a hello by its length, says its message to people, waits for the reply and hangs up. Stands in for
 * the real detectors and agents, which this package does not know.
 */
export function standInAgent(session: CallSession): void {
  let speakingSinceMs: number | undefined;
  let lastAudibleMs = 0;
  let stage: "listening" | "speaking" | "waiting" = "listening";

  session.tap({ onFrame });
  session.on("active", () => {
    // What was heard before the answer is not what the person says.
    speakingSinceMs = undefined;
  });

  function onFrame({ data, atMs, phase }: HeardFrame): void {
    if (phase !== "active") return;
    if (isAudible(data)) {
      if (speakingSinceMs === undefined) session.noteUserVoice(true);
      speakingSinceMs ??= atMs;
      lastAudibleMs = atMs;
    } else if (speakingSinceMs !== undefined && atMs - lastAudibleMs >= PAUSE_MS) {
      const lengthMs = lastAudibleMs - speakingSinceMs;
      speakingSinceMs = undefined;
      session.noteUserVoice(false);
      onUtterance(lengthMs);
    }
  }

  function onUtterance(lengthMs: number): void {
    if (stage === "waiting") void session.end();
    else if (stage === "listening" && lengthMs >= GREETING_MS) {
      classify("voicemail", lengthMs);
      void session.end();
    } else if (stage === "listening") {
      stage = "speaking";
      classify("human", lengthMs);
      session.noteUserTurn();
      void sayMessage();
    }
  }

  async function sayMessage(): Promise<void> {
    try {
      if (session.media) await say(session.media, "reminder");
    } catch {
      // The call ended while it was being said.
    }
    stage = "waiting";
  }

  function classify(label: "human" | "voicemail", greetingMs: number): void {
    session.classify({
      label,
      confidence: 1,
      provisional: false,
      atMs: session.atMs,
      phase: "after_answer",
      detector: "stand-in",
      evidence: [
        {
          rule: "length of the first utterance",
          inputs: { greetingMs },
          thresholds: { machineFromMs: GREETING_MS },
        },
      ],
    });
  }
}

/** Says a clip; settles with what was heard of it. */
export async function say(
  media: MediaLeg,
  name: ClipName,
): Promise<{ readonly playedMs: number; readonly interrupted: boolean }> {
  for await (const frame of audioFrames(loadClip(name), media.format.sampleRate))
    await media.write(frame);
  return media.mark();
}
