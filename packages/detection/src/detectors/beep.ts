import type { CallSignal } from "@offhook/session/vocabulary";
import { z } from "zod";
import { defineDetector } from "../detector.js";
import type { HeardTone } from "../signal/heard-audio.js";
import { isHeld, isSmooth, lowerHz, standsOut } from "./beep-shape.js";
import { isCrowd, isOneVoice } from "./one-voice.js";

const ms = z.number().int().positive().max(60_000);
const hz = z.number().positive().max(4_000);

const ALONE = "steady-tone-alone";
/** The second of two beeps comes within this. */
const DOUBLE_BEEP_MS = 400;
const MELODY_GAP_MS = 160;
/** The longest hole that lost packets leave in one tone. */
const CUT_MS = 100;
/** A fax's calling tone is half a second, and a room's echo longer. */
const CALLING_TONE_MS = 820;
const KEY_ROWS_HZ = [697, 770, 852, 941];
const KEY_COLUMNS_HZ = [1_209, 1_336, 1_477, 1_633];
const KEY_WITHIN = 0.01;
const KEY_MOST_MS = 350;
/** This much talk before it makes what could be a fax's tone a beep. */
const FAX_TONE_SPEECH_MS = 1_000;
/** This much talk before answer is a message. */
const EARLY_SPEECH_MS = 1_500;
/** It belongs to the call that was answered when it ended this soon before. */
const LEADS_UP_MS = 2_500;

/**
 * The beep after a greeting: one or two steady frequencies, a smooth envelope (level or decaying)
 * and a clear end, after something was said. Never one fixed frequency: real beeps differ.
 */
export const beep = defineDetector({
  name: "beep",
  options: z.strictObject({
    minMs: ms.default(100),
    /** Partials of a voice can hold for this long. */
    harmonicMinMs: ms.default(320),
    /** Without speech before it; a vowel follows speech at once. */
    quietBeforeMs: z.number().int().min(0).max(5_000).default(80),
    /** Speech of a greeting, together. */
    greetingMs: z.number().int().min(0).max(60_000).default(240),
    maxMs: ms.default(1_600),
    minHz: hz.default(300),
    maxHz: hz.default(2_450),
    /** Tones that began this soon after answer are the end of the ringback. */
    ignoreAfterAnswerMs: z.number().int().min(0).max(10_000).default(400),
    /** The level falls at least this far where it ends. */
    dropDb: z.number().positive().max(60).default(6),
    /**
     * The level changes at most this much from one 20 ms step to the next, on average, where silence
     * sets the tone apart (GSM's coding is that rough); elsewhere a sixth of it, as voices sustain too.
     */
    roughnessDb: z.number().positive().max(6).default(3),
    /** Silence after it that shows it was the last tone. */
    settleMs: z.number().int().min(0).max(2_000).default(40),
    /** A beep before which nothing was said is at least this high: call progress tones are lower. */
    aloneMinHz: hz.default(520),
    /** Nothing follows it for as long. */
    aloneSettleMs: z.number().int().min(0).max(10_000).default(1_200),
  }),
  create(options, { report, call, audio }) {
    let speechMs = 0;
    let speechUntilMs = 0;
    let saidEarly = false;
    let voiceFromMs: number | undefined;
    let recent: HeardTone[] = [];
    let lastBeep: HeardTone | undefined;
    let pending: (() => void) | undefined;
    const cancel = () => {
      pending?.();
      pending = undefined;
    };
    audio.onUtterance(({ endMs, speechMs: more }) => {
      speechMs += more;
      speechUntilMs = endMs;
    });

    /** Of the greeting before this tone, as far as it has been said. */
    const saidBefore = (tone: HeardTone) =>
      speechMs + (voiceFromMs === undefined ? 0 : Math.max(0, tone.startMs - voiceFromMs));

    const looksLikeBeep = (tone: HeardTone) => {
      const durationMs = tone.endMs - tone.startMs;
      const lowHz = lowerHz(tone);
      return (
        durationMs >= options.minMs &&
        durationMs <= options.maxMs &&
        lowHz >= options.minHz &&
        lowHz <= options.maxHz &&
        (standsOut(tone, options) || isSmooth(tone, options) || isHeld(tone, options))
      );
    };

    /** `sure`: nothing else gives such a tone; else a busy tone's or a fax's rhythm may yet show. */
    const tell = (tone: HeardTone, rule: string, sure: boolean) => {
      lastBeep = tone;
      report({
        label: "beep",
        kind: tone.secondHz > 0 ? "dual" : "single",
        confidence: sure ? (isOneVoice(audio.talk) ? 0.98 : 0.95) : rule === ALONE ? 0.8 : 0.9,
        provisional: !sure,
        rule,
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
      });
    };

    const judge = (tone: HeardTone) => {
      const before = recent.filter(isDeliberate);
      recent = [...recent.slice(-5), tone];
      const last = before.at(-1);
      const again = last !== undefined && isSamePitch(last, tone);
      // The same tone again and again is busy or ringback; a second one at once is a double beep.
      const isSecond = again && last === lastBeep && tone.startMs - last.endMs < DOUBLE_BEEP_MS;
      if (!isSecond && before.some((earlier) => isRepeated(earlier, tone))) return;
      // A tone right after another is a melody, a special information tone or a ring.
      if (!again && last !== undefined && tone.startMs - last.endMs < MELODY_GAP_MS) {
        cancel();
        return;
      }
      if (isMelody(before, tone)) return;
      const { answeredAtMs } = call;
      const early = answeredAtMs === undefined;
      if (early !== (tone.phase === "early")) return;
      if (!early && tone.startMs - answeredAtMs < options.ignoreAfterAnswerMs) return;
      if (!looksLikeBeep(tone) || isKeyPress(tone)) return;
      cancel();
      const saidMs = saidBefore(tone);
      const fax = isFaxTone(tone);
      const aboveProgress = lowerHz(tone) >= options.aloneMinHz;
      if (early) {
        // Before answer it may ring on after an announcement; nobody waits for us to speak.
        if (saidMs >= EARLY_SPEECH_MS && aboveProgress && !fax)
          pending = audio.at(tone.endMs + options.aloneSettleMs, () =>
            tell(tone, "steady-tone-after-speech", false),
          );
      } else if (
        saidMs >= (fax ? FAX_TONE_SPEECH_MS : options.greetingMs) &&
        (saidEarly || !isCrowd(audio.talk))
      )
        pending = audio.at(tone.endMs + options.settleMs, () =>
          tell(tone, "steady-tone-after-speech", aboveProgress && !fax),
        );
      else if (aboveProgress && !fax)
        pending = audio.at(tone.endMs + options.aloneSettleMs, () => tell(tone, ALONE, false));
    };

    audio.onVoice((active, atMs) => {
      voiceFromMs = active ? atMs : undefined;
      // Somebody speaks after a tone without a greeting: it was no beep.
      if (active && (speechMs < options.greetingMs || call.answeredAtMs === undefined)) cancel();
    });
    audio.onTone((tone) => {
      const last = recent.at(-1);
      // Lost packets cut a tone in two.
      const gapMs = last === undefined ? Number.POSITIVE_INFINITY : tone.startMs - last.endMs;
      if (last === undefined || gapMs > CUT_MS || !isSamePitch(last, tone)) {
        judge(tone);
        return;
      }
      recent = recent.slice(0, -1);
      const { startMs, quietBeforeMs, riseDb } = last;
      judge({ ...tone, startMs, quietBeforeMs, riseDb });
    });
    return {
      onSignal(signal: CallSignal) {
        if (signal.type !== "answered") return;
        cancel();
        // A greeting that the network played up to the answer is the one before this beep.
        const leadsUp = speechMs >= EARLY_SPEECH_MS && signal.atMs - speechUntilMs <= LEADS_UP_MS;
        saidEarly = leadsUp;
        if (!leadsUp) speechMs = 0;
      },
    };
  },
});

function isSamePitch(a: HeardTone, b: HeardTone): boolean {
  const same = (hz: number) => hz > 0 && Math.abs(hz - b.hz) < 15;
  return same(a.hz) || same(a.secondHz);
}

/** A device made it: vowels are shorter or rougher. */
function isDeliberate({ startMs, endMs, roughnessDb }: HeardTone): boolean {
  return endMs - startMs >= 140 && roughnessDb < 1;
}

function isRepeated(earlier: HeardTone, tone: HeardTone): boolean {
  return isSamePitch(earlier, tone) && tone.startMs - earlier.endMs < 5_000;
}

/** Two frequencies of a telephone's keys (ITU-T Q.23), no longer than a finger rests on one. */
function isKeyPress({ hz, secondHz, startMs, endMs }: HeardTone): boolean {
  const near = (keys: readonly number[], value: number) =>
    keys.some((key) => Math.abs(value - key) <= KEY_WITHIN * key);
  return (
    endMs - startMs <= KEY_MOST_MS &&
    near(KEY_ROWS_HZ, Math.min(hz, secondHz)) &&
    near(KEY_COLUMNS_HZ, Math.max(hz, secondHz))
  );
}

/** Several other notes within the last seconds, and no rest before this one. */
function isMelody(before: readonly HeardTone[], tone: HeardTone): boolean {
  if (tone.quietBeforeMs >= 240) return false;
  const notes = before.filter(
    (earlier) => tone.startMs - earlier.endMs < 2_500 && !isSamePitch(earlier, tone),
  );
  return notes.length >= 2;
}

/** T.30: a calling tone of half a second, or the answer tone, whole or in pieces. */
function isFaxTone({ hz, startMs, endMs }: HeardTone): boolean {
  return (
    (Math.abs(hz - 1_100) <= 42 && endMs - startMs <= CALLING_TONE_MS) || Math.abs(hz - 2_100) <= 35
  );
}
