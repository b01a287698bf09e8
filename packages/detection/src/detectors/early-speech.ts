import type { CallSignal } from "@offhook/session/vocabulary";
import { z } from "zod";
import { defineDetector } from "../detector.js";
import { SPEAKING_MACHINES } from "../fusion.js";
import type { Utterance } from "../signal/heard-audio.js";

const ms = z.number().int().positive().max(600_000);

/** Shorter pauses are inside one message. */
const RUN_GAP_MS = 1_200;
/** A message that ended this close to the answer had not ended. */
const SEAM_MS = 400;

/**
 * Speech before answer (RFC 3960), which is never the callee in person: a greeting that the network
 * plays in 183, or one of its announcements. Silence after it speaks for a greeting, weakly. Talk
 * that goes on across the answer is a recording's: a person who picks up begins after it.
 */
export const earlySpeech = defineDetector({
  name: "early-speech",
  doneOnceFinal: true,
  options: z.strictObject({
    /** Speech that makes a message. Ringback music with words has no pause after it. */
    messageMs: ms.default(2_500),
    /** Silence after it. */
    silenceMs: ms.default(2_000),
    /** Talk on the far side of the answer. */
    talksOnMs: ms.default(800),
  }),
  create(options, { report, call, audio }) {
    const thresholds = { ...options };
    let messageMs = 0;
    let lastEndMs: number | undefined;
    let claimed = false;
    let seamUntilMs = 0;
    let cancel: (() => void) | undefined;

    const takeBack = () => {
      cancel?.();
      if (!claimed) return;
      claimed = false;
      report({ label: "unknown", confidence: 0, provisional: true, rule: "went-on" });
    };

    audio.onVoice((active, atMs) => {
      if (call.answeredAtMs === undefined) {
        if (active) takeBack();
        return;
      }
      cancel?.();
      if (!active || atMs > seamUntilMs) return;
      cancel = audio.at(atMs + options.talksOnMs, () =>
        report({
          label: "voicemail",
          confidence: 0.8,
          provisional: true,
          rule: "talks-on-across-answer",
          inputs: { beforeAnswerMs: Math.round(messageMs), talkedOnMs: options.talksOnMs },
          thresholds,
          alsoFits: SPEAKING_MACHINES,
        }),
      );
    });
    audio.onTone((tone) => {
      // It rings, or a tune plays: what was said before was no greeting.
      if (tone.phase === "early" && tone.endMs - tone.startMs >= 300) takeBack();
    });
    audio.onUtterance(({ startMs, endMs, phase }: Utterance) => {
      if (phase !== "early") return;
      if (lastEndMs !== undefined && startMs - lastEndMs > RUN_GAP_MS) messageMs = 0;
      lastEndMs = endMs;
      messageMs += endMs - startMs;
      if (call.answeredAtMs !== undefined || messageMs < options.messageMs) return;
      cancel?.();
      cancel = audio.at(endMs + options.silenceMs, () => {
        claimed = true;
        report({
          label: "voicemail",
          kind: "before_answer",
          confidence: 0.6,
          provisional: true,
          rule: "message-before-answer",
          inputs: { messageMs: Math.round(messageMs), silenceMs: options.silenceMs },
          thresholds,
          alsoFits: ["announcement"],
          runnerUp: { label: "announcement", margin: 0.2 },
        });
      });
    });
    return {
      onSignal(signal: CallSignal) {
        if (signal.type !== "answered") return;
        cancel?.();
        const inTheMiddle = lastEndMs !== undefined && signal.atMs - lastEndMs <= SEAM_MS;
        if (inTheMiddle && messageMs >= options.talksOnMs) seamUntilMs = signal.atMs + SEAM_MS;
      },
    };
  },
});
