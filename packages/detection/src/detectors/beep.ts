import { z } from "zod";
import { defineDetector } from "../detector.js";
import type { HeardTone } from "../signal/heard-audio.js";

const ms = z.number().int().positive().max(60_000);
const hz = z.number().positive().max(4_000);

/**
 * The beep after a greeting: one or two steady frequencies, a smooth envelope (level or decaying)
 * and a clear end, after something was said. Never one fixed frequency: real beeps differ.
 */
export const beep = defineDetector({
  name: "beep",
  options: z.strictObject({
    minMs: ms.default(170),
    /** Partials of a voice can hold for this long. */
    harmonicMinMs: ms.default(320),
    /** Without speech before it; a vowel follows speech at once. */
    quietBeforeMs: z.number().int().min(0).max(5_000).default(80),
    /** Speech of a greeting, together. */
    greetingMs: z.number().int().min(0).max(60_000).default(240),
    maxMs: ms.default(1_600),
    minHz: hz.default(380),
    maxHz: hz.default(2_300),
    /** Tones that began this soon after answer are the end of the ringback. */
    ignoreAfterAnswerMs: z.number().int().min(0).max(10_000).default(400),
    /** The level falls at least this far where it ends. */
    dropDb: z.number().positive().max(60).default(6),
    /** The level changes at most this much from one 20 ms step to the next, on average. */
    roughnessDb: z.number().positive().max(6).default(1.4),
    /** Silence after it that shows it was the last tone. */
    settleMs: z.number().int().min(0).max(2_000).default(40),
  }),
  create(options, { report, call, audio }) {
    let speechMs = 0;
    let lastToneEndMs = Number.NEGATIVE_INFINITY;
    let recent: HeardTone[] = [];
    let cancel: (() => void) | undefined;
    audio.onUtterance(({ phase, speechMs: more }) => {
      if (phase === "active") speechMs += more;
    });
    const looksLikeBeep = (tone: HeardTone) => {
      const durationMs = tone.endMs - tone.startMs;
      const lowHz = tone.secondHz > 0 ? Math.min(tone.hz, tone.secondHz) : tone.hz;
      return (
        durationMs >= options.minMs &&
        durationMs <= options.maxMs &&
        lowHz >= options.minHz &&
        lowHz <= options.maxHz &&
        tone.roughnessDb <= options.roughnessDb &&
        // A long tone is one even where noise hides its end.
        (tone.dropDb >= options.dropDb ||
          (durationMs >= options.harmonicMinMs && tone.dropDb > 2)) &&
        tone.quietBeforeMs >= options.quietBeforeMs &&
        (durationMs >= options.harmonicMinMs || !isHarmonic(tone))
      );
    };
    audio.onTone((tone) => {
      const followsTone = tone.startMs - lastToneEndMs < 160;
      const repeated = recent.some((earlier) => isRepeated(earlier, tone));
      lastToneEndMs = tone.endMs;
      recent = [...recent.slice(-3), tone];
      // The same tone again and again is busy or ringback.
      if (repeated) return;
      // A tone right after another is a melody, a special information tone or a ring.
      if (followsTone) {
        cancel?.();
        return;
      }
      const { answeredAtMs } = call;
      if (answeredAtMs === undefined || tone.phase !== "active") return;
      if (tone.startMs - answeredAtMs < options.ignoreAfterAnswerMs) return;
      if (speechMs < options.greetingMs) return;
      if (!looksLikeBeep(tone)) return;
      cancel = audio.at(tone.endMs + options.settleMs, () =>
        report({
          label: "beep",
          kind: tone.secondHz > 0 ? "dual" : "single",
          confidence: 0.95,
          rule: "steady-tone-after-speech",
          inputs: {
            frequencyHz: Math.round(tone.hz),
            secondHz: Math.round(tone.secondHz),
            durationMs: tone.endMs - tone.startMs,
            dropDb: tone.dropDb,
            roughnessDb: tone.roughnessDb,
          },
          thresholds: {
            minMs: options.minMs,
            maxMs: options.maxMs,
            minHz: options.minHz,
            maxHz: options.maxHz,
            dropDb: options.dropDb,
          },
        }),
      );
    });
    return {};
  },
});

/** Two partials of one voice: small multiples of the same pitch. */
function isHarmonic(tone: HeardTone): boolean {
  if (tone.secondHz === 0) return false;
  const low = Math.min(tone.hz, tone.secondHz);
  const ratio = Math.max(tone.hz, tone.secondHz) / low;
  for (let multiple = 1; multiple <= 4; multiple++) {
    const pitchHz = low / multiple;
    if (pitchHz < 70 || pitchHz > 420) continue;
    const nearest = Math.round(ratio * multiple);
    if (Math.abs(ratio * multiple - nearest) < 0.014 * nearest) return true;
  }
  return false;
}

function isRepeated(earlier: HeardTone, tone: HeardTone): boolean {
  const samePitch = (hz: number) => hz > 0 && Math.abs(hz - tone.hz) < 15;
  return (
    (samePitch(earlier.hz) || samePitch(earlier.secondHz)) && tone.startMs - earlier.endMs < 5_000
  );
}
