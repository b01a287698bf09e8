import type { CallSignal } from "@offhook/session/vocabulary";
import { z } from "zod";
import { defineDetector } from "../detector.js";
import { SPEAKING_MACHINES } from "../fusion.js";
import type { Utterance } from "../signal/heard-audio.js";
import { isOneVoice } from "./one-voice.js";
import { TurnTaking } from "./turn-taking.js";

/** Less than this after a long pause is no part of a greeting. */
const CALLS_AGAIN_MS = 1_100;

const ms = z.number().int().positive().max(600_000);

/**
 * Voicemail that took the call (seed 000, second detection point): answered, a greeting was heard,
 * nobody took a turn, and then silence, or the end of the leg, inside a short window after answer.
 * Silence alone is never a machine, and neither is somebody who talks on.
 */
export const postConnectVoicemail = defineDetector({
  name: "post-connect-voicemail",
  doneOnceFinal: true,
  options: z.strictObject({
    /** Silence after the greeting. */
    greetingSilenceMs: ms.default(2_500),
    /** From answer; the leg's end later than this proves nothing. */
    postConnectWindowMs: ms.default(15_000),
    /** Speech that makes a greeting. People answer with less. */
    greetingMinMs: ms.default(2_000),
    /** A greeting of this length is a machine's; shorter ones can be a firm's receptionist. */
    greetingCertainMs: ms.default(3_700),
    /** After this much the verdict is final: a menu would have repeated itself by then. */
    certainSilenceMs: ms.default(6_000),
    /** Longer pauses end the greeting; machines hesitate for less. */
    greetingPauseMs: ms.default(1_200),
    /** After this much silence following a greeting the verdict is given, provisionally. */
    earlySilenceMs: ms.default(1_500),
  }),
  create(options, { report, call, audio }) {
    const turns = new TurnTaking();
    let greetingMs = 0;
    let greetingFromMs = 0;
    let greetingUntilMs: number | undefined;
    let longestMs = 0;
    let answeredBack = false;
    let claimed = false;
    let resumed = false;
    let cancel: (() => void) | undefined;

    const inputs = (silenceMs: number) => ({
      greetingMs: longestMs,
      greetingFromMs: Math.round(greetingFromMs - (call.answeredAtMs ?? 0)),
      silenceMs: Math.round(silenceMs),
      agentSpoke: turns.agentSpoke,
      tookATurn: false,
    });
    const thresholds = {
      greetingMinMs: options.greetingMinMs,
      greetingSilenceMs: options.greetingSilenceMs,
      postConnectWindowMs: options.postConnectWindowMs,
    };

    /** Of both sides: a person who listens to us is silent too. */
    const silentFromMs = () => Math.max(greetingUntilMs ?? 0, turns.agentUntilMs(audio.nowMs) ?? 0);

    const inWindow = (atMs: number) =>
      call.answeredAtMs !== undefined && atMs - call.answeredAtMs <= options.postConnectWindowMs;

    const wait = (silenceMs: number, then: () => void) => {
      cancel?.();
      cancel = audio.at(silentFromMs() + silenceMs, then);
    };

    /** A few words after a long pause are somebody's "Hello?": no machine adds that. */
    const greetingHeard = () =>
      longestMs >= options.greetingMinMs &&
      greetingMs >= CALLS_AGAIN_MS &&
      !answeredBack &&
      isOneVoice(audio.talk);

    const takeBack = (rule: string) => {
      if (!claimed) return;
      claimed = false;
      report({ label: "unknown", confidence: 0, provisional: true, rule });
    };

    const certain = () => longestMs >= options.greetingCertainMs;

    const tellCertain = () =>
      report({
        label: "voicemail",
        confidence: 0.94,
        rule: "greeting-then-silence",
        inputs: inputs(options.certainSilenceMs),
        thresholds,
        alsoFits: SPEAKING_MACHINES,
      });

    const waitForSilence = () => {
      if (!greetingHeard() || !inWindow(silentFromMs())) return;
      wait(options.earlySilenceMs, () => {
        claimed = true;
        report({
          label: "voicemail",
          confidence: !certain() ? 0.5 : turns.agentSpoke ? 0.6 : 0.75,
          provisional: true,
          rule: "greeting-then-pause",
          inputs: inputs(options.earlySilenceMs),
          thresholds,
          alsoFits: SPEAKING_MACHINES,
        });
        wait(options.greetingSilenceMs, () => {
          report({
            label: "voicemail",
            // Who says hello, waits and then talks on is a machine sooner than a receptionist is.
            confidence: certain() ? 0.92 : resumed ? 0.75 : 0.5,
            provisional: true,
            rule: "greeting-then-silence",
            inputs: inputs(options.greetingSilenceMs),
            thresholds,
            alsoFits: SPEAKING_MACHINES,
          });
          if (certain()) wait(options.certainSilenceMs, tellCertain);
        });
      });
    };

    const onUtterance = (utterance: Utterance) => {
      if (call.answeredAtMs === undefined || utterance.phase !== "active") return;
      if (turns.answers(utterance)) {
        answeredBack = true;
        takeBack("took-a-turn");
        return;
      }
      const continues =
        greetingUntilMs !== undefined &&
        utterance.startMs - greetingUntilMs <= options.greetingPauseMs;
      if (!continues) {
        resumed = greetingUntilMs !== undefined;
        greetingMs = 0;
        greetingFromMs = utterance.startMs;
      }
      greetingMs += utterance.endMs - utterance.startMs;
      if (longestMs > greetingMs && greetingMs < CALLS_AGAIN_MS) takeBack("called-again");
      longestMs = Math.max(longestMs, greetingMs);
      greetingUntilMs = utterance.endMs;
      waitForSilence();
    };

    const onLegEnded = (atMs: number) => {
      cancel?.();
      if (!greetingHeard() || !inWindow(atMs)) return;
      report({
        label: "voicemail",
        confidence: 0.8,
        rule: "greeting-then-leg-ended",
        inputs: inputs(atMs - (greetingUntilMs ?? atMs)),
        thresholds,
      });
    };

    audio.onVoice((active, atMs) => {
      turns.onVoice(active, atMs);
      if (active) cancel?.();
    });
    audio.onUtterance(onUtterance);

    return {
      onSignal(signal: CallSignal) {
        if (signal.type === "far_side_ended") onLegEnded(signal.atMs);
      },
      onAgentSpeech(active, atMs) {
        turns.onAgentSpeech(active, atMs);
        cancel?.();
        if (!active && !audio.voiceActive) waitForSilence();
      },
    };
  },
});
