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
import { loadClip, silence, tone } from "@offhook/session/testing";
import { describe, it } from "vitest";

const sampleRate = 8_000;
const pause = silence(2_000, sampleRate);
const ring = tone({ frequenciesHz: [440, 480], durationMs: 2_000, sampleRate });
const [hello, talk] = [loadClip("hello").data, loadClip("talk_on").data];

describeDetector({ describe, it }, () => talksLong({ minMs: 3_000 }), [
  { name: "a hello", samples: [hello, pause, hello], tailMs: 500, expect: undefined },
  { name: "a tone is no talk", samples: ring, tailMs: 500, expect: undefined },
  { name: "talks on", samples: talk, tailMs: 500, expect: "voicemail" },
]);
// #endregion
