import { defineDetector } from "@offhook/detection";
import { z } from "zod";

/**
 * Reports music once it has been loud without a pause for `minMs`: speech pauses for breath every
 * few seconds, music does not.
 */
export const onHoldMusic = defineDetector({
  name: "on-hold-music",
  options: z.object({
    minMs: z.number().int().positive().default(10_000),
    /** Below this level, in dB of full scale, a frame counts as a pause. */
    pauseLevelDb: z.number().min(-90).max(0).default(-45),
  }),
  create({ minMs, pauseLevelDb }, { report }) {
    let sinceMs: number | undefined;
    let reported = false;
    return {
      onFrame({ data, atMs }) {
        if (levelDb(data) < pauseLevelDb) {
          sinceMs = undefined;
          return;
        }
        sinceMs ??= atMs;
        const unbrokenMs = atMs - sinceMs;
        if (reported || unbrokenMs < minMs) return;
        reported = true;
        report({
          label: "music",
          confidence: 0.9,
          rule: "sound-without-pause",
          inputs: { unbrokenMs },
          thresholds: { minMs, pauseLevelDb },
        });
      },
    };
  },
});

function levelDb(samples: Int16Array): number {
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  return 10 * Math.log10(energy / Math.max(1, samples.length) / 32_768 ** 2 + 1e-12);
}
