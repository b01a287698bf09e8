import type { CallSignal } from "@offhook/session/vocabulary";
import { z } from "zod";
import { defineDetector } from "../detector.js";
import type { Utterance } from "../signal/heard-audio.js";
import { TurnTaking } from "./turn-taking.js";

const ms = z.number().int().positive().max(600_000);

/**
 * Voicemail that took the call (seed 000, second detection point): answered, a greeting was heard,
 * nobody took a turn, and then silence, or the end of the leg, inside a short window after answer.
 * Silence alone is never a machine, and neither is somebody who talks on.
 */
export const postConnectVoicemail = defineDetector({
  name: "post-connect-voicemail",
  options: z.strictObject({
    /** Silence after the greeting. */
    greetingSilenceMs: ms.default(2_500),
    /** From answer; the leg's end later than this proves nothing. */
    postConnectWindowMs: ms.default(15_000),
    /** Speech that makes a greeting. People answer with less. */
    greetingMinMs: ms.default(2_000),
    /** A greeting of this length is a machine's; shorter ones can be a firm's receptionist. */
    greetingCertainMs: ms.default(4_000),
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

    const greetingHeard = () => longestMs >= options.greetingMinMs && !answeredBack;

    const certain = () => longestMs >= options.greetingCertainMs;

    const waitForSilence = () => {
      if (!greetingHeard() || !inWindow(silentFromMs())) return;
      wait(options.earlySilenceMs, () => {
        report({
          label: "voicemail",
          confidence: turns.agentSpoke || !certain() ? 0.6 : 0.75,
          provisional: true,
          rule: "greeting-then-pause",
          inputs: inputs(options.earlySilenceMs),
          thresholds,
        });
        wait(options.greetingSilenceMs, () =>
          report({
            label: "voicemail",
            confidence: certain() ? 0.92 : 0.65,
            provisional: !certain(),
            rule: "greeting-then-silence",
            inputs: inputs(options.greetingSilenceMs),
            thresholds,
          }),
        );
      });
    };

    const onUtterance = (utterance: Utterance) => {
      if (call.answeredAtMs === undefined || utterance.phase !== "active") return;
      if (turns.answers(utterance)) {
        answeredBack = true;
        report({ label: "unknown", confidence: 0, provisional: true, rule: "took-a-turn" });
        return;
      }
      const continues =
        greetingUntilMs !== undefined &&
        utterance.startMs - greetingUntilMs <= options.greetingPauseMs;
      if (!continues) {
        greetingMs = 0;
        greetingFromMs = utterance.startMs;
      }
      greetingMs += utterance.endMs - utterance.startMs;
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
