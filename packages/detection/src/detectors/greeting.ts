import { z } from "zod";
import { defineDetector } from "../detector.js";
import { judgeCadence } from "../greeting/additive-model.js";
import { type Cadence, CadenceFollower, type Stage } from "../greeting/cadence.js";
import { GREETING_WEIGHTS } from "../greeting/weights.js";
import { TurnTaking } from "./turn-taking.js";

const share = z.number().min(0.5).max(1);

/** Unless tuned otherwise, nobody is called a machine with less. */
export const DEFAULT_MACHINE_AT_LEAST = 0.62;

/** The earlier the stage, the surer it must be before it speaks. */
const BAR: Readonly<Record<Stage, number>> = {
  talking: 0.9,
  pause400: 0.93,
  pause800: 0.7,
  pause1200: 0.5,
  pause2000: 0.5,
  pause3000: 0.5,
};

/**
 * Person or machine, by the cadence of the first words alone: an additive model over nine lengths
 * and counts, trained on prompts and voices of many languages. Provisional until the pause is
 * longer than machines hesitate, or the callee takes a turn.
 */
export const greeting = defineDetector({
  name: "greeting",
  options: z.strictObject({
    /** After the longest pause, this sure makes a person's verdict final. */
    certainHuman: share.default(0.9),
    /** Nobody is called a machine with less. */
    machineAtLeast: share.default(DEFAULT_MACHINE_AT_LEAST),
    /** No verdict counts for more than this. */
    mostConfident: share.default(0.96),
  }),
  create(options, { report, call, audio }) {
    const turns = new TurnTaking();
    let settled = false;

    const judge = (stage: Stage, cadence: Cadence) => {
      if (settled) return;
      const { human, because } = judgeCadence(GREETING_WEIGHTS[stage], cadence);
      const isHuman = human >= 1 - options.machineAtLeast;
      const sure = Math.max(human, 1 - human);
      if (sure < BAR[stage]) return;
      // While somebody talks, only the length speaks, and only ever for a machine.
      if (stage === "talking" && isHuman) return;
      settled = isHuman && stage === "pause3000" && human >= options.certainHuman;
      report({
        label: isHuman ? "human" : "voicemail",
        confidence: Math.min(options.mostConfident, isHuman ? Math.max(0.5, human) : sure),
        provisional: !settled,
        rule: `cadence-${stage}`,
        inputs: { ...rounded(cadence), strongest: strongest(because) },
        thresholds: { humanAtLeast: 1 - options.machineAtLeast, sureAtLeast: BAR[stage] },
        runnerUp: { label: isHuman ? "voicemail" : "human", margin: Math.abs(2 * human - 1) },
      });
    };
    const follower = new CadenceFollower(audio, () => call.answeredAtMs, judge);

    audio.onVoice((active, atMs) => {
      turns.onVoice(active, atMs);
      if (!settled) follower.onVoice(active, atMs);
    });
    audio.onUtterance((utterance) => {
      if (settled) return;
      if (call.answeredAtMs === undefined || !turns.answers(utterance)) {
        follower.onUtterance(utterance);
        return;
      }
      settled = true;
      follower.stop();
      report({
        label: "human",
        confidence: 0.97,
        rule: "took-a-turn",
        inputs: { spokeMs: utterance.endMs - utterance.startMs },
      });
    });
    return {
      onAgentSpeech: (active, atMs) => turns.onAgentSpeech(active, atMs),
    };
  },
});

function rounded(cadence: Cadence): Record<string, number> {
  return Object.fromEntries(
    Object.entries(cadence).map(([name, value]) => [name, Math.round(value)]),
  );
}

/** The feature that weighed most, with its log-odds for a person. */
function strongest(because: Readonly<Partial<Record<keyof Cadence, number>>>): string {
  const [name, weight] =
    Object.entries(because).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]))[0] ?? [];
  return name === undefined ? "none" : `${name} ${(weight ?? 0).toFixed(1)}`;
}
