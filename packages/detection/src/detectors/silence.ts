import type { CallSignal } from "@offhook/session/vocabulary";
import { z } from "zod";
import { defineDetector } from "../detector.js";
import type { Utterance } from "../signal/heard-audio.js";
import { isCrowd } from "./one-voice.js";

/** Words of this length that stand this far above a crowd are somebody's at the phone. */
const NEAR_MS = 240;
const NEAR_DB = 10;

/**
 * Nothing was said after answer, or only by a crowd in the room behind. That is never a machine: it
 * is silence, or no audio at all when not one packet came. Always provisional, and withdrawn when
 * somebody speaks.
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
    let due = false;
    let claimed = false;
    let cancel: (() => void) | undefined;

    const claim = () => {
      claimed = true;
      const { aboveNoiseDb, rangeDb } = audio.talk;
      report({
        label: frames > 0 ? "silence" : "no_audio",
        confidence: spoke ? 0.6 : 0.8,
        provisional: true,
        rule: spoke
          ? "nobody-near-after-answer"
          : frames > 0
            ? "nothing-said-after-answer"
            : "no-audio-after-answer",
        inputs: { silenceMs, frames, ...(spoke ? { aboveNoiseDb, rangeDb } : {}) },
        thresholds: { silenceMs },
      });
    };
    const takeBack = () => {
      if (!claimed) return;
      claimed = false;
      report({ label: "unknown", confidence: 0, provisional: true, rule: "spoke" });
    };

    audio.onVoice((active) => {
      if (!active) return;
      // The first words after silence are somebody's until they prove to be a crowd's.
      if (!spoke) takeBack();
      spoke = true;
    });
    audio.onUtterance(({ levelDb, floorDb, speechMs }: Utterance) => {
      if (!due) return;
      const near = speechMs >= NEAR_MS && levelDb - floorDb >= NEAR_DB;
      if (near || !isCrowd(audio.talk)) takeBack();
      else if (!claimed) claim();
    });
    return {
      onFrame() {
        frames++;
      },
      onSignal(signal: CallSignal) {
        if (signal.type !== "answered") return;
        frames = 0;
        spoke = false;
        cancel?.();
        cancel = audio.at(signal.atMs + silenceMs, () => {
          due = true;
          if (!spoke || isCrowd(audio.talk)) claim();
        });
      },
    };
  },
});
