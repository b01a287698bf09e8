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
    /** Silence after it that shows it was the last tone. */
    settleMs: z.number().int().min(0).max(2_000).default(40),
  }),
  create(options, { report, call, audio }) {
    let speechMs = 0;
    let lastToneEndMs = Number.NEGATIVE_INFINITY;
    let lastTone: HeardTone | undefined;
    let cancel: (() => void) | undefined;
    audio.onUtterance(({ phase, speechMs: more }) => {
      if (phase === "active") speechMs += more;
    });
    const looksLikeBeep = (tone: HeardTone) => {
      const durationMs = tone.endMs - tone.startMs;
      return (
        durationMs >= options.minMs &&
        durationMs <= options.maxMs &&
        tone.hz >= options.minHz &&
        tone.hz <= options.maxHz &&
        tone.roughnessDb <= 4 &&
        tone.dropDb >= options.dropDb &&
        tone.quietBeforeMs >= options.quietBeforeMs &&
        (durationMs >= options.harmonicMinMs || !isHarmonic(tone))
      );
    };
    audio.onTone((tone) => {
      const followsTone = tone.startMs - lastToneEndMs < 120;
      const repeated = lastTone !== undefined && isRepeated(lastTone, tone);
      lastToneEndMs = tone.endMs;
      lastTone = tone;
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
    if (Math.abs(ratio * multiple - nearest) < 0.07 * multiple ** 0.5) return true;
  }
  return false;
}

function isRepeated(previous: HeardTone, tone: HeardTone): boolean {
  const lengthMs = tone.endMs - tone.startMs;
  return (
    Math.abs(previous.hz - tone.hz) < 15 &&
    Math.abs(previous.endMs - previous.startMs - lengthMs) < 70 &&
    tone.startMs - previous.endMs < 5_000
  );
}
