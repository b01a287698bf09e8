import { z } from "zod";
import { defineDetector } from "../detector.js";
import { BIN_HZ, HOP_MS, shareOfBand } from "../signal/heard-audio.js";

const ms = z.number().int().positive().max(60_000);

/** V.21 channel 2 lies between these (1,650 and 1,850 Hz with their sidebands). */
const V21_FIRST_BIN = Math.round(1_500 / BIN_HZ);
const V21_LAST_BIN = Math.round(2_000 / BIN_HZ);
/** How fast an account runs out while its tone is absent, against how fast it fills. */
const LEAK = 2;

/**
 * A fax machine: its answer tone (T.30 CED, V.8 ANSam: 2,100 Hz), its calling tone (CNG: 1,100 Hz,
 * half a second every three and a half), or the V.21 preamble of one that skips both.
 */
export const fax = defineDetector({
  name: "fax",
  doneOnceFinal: true,
  options: z.strictObject({
    /** Answer tone this long. No beep is as long. */
    answerToneMs: ms.default(1_300),
    /** V.21 for this long. */
    preambleMs: ms.default(500),
    /** Calling tones of this length, with what a room's echo adds; two make it certain. */
    callingMinMs: ms.default(380),
    callingMaxMs: ms.default(900),
  }),
  create(options, { report, audio }) {
    let answerMs = 0;
    let answerShapeHops = 0;
    let preambleMs = 0;
    let lastCallingMs: number | undefined;
    let said = false;
    const thresholds = { ...options };
    const decide = (kind: string, rule: string, inputs: Record<string, number>) => {
      if (said) return;
      said = true;
      report({ label: "fax", kind, confidence: 0.98, rule, inputs, thresholds });
    };

    audio.onHop((hop) => {
      const loud = hop.levelDb > Math.max(-55, hop.floorDb + 5);
      const pure = hop.peakShare > 0.7;
      const answering = loud && pure && Math.abs(hop.peakHz - 2_100) < 35;
      answerMs = account(answerMs, answering);
      answerShapeHops =
        answerMs === 0 ? 0 : answerShapeHops + (answering && hop.secondShare > 0.02 ? 1 : 0);
      if (answerMs >= options.answerToneMs)
        decide(answerShapeHops > 10 ? "ansam" : "ced", "answer-tone", {
          toneMs: answerMs,
          frequencyHz: Math.round(hop.peakHz),
        });
      preambleMs = account(
        preambleMs,
        loud && shareOfBand(hop, V21_FIRST_BIN, V21_LAST_BIN) > 0.85 && hop.steadyHops < 6,
      );
      if (preambleMs >= options.preambleMs) decide("v21", "v21-preamble", { preambleMs });
    });

    audio.onTone((tone) => {
      const durationMs = tone.endMs - tone.startMs;
      const calling =
        Math.abs(tone.hz - 1_100) <= 42 &&
        tone.secondHz === 0 &&
        durationMs >= options.callingMinMs &&
        durationMs <= options.callingMaxMs;
      if (!calling) return;
      const periodMs = lastCallingMs === undefined ? 0 : tone.startMs - lastCallingMs;
      lastCallingMs = tone.startMs;
      if (periodMs > 3_000 && periodMs < 4_000)
        decide("cng", "calling-tones", { frequencyHz: Math.round(tone.hz), durationMs, periodMs });
    });
    return {};
  },
});

function account(valueMs: number, present: boolean): number {
  return present ? valueMs + HOP_MS : Math.max(0, valueMs - LEAK * HOP_MS);
}
