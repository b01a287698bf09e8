import { z } from "zod";
import { defineDetector } from "../detector.js";
import type { HeardTone } from "../signal/heard-audio.js";

/** First and second tone, in Hz and ms, by what they announce (Telcordia GR-1162, ITU-T E.180). */
const KINDS: Readonly<Record<string, readonly (readonly [number, number, number, number])[]>> = {
  sit_intercept: [[913.8, 274, 1_370.6, 274]],
  sit_vacant: [[985.2, 380, 1_370.6, 274]],
  sit_reorder: [
    [913.8, 274, 1_428.5, 380],
    [985.2, 274, 1_370.6, 380],
  ],
  sit_no_circuit: [
    [985.2, 380, 1_428.5, 380],
    [913.8, 380, 1_370.6, 380],
  ],
  sit_itu: [[950, 330, 1_400, 330]],
};

/** ITU-T E.180: 950, 1,400 and 1,800 Hz, each within 50. */
const BANDS = [
  [880, 1_020],
  [1_320, 1_480],
  [1_720, 1_860],
] as const;

/** Three rising tones before a network announcement; which three says what will be announced. */
export const specialInformationTone = defineDetector({
  name: "special-information-tone",
  doneOnceFinal: true,
  options: z.strictObject({
    /** Longest silence between two of the tones. */
    gapMs: z.number().int().positive().max(1_000).default(120),
    minMs: z.number().int().positive().max(1_000).default(160),
    maxMs: z.number().int().positive().max(2_000).default(520),
  }),
  create({ gapMs, minMs, maxMs }, { report, audio }) {
    let heard: HeardTone[] = [];
    audio.onTone((tone) => {
      const durationMs = tone.endMs - tone.startMs;
      const last = heard.at(-1);
      if (last && tone.startMs - last.endMs > gapMs) heard = [];
      const band = BANDS[heard.length];
      const fits =
        band !== undefined &&
        tone.hz >= band[0] &&
        tone.hz <= band[1] &&
        durationMs >= minMs &&
        durationMs <= maxMs;
      if (!fits) {
        heard =
          tone.hz >= BANDS[0][0] && tone.hz <= BANDS[0][1] && durationMs >= minMs ? [tone] : [];
        return;
      }
      heard.push(tone);
      if (heard.length < BANDS.length) return;
      const [first, second, third] = heard as [HeardTone, HeardTone, HeardTone];
      heard = [];
      const { kind, margin } = kindOf(first, second);
      report({
        label: "announcement",
        kind,
        confidence: 0.98,
        rule: "three-rising-tones",
        inputs: {
          firstHz: Math.round(first.hz),
          firstMs: first.endMs - first.startMs,
          secondHz: Math.round(second.hz),
          secondMs: second.endMs - second.startMs,
          thirdHz: Math.round(third.hz),
          kindMargin: margin,
        },
        thresholds: { gapMs, minMs, maxMs },
      });
    });
    return {};
  },
});

/** The nearest kind, and by how much it is nearer than the next. */
function kindOf(first: HeardTone, second: HeardTone): { kind: string; margin: number } {
  const ranked = Object.entries(KINDS)
    .map(([kind, variants]) => ({
      kind,
      distance: Math.min(
        ...variants.map(
          ([firstHz, firstMs, secondHz, secondMs]) =>
            ((first.hz - firstHz) / 20) ** 2 +
            ((second.hz - secondHz) / 20) ** 2 +
            ((first.endMs - first.startMs - firstMs) / 45) ** 2 +
            ((second.endMs - second.startMs - secondMs) / 45) ** 2,
        ),
      ),
    }))
    .sort((a, b) => a.distance - b.distance);
  const [best, next] = ranked;
  return { kind: best?.kind ?? "sit_itu", margin: (next?.distance ?? 0) - (best?.distance ?? 0) };
}
