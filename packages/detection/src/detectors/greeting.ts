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
import type { Utterance } from "../signal/heard-audio.js";
import { isNear, isOneVoice, isOverBackground } from "./one-voice.js";
import { Reactions } from "./reactions.js";

const share = z.number().min(0.5).max(1);

/** Unless tuned otherwise, nobody is called a machine with less. */
export const DEFAULT_MACHINE_AT_LEAST = 0.66;

/** A pause is certainly one when it is this much quieter than the words; noise and music are not. */
const SILENT_PAUSE_DB = 12;

/** Talk that has nothing of a machine but its length keeps within this range, or a room adds to it. */
const EVEN_DB = 6;
/** This much talk shows whether somebody's voice stands out of it. */
const OVER_BACKGROUND_MS = 4_500;

/** Who answers us after a machine's greeting of this length may be one that asks; after that, is. */
const ASKED_MS = 2_800;
const CERTAINLY_ASKED_MS = 7_000;

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
    /** Talk without a pause that nobody answers a phone with. */
    talksOnMs: z.number().int().min(4_000).max(60_000).default(8_000),
  }),
  create(options, { report, call, audio }) {
    const reactions = new Reactions();
    let settled = false;
    let said: DetectorReport | undefined;
    let agentFromMs = Number.POSITIVE_INFINITY;

    /** How long the greeting is that was taken for a machine's; 0 for none. */
    let machineMs = 0;

    const say = (next: DetectorReport) => {
      said = next;
      report(next);
    };

    const takeBack = (rule: string) => {
      machineMs = 0;
      say({ label: "unknown", confidence: 0, provisional: true, rule });
    };

    /** Talk that does not end, and does not answer us: a person may do that at length. */
    const judgeTalk = (cadence: Cadence) => {
      const { lastRunMs } = cadence;
      if (audio.nowMs - lastRunMs >= agentFromMs || !isNear(audio.talk)) return;
      if (lastRunMs >= OVER_BACKGROUND_MS && isOverBackground(audio.talk)) sayOverBackground();
      if (lastRunMs < options.talksOnMs || !isOneVoice(audio.talk, EVEN_DB)) return;
      if (said?.label === "voicemail") return;
      machineMs = lastRunMs;
      say({
        label: "voicemail",
        confidence: 0.9,
        provisional: true,
        rule: "talks-on",
        inputs: rounded(cadence),
        thresholds: { talksOnMs: options.talksOnMs },
        runnerUp: { label: "human", margin: 0.8 },
        alsoFits: SPEAKING_MACHINES,
      });
    };

    /** Somebody's voice over talk or music that is much quieter: a person in a room. */
    const sayOverBackground = () => {
      if (said?.label === "human") return;
      machineMs = 0;
      say({
        label: "human",
        confidence: 0.6,
        provisional: true,
        rule: "voice-over-background",
        inputs: { rangeDb: audio.talk.rangeDb, aboveNoiseDb: audio.talk.aboveNoiseDb },
        runnerUp: { label: "voicemail", margin: 0.2 },
      });
    };

    const judge = (stage: Stage, cadence: Cadence, dropDb: number) => {
      if (settled || reactions.answered) return;
      const opinion = opinionOf(GREETING_WEIGHTS, stage, cadence, options.machineAtLeast);
      if (!opinion) {
        // What was taken for a person's hello was followed by more than people say.
        if (stage === "pause1200" && said?.label === "human") takeBack("in-doubt");
        if (stage === "talking") judgeTalk(cadence);
        return;
      }
      if (!opinion.isHuman && !isOneVoice(audio.talk)) {
        if (said?.label === "voicemail") takeBack("not-one-voice");
        return;
      }
      const { isHuman, human, because } = opinion;
      const sure = Math.max(human, 1 - human);
      settled =
        isHuman &&
        stage === "pause3000" &&
        human >= options.certainHuman &&
        dropDb >= SILENT_PAUSE_DB;
      machineMs = isHuman ? 0 : cadence.longestRunMs;
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

    /** After a machine's greeting it may be an assistant that answers: the longer, the likelier. */
    const hearReaction = (utterance: Utterance): void => {
      const reaction = reactions.hear(utterance);
      if (reaction === "none") follower.onUtterance(utterance);
      if (reaction === "none" || reaction === "goes-on") return;
      follower.stop();
      const confidence =
        reaction !== "answer" || machineMs < ASKED_MS
          ? 0.97
          : machineMs < CERTAINLY_ASKED_MS
            ? 0.75
            : 0.6;
      settled = confidence > 0.9;
      say({
        label: "human",
        confidence,
        provisional: !settled,
        rule: reaction === "somebody-came" ? reaction : "took-a-turn",
        inputs: {
          spokeMs: utterance.endMs - utterance.startMs,
          ...(machineMs > 0 ? { machineGreetingMs: Math.round(machineMs) } : {}),
        },
        thresholds: { askedMs: ASKED_MS, certainlyAskedMs: CERTAINLY_ASKED_MS },
      });
    };

    audio.onVoice((active, atMs) => {
      reactions.onVoice(active, atMs);
      if (active && said?.kind === "greeting_end") {
        const { kind: _ended, ...goesOn } = said;
        say(goesOn);
      }
      if (!settled && !reactions.answered) follower.onVoice(active, atMs);
    });
    audio.onHop((hop) => {
      if (!settled) follower.onHop(hop);
    });
    audio.onUtterance((utterance) => {
      if (settled) return;
      if (call.answeredAtMs === undefined) follower.onUtterance(utterance);
      else hearReaction(utterance);
    });
    return {
      onAgentSpeech(active, atMs) {
        agentFromMs = Math.min(agentFromMs, atMs);
        reactions.onAgentSpeech(active, atMs);
      },
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
