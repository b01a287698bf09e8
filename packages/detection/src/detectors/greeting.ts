import { z } from "zod";
import { type DetectorReport, defineDetector } from "../detector.js";
import { SPEAKING_MACHINES } from "../fusion.js";
import {
  CADENCE_FEATURES,
  type Cadence,
  CadenceFollower,
  type Stage,
} from "../greeting/cadence.js";
import { opinionOf, SURE_AT_LEAST } from "../greeting/opinion.js";
import { GREETING_WEIGHTS } from "../greeting/weights.js";
import { TurnTaking } from "./turn-taking.js";

const share = z.number().min(0.5).max(1);

/** Unless tuned otherwise, nobody is called a machine with less. */
export const DEFAULT_MACHINE_AT_LEAST = 0.66;

/** A pause is certainly one when it is this much quieter than the words; noise and music are not. */
const SILENT_PAUSE_DB = 12;

/** Talk of this length is a greeting, and after such a pause it has ended, as far as one can tell. */
const GREETING_MS = 2_000;
const ENDED: ReadonlySet<Stage> = new Set(["pause1200", "pause2000", "pause3000"]);

/**
 * Person or machine, by the cadence of the first words alone: an additive model over nine lengths
 * and counts, trained on prompts and voices of many languages. Provisional until the pause is
 * longer than machines hesitate, or the callee takes a turn.
 */
export const greeting = defineDetector({
  name: "greeting",
  doneOnceFinal: true,
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
    let said: DetectorReport | undefined;

    const say = (next: DetectorReport) => {
      said = next;
      report(next);
    };

    const judge = (stage: Stage, cadence: Cadence, dropDb: number) => {
      if (settled) return;
      const opinion = opinionOf(GREETING_WEIGHTS, stage, cadence, options.machineAtLeast);
      if (!opinion) {
        // What was taken for a person's hello was followed by more than people say.
        if (stage === "pause1200" && said?.label === "human")
          say({ label: "unknown", confidence: 0, provisional: true, rule: "in-doubt" });
        return;
      }
      const { isHuman, human, because } = opinion;
      const sure = Math.max(human, 1 - human);
      settled =
        isHuman &&
        stage === "pause3000" &&
        human >= options.certainHuman &&
        dropDb >= SILENT_PAUSE_DB;
      const ended = !isHuman && cadence.longestRunMs >= GREETING_MS && ENDED.has(stage);
      say({
        label: isHuman ? "human" : "voicemail",
        ...(ended ? { kind: "greeting_end" } : {}),
        confidence: Math.min(options.mostConfident, isHuman ? Math.max(0.5, human) : sure),
        provisional: !settled,
        rule: `cadence-${stage}`,
        inputs: { ...rounded(cadence), strongest: strongest(because) },
        thresholds: { humanAtLeast: 1 - options.machineAtLeast, sureAtLeast: SURE_AT_LEAST[stage] },
        runnerUp: { label: isHuman ? "voicemail" : "human", margin: Math.abs(2 * human - 1) },
        ...(isHuman ? {} : { alsoFits: SPEAKING_MACHINES }),
      });
    };
    const follower = new CadenceFollower(audio, () => call.answeredAtMs, judge);

    audio.onVoice((active, atMs) => {
      turns.onVoice(active, atMs);
      if (active && said?.kind === "greeting_end") {
        const { kind: _ended, ...goesOn } = said;
        say(goesOn);
      }
      if (!settled) follower.onVoice(active, atMs);
    });
    audio.onHop((hop) => {
      if (!settled) follower.onHop(hop);
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
  const whole: Record<string, number> = {};
  for (const feature of CADENCE_FEATURES) whole[feature] = Math.round(cadence[feature]);
  return whole;
}

/** The feature that weighed most, with its log-odds for a person. */
function strongest(because: Readonly<Partial<Record<keyof Cadence, number>>>): string {
  let most: keyof Cadence | undefined;
  let weight = 0;
  for (const feature of CADENCE_FEATURES) {
    const added = because[feature];
    if (added === undefined || (most !== undefined && Math.abs(added) <= Math.abs(weight)))
      continue;
    most = feature;
    weight = added;
  }
  return most === undefined ? "none" : `${most} ${weight.toFixed(1)}`;
}
