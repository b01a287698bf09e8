import { z } from "zod";
import { defineDetector } from "../detector.js";
import type { Utterance } from "../signal/heard-audio.js";
import { TurnTaking } from "./turn-taking.js";

const ms = z.number().int().positive().max(600_000);

/**
 * A person: says something short and waits, or takes a turn after we spoke. Certain once the
 * pause is longer than any machine hesitates, or the callee answered us.
 */
export const humanHello = defineDetector({
  name: "human-hello",
  doneOnceFinal: true,
  options: z.strictObject({
    /** More speech than this before the first pause is no hello. */
    helloMaxMs: ms.default(1_800),
    /** Pauses shorter than this are inside the hello. */
    pauseMs: ms.default(600),
    /** A pause this long makes it certain. */
    certainPauseMs: ms.default(3_000),
  }),
  create(options, { report, call, audio }) {
    const turns = new TurnTaking();
    let helloMs = 0;
    let helloUntilMs: number | undefined;
    let utterances = 0;
    let settled = false;
    let claimed = false;
    let cancel: (() => void) | undefined;
    const thresholds = { ...options };

    const claim = (silenceMs: number, provisional: boolean) => {
      claimed = true;
      settled = !provisional;
      report({
        label: "human",
        confidence: provisional ? 0.75 : 0.9,
        provisional,
        rule: "short-hello-then-pause",
        inputs: { helloMs, silenceMs, utterances },
        thresholds,
      });
    };

    const waitForPause = () => {
      const untilMs = helloUntilMs ?? 0;
      cancel = audio.at(untilMs + options.pauseMs, () => {
        claim(options.pauseMs, true);
        cancel = audio.at(untilMs + options.certainPauseMs, () => {
          claim(options.certainPauseMs, false);
        });
      });
    };

    audio.onVoice((active, atMs) => {
      turns.onVoice(active, atMs);
      if (active) cancel?.();
    });

    audio.onUtterance((utterance: Utterance) => {
      if (settled || call.answeredAtMs === undefined || utterance.phase !== "active") return;
      utterances++;
      if (turns.answers(utterance)) {
        settled = true;
        report({
          label: "human",
          confidence: 0.97,
          rule: "took-a-turn",
          inputs: { utterances, spokeMs: utterance.endMs - utterance.startMs },
          thresholds,
        });
        return;
      }
      const continues =
        helloUntilMs !== undefined && utterance.startMs - helloUntilMs < options.pauseMs;
      helloMs = (continues ? helloMs : 0) + (utterance.endMs - utterance.startMs);
      helloUntilMs = utterance.endMs;
      if (helloMs <= options.helloMaxMs) waitForPause();
      else if (claimed) {
        claimed = false;
        report({
          label: "unknown",
          confidence: 0,
          provisional: true,
          rule: "talked-on",
          inputs: { helloMs },
          thresholds,
        });
      }
    });

    return {
      onAgentSpeech(active, atMs) {
        turns.onAgentSpeech(active, atMs);
      },
    };
  },
});
