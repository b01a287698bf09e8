import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Detector } from "@offhook/detection";
import {
  type Cadence,
  CadenceFollower,
  type GreetingModel,
  opinionOf,
  replayAudio,
  type Stage,
} from "@offhook/detection/testing";
import { type CorpusCall, corpusCalls } from "../corpus/calls.js";
import { loadLibrary } from "../corpus/library.js";
import { fitStage, type Moment } from "./fit-additive.js";
import { isSpeaking } from "./judge.js";
import { percentile } from "./metrics.js";

/**
 * Fits the greeting model to the train half, the usual calls and the unusual ones, and writes its
 * weights: `node test/dist/eval/train-greeting.js`. Boosted stumps, one feature each, so that the
 * sum of all of them is one curve per feature. The test half is never read.
 *
 * `--cross-validate` writes nothing: it fits without one group of voices after the other and tells
 * how the model does on those it has not heard.
 */
async function main(arguments_: readonly string[]): Promise<void> {
  const traces = await collect();
  if (arguments_.includes("--cross-validate")) {
    crossValidate(traces);
    return;
  }
  const model = fitModel(traces);
  tell("what it was fitted to", traces, () => model);
  const here = dirname(fileURLToPath(import.meta.url));
  const target = join(here, "../../../packages/detection/src/greeting/weights.ts");
  writeFileSync(
    target,
    `// Made by test/eval/train-greeting.ts from the train half of the corpus. Do not edit.
import type { GreetingModel } from "./additive-model.js";

export const GREETING_WEIGHTS: GreetingModel = ${JSON.stringify(model, null, 2)};
`,
  );
}

const SETS = [
  { seed: 1 },
  { seed: 2 },
  { seed: 1, stress: true },
  { seed: 2, stress: true },
] as const;
/** Unusual calls are rarer than a half. */
const STRESS_WEIGHT = 0.5;
const FOLDS = 5;
const MACHINE_AT_LEAST = 0.66;
const STAGES = [
  "talking",
  "pause400",
  "pause800",
  "pause1200",
  "pause2000",
  "pause3000",
] as const satisfies readonly Stage[];

/** What one call gave the model to judge, in order. */
interface Trace {
  readonly call: Omit<CorpusCall, "samples">;
  readonly stress: boolean;
  readonly human: boolean;
  readonly moments: readonly {
    readonly stage: Stage;
    readonly cadence: Cadence;
    readonly atMs: number;
  }[];
}

async function collect(): Promise<Trace[]> {
  const library = await loadLibrary();
  const traces: Trace[] = [];
  for (const set of SETS)
    for (const { samples, ...call } of corpusCalls(library, "train", set)) {
      // Nobody is there: a crowd in the room behind must not pass for a machine either.
      const human = call.truth === "human" || call.truth === "silence";
      if (!human && !isSpeaking(call.truth)) continue;
      const moments = cadencesOf(samples, call.sampleRate);
      traces.push({ call, stress: "stress" in set, human, moments });
    }
  return traces;
}

function cadencesOf(samples: Int16Array, sampleRate: number): Trace["moments"] {
  const moments: { stage: Stage; cadence: Cadence; atMs: number }[] = [];
  const collector: Detector = {
    name: "collect",
    create({ audio, call }) {
      const follower = new CadenceFollower(
        audio,
        () => call.answeredAtMs,
        (stage, cadence) => moments.push({ stage, cadence, atMs: audio.nowMs }),
      );
      audio.onHop((hop) => follower.onHop(hop));
      audio.onVoice((active, atMs) => follower.onVoice(active, atMs));
      audio.onUtterance((utterance) => follower.onUtterance(utterance));
      return {};
    },
  };
  replayAudio({ detectors: [collector], samples, sampleRate, deadAir: false });
  return moments;
}

function fitModel(traces: readonly Trace[]): GreetingModel {
  const momentsOf = (stage: Stage): Moment[] =>
    traces.flatMap(({ human, stress, moments }) =>
      moments.flatMap((each) =>
        each.stage === stage
          ? [{ cadence: each.cadence, human, weight: stress ? STRESS_WEIGHT : 1 }]
          : [],
      ),
    );
  return Object.fromEntries(
    STAGES.map((stage) => [stage, fitStage(momentsOf(stage))]),
  ) as unknown as GreetingModel;
}

function crossValidate(traces: readonly Trace[]): void {
  const voices = [...new Set(traces.map(({ call }) => call.voice))];
  const foldOf = (trace: Trace) => voices.indexOf(trace.call.voice) % FOLDS;
  const models = Array.from({ length: FOLDS }, (_, fold) =>
    fitModel(traces.filter((trace) => foldOf(trace) !== fold)),
  );
  const modelOf = (trace: Trace) => models[foldOf(trace)] as GreetingModel;
  for (const stress of [false, true])
    tell(
      stress ? "unheard voices, unusual calls" : "unheard voices, usual calls",
      traces.filter((trace) => trace.stress === stress),
      modelOf,
    );
}

/** How the model alone does, without the other detectors. */
function tell(
  title: string,
  traces: readonly Trace[],
  modelOf: (trace: Trace) => GreetingModel,
): void {
  const right = { human: { first: 0, final: 0, of: 0 }, machine: { first: 0, final: 0, of: 0 } };
  const waitsMs: number[] = [];
  for (const trace of traces) {
    const said = trace.moments.flatMap(({ stage, cadence, atMs }) => {
      const opinion = opinionOf(modelOf(trace), stage, cadence, MACHINE_AT_LEAST);
      return opinion ? [{ isHuman: opinion.isHuman, atMs }] : [];
    });
    const tally = right[trace.human ? "human" : "machine"];
    tally.of++;
    // Nothing said counts as a person: the agent speaks.
    if ((said[0]?.isHuman ?? true) === trace.human) tally.first++;
    if ((said.at(-1)?.isHuman ?? true) === trace.human) tally.final++;
    const known = trace.human ? said.find(({ isHuman }) => isHuman) : undefined;
    if (known) waitsMs.push(Math.max(0, known.atMs - trace.call.utteranceEndMs));
  }
  const percent = (hits: number, of: number) => ((100 * hits) / of).toFixed(1);
  const { human, machine } = right;
  console.log(
    `${title}: ${traces.length} calls; people right first ${percent(human.first, human.of)} %, ` +
      `in the end ${percent(human.final, human.of)} %; machines ${percent(machine.first, machine.of)} %, ` +
      `${percent(machine.final, machine.of)} %; people known after ${percentile(waitsMs, 0.5)} ms, ` +
      `at most ${percentile(waitsMs, 0.95)} ms for 95 %`,
  );
}

await main(process.argv.slice(2));
