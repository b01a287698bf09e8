import type { CallSignal } from "@offhook/session/vocabulary";
import { z } from "zod";
import { defineDetector } from "../detector.js";

/**
 * Nothing was said after answer. That is never a machine: it is silence, or no audio at all when
 * not one packet came. Always provisional, and withdrawn when somebody speaks.
 */
export const silence = defineDetector({
  name: "silence",
  doneOnceFinal: true,
  options: z.strictObject({
    silenceMs: z.number().int().positive().max(600_000).default(6_000),
  }),
  create({ silenceMs }, { report, audio }) {
    let frames = 0;
    let spoke = false;
    let cancel: (() => void) | undefined;
    audio.onVoice((active) => {
      if (!active || spoke) return;
      spoke = true;
      cancel?.();
      report({ label: "unknown", confidence: 0, provisional: true, rule: "spoke" });
    });
    return {
      onFrame() {
        frames++;
      },
      onSignal(signal: CallSignal) {
        if (signal.type !== "answered") return;
        frames = 0;
        cancel = audio.at(signal.atMs + silenceMs, () =>
          report({
            label: frames > 0 ? "silence" : "no_audio",
            confidence: 0.8,
            provisional: true,
            rule: frames > 0 ? "nothing-said-after-answer" : "no-audio-after-answer",
            inputs: { silenceMs, frames },
            thresholds: { silenceMs },
          }),
        );
      },
    };
  },
});
