// #region detector
import { defineDetector } from "@offhook/detection";
import { z } from "zod";

export const longRing = defineDetector({
  name: "long-ring",
  options: z.object({
    afterMs: z.number().int().positive().default(25_000),
  }),
  create({ afterMs }, { report }) {
    let rangFromMs: number | undefined;
    return {
      onSignal(signal) {
        if (signal.type === "provisional" && signal.response.status === 180)
          rangFromMs ??= signal.atMs;
        if (signal.type !== "answered" || rangFromMs === undefined) return;
        const ringMs = signal.atMs - rangFromMs;
        if (ringMs < afterMs) return;
        report({
          label: "voicemail",
          confidence: 0.6,
          provisional: true,
          rule: "answered-after-long-ring",
          inputs: { ringMs },
          thresholds: { afterMs },
        });
      },
    };
  },
});
// #endregion

// #region speech
export const talksLong = defineDetector({
  name: "talks-long",
  options: z.object({ minMs: z.number().int().positive().default(5_000) }),
  create({ minMs }, { report, audio }) {
    audio.onUtterance(({ startMs, endMs, speechMs }) => {
      if (endMs - startMs < minMs) return;
      report({
        label: "voicemail",
        confidence: 0.7,
        provisional: true,
        rule: "one-long-utterance",
        inputs: { utteranceMs: endMs - startMs, speechMs },
        thresholds: { minMs },
      });
    });
    return {};
  },
});

// #endregion

// #region use
import { defineAgent } from "@offhook/agent";
import { beep, defaultDetectors, greeting } from "@offhook/detection";

export const withMine = defineAgent({
  name: "with-mine",
  detectors: [...defaultDetectors(), longRing({ afterMs: 20_000 })],
});

export const onlyThese = defineAgent({
  name: "only-these",
  detectors: [greeting(), beep({ minHz: 800 }), talksLong()],
});

// #endregion

// #region contract
import { describeDetector } from "@offhook/detection/testing";
import { loadClip } from "@offhook/session/testing";
import { describe, it } from "vitest";

describeDetector({ describe, it }, () => talksLong(), [
  { name: "a hello", samples: loadClip("hello").data, expect: undefined },
]);
// #endregion
