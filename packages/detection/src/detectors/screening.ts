import type { CallSignal } from "@offhook/session/vocabulary";
import { z } from "zod";
import { defineDetector } from "../detector.js";
import type { HeardTone, Utterance } from "../signal/heard-audio.js";
import { isOneVoice } from "./one-voice.js";
import { Reactions } from "./reactions.js";

const ms = z.number().int().positive().max(600_000);

/** Shorter pauses are inside the question. */
const RUN_GAP_MS = 1_200;
const BEEP_MS = { least: 170, most: 1_600 } as const;
/** What it says when nobody answered its question is short. */
const REMINDER_MS = { least: 700, most: 3_200 } as const;

/** Nobody's hand is as quick: who answers us then is no receptionist. */
const NO_HAND_MS = 800;
/** It asks this soon after the answer. */
const ASKS_WITHIN_MS = 2_500;
/** "Thanks. Please stay on the line." */
const REACTION_MS = 6_000;
/** After the reminder it waits again. */
const REMINDED_MS = 2_500;

/**
 * An assistant that screens calls: answers before a phone could ring, asks one question, and then
 * waits in silence for our name; no beep comes. Where no signalling tells how long it rang, this
 * much is only ever a runner-up: a voicemail without a beep sounds the same.
 */
export const screening = defineDetector({
  name: "screening",
  doneOnceFinal: true,
  options: z.strictObject({
    /** Answered this soon after dialling, hardly anything can have rung. */
    answeredWithinMs: ms.default(1_500),
    /** The question's length. */
    questionMinMs: ms.default(2_800),
    questionMaxMs: ms.default(12_000),
    /** It waits for our answer this long, at least. */
    waitsMs: ms.default(3_500),
    /** Where we know nothing of the ringing, this long. */
    waitsUnknownMs: ms.default(4_500),
    /** Who asks for this long, in one breath, and then answers us is no receptionist. */
    certainQuestionMs: ms.default(7_000),
  }),
  create(options, { report, call, audio }) {
    let dialedAtMs: number | undefined;
    let answeredAfterMs: number | undefined;
    let answered = false;
    let questionMs = 0;
    let askedAfterMs = 0;
    let lastEndMs: number | undefined;
    let out = false;
    let asked = false;
    let claimed = false;
    let cancel: (() => void) | undefined;
    const reactions = new Reactions();

    const rule = (name: string, confidence: number, silenceMs: number) => {
      claimed = true;
      report({
        label: "screening",
        confidence,
        provisional: true,
        rule: name,
        inputs: {
          questionMs: Math.round(questionMs),
          silenceMs: Math.round(silenceMs),
          ...(answeredAfterMs === undefined ? {} : { answeredAfterMs }),
        },
        thresholds: {
          answeredWithinMs: options.answeredWithinMs,
          questionMinMs: options.questionMinMs,
          questionMaxMs: options.questionMaxMs,
        },
        runnerUp: { label: "voicemail", margin: Math.abs(2 * confidence - 1) },
      });
    };
    const takeBack = () => {
      out = true;
      cancel?.();
      if (!claimed) return;
      report({ label: "unknown", confidence: 0, provisional: true, rule: "not-a-question" });
    };
    const isQuestion = () =>
      questionMs >= options.questionMinMs && questionMs <= options.questionMaxMs;

    /** A trunk that answers before it rings is told by the ringing that comes first. */
    const isAtOnce = (withinMs = options.answeredWithinMs) =>
      answeredAfterMs !== undefined &&
      answeredAfterMs <= withinMs &&
      askedAfterMs <= ASKS_WITHIN_MS;

    /** We answered its question; what it says to that is short, and then it fetches somebody. */
    const hearReaction = (utterance: Utterance) => {
      const reaction = reactions.hear(utterance);
      if (reaction === "somebody-came" || reaction === "answer-again") takeBack();
      if (reaction !== "answer") return;
      const { startMs, endMs } = utterance;
      if (endMs - startMs > REACTION_MS) takeBack();
      else if (isAtOnce(NO_HAND_MS))
        rule("reacts-to-our-answer", 0.85, startMs - (lastEndMs ?? startMs));
      else if (questionMs >= options.certainQuestionMs)
        rule("reacts-to-our-answer", 0.7, startMs - (lastEndMs ?? startMs));
    };

    const waitForUs = (endMs: number) => {
      cancel?.();
      if (!isQuestion()) return;
      const atOnce = isAtOnce();
      if (answeredAfterMs !== undefined && !atOnce) return;
      const silenceMs = atOnce ? options.waitsMs : options.waitsUnknownMs;
      cancel = audio.at(endMs + silenceMs, () =>
        atOnce
          ? rule("asked-without-ringing", 0.8, silenceMs)
          : rule("asked-and-waits", 0.42, silenceMs),
      );
    };

    audio.onVoice((active, atMs) => {
      reactions.onVoice(active, atMs);
      if (active) cancel?.();
    });
    audio.onUtterance((utterance: Utterance) => {
      const { startMs, endMs, phase } = utterance;
      if (out || !answered || phase !== "active") return;
      if (asked) {
        hearReaction(utterance);
        return;
      }
      const quietMs = lastEndMs === undefined ? 0 : startMs - lastEndMs;
      if (lastEndMs === undefined) askedAfterMs = startMs - (call.answeredAtMs ?? startMs);
      lastEndMs = endMs;
      if (quietMs <= RUN_GAP_MS) {
        questionMs += endMs - startMs;
        waitForUs(endMs);
        return;
      }
      const again = endMs - startMs;
      const reminds = again >= REMINDER_MS.least && again <= REMINDER_MS.most;
      if (!isQuestion() || !reminds || quietMs < options.waitsUnknownMs) {
        takeBack();
        return;
      }
      cancel?.();
      cancel = audio.at(endMs + REMINDED_MS, () => rule("asks-again", 0.62, quietMs));
    });
    audio.onTone((tone: HeardTone) => {
      const durationMs = tone.endMs - tone.startMs;
      if (questionMs > 0 && durationMs >= BEEP_MS.least && durationMs <= BEEP_MS.most) takeBack();
    });
    return {
      onSignal(signal: CallSignal) {
        if (signal.type === "dialing") dialedAtMs = signal.atMs;
        if (signal.type !== "answered") return;
        answered = true;
        if (dialedAtMs !== undefined) answeredAfterMs = signal.atMs - dialedAtMs;
      },
      onAgentSpeech(active, atMs) {
        cancel?.();
        reactions.onAgentSpeech(active, atMs);
        if (asked || out) return;
        // From here on it answers us: an assistant that asked does, and then fetches somebody.
        asked = isQuestion() && !audio.voiceActive && isOneVoice(audio.talk);
        out = !asked;
      },
    };
  },
});
