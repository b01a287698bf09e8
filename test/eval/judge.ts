import { type Detector, defaultDetectors } from "@offhook/detection";
import { replayAudio } from "@offhook/detection/testing";
import type { Verdict } from "@offhook/session";
import type { CorpusCall } from "../corpus/calls.js";
import type { CallClass } from "../corpus/scripts.js";
import { type AsteriskVerdict, judgeByAsteriskRules } from "./asterisk-rules.js";

/** A call with what was said about it, without its audio. */
export interface JudgedCall {
  readonly call: Omit<CorpusCall, "samples">;
  readonly verdicts: readonly Verdict[];
  readonly first: Verdict | undefined;
  readonly final: Verdict | undefined;
  readonly asterisk: { readonly verdict: AsteriskVerdict; readonly atMs: number };
}

export function judge(
  call: CorpusCall,
  detectors: readonly Detector[] = defaultDetectors(),
): JudgedCall {
  const { samples, ...rest } = call;
  const { verdicts, verdict, faults } = replayAudio({
    detectors,
    samples,
    sampleRate: call.sampleRate,
    deadAir: false,
  });
  if (faults[0]) throw new Error(`${call.id}: ${faults[0].message}`);
  return {
    call: rest,
    verdicts,
    first: verdicts.find(({ label }) => label !== "beep"),
    final: verdict,
    asterisk: judgeByAsteriskRules(samples),
  };
}

/** Human, some machine that speaks, or neither. Nothing decided counts as human: the agent speaks. */
export function sideOf(label: string | undefined): "human" | "machine" | "neither" {
  if (label === undefined || label === "human" || label === "notsure") return "human";
  return MACHINES.has(label) ? "machine" : "neither";
}

const MACHINES: ReadonlySet<string> = new Set([
  "machine",
  "voicemail",
  "ivr",
  "screening",
  "announcement",
]);

export function isSpeaking(truth: CallClass): boolean {
  return truth === "human" || MACHINES.has(truth);
}
