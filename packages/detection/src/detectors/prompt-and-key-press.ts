import type { CallSignal } from "@offhook/session/vocabulary";
import { z } from "zod";
import { defineDetector } from "../detector.js";

/**
 * The standard-message test (seed 003): a message asks for a key, and whoever presses one is a
 * person; nobody pressing one within the time is a machine or nobody. Add it to the panel when the
 * agent plays such a message.
 */
export const promptAndKeyPress = defineDetector({
  name: "prompt-and-key-press",
  options: z.strictObject({
    /** Keys that count; any key by default. */
    keys: z
      .string()
      .regex(/^[0-9*#A-D]+$/, "keys are 0-9, *, # and A-D")
      .default("0123456789*#ABCD"),
    /** How long after our message a key may still come. */
    answerWithinMs: z.number().int().min(500).max(120_000).default(8_000),
    /** Our message is at least this long; shorter speech of ours is not it. */
    promptMinMs: z.number().int().min(0).max(120_000).default(1_000),
  }),
  create({ keys, answerWithinMs, promptMinMs }, { report, audio }) {
    let promptFromMs: number | undefined;
    let prompted = false;
    let pressed = false;
    let cancel: (() => void) | undefined;
    const thresholds = { keys, answerWithinMs, promptMinMs };
    return {
      onSignal(signal: CallSignal) {
        if (signal.type !== "dtmf" || pressed || promptFromMs === undefined) return;
        if (!keys.includes(signal.digit)) return;
        pressed = true;
        cancel?.();
        report({
          label: "human",
          kind: "key_press",
          confidence: 0.99,
          rule: "key-pressed-after-prompt",
          inputs: {
            digit: signal.digit,
            afterPromptStartMs: Math.round(signal.atMs - promptFromMs),
          },
          thresholds,
        });
      },
      onAgentSpeech(active, atMs) {
        if (pressed) return;
        cancel?.();
        if (active) {
          promptFromMs ??= atMs;
          return;
        }
        prompted ||= promptFromMs !== undefined && atMs - promptFromMs >= promptMinMs;
        if (!prompted) return;
        cancel = audio.at(atMs + answerWithinMs, () =>
          report({
            label: "voicemail",
            kind: "no_key_press",
            confidence: 0.7,
            provisional: true,
            rule: "no-key-pressed-after-prompt",
            inputs: { waitedMs: answerWithinMs },
            thresholds,
          }),
        );
      },
    };
  },
});
