import type { BenchRow } from "../bench/row.js";
import { isSpeaking, type JudgedCall, sideOf } from "./judge.js";

export interface Goal {
  readonly atLeast?: number;
  readonly atMost?: number;
}

export function row(
  metric: string,
  value: number,
  unit: string,
  goal?: Goal,
  peer?: { readonly name: string; readonly value: number },
): BenchRow {
  const met =
    goal === undefined
      ? null
      : value >= (goal.atLeast ?? Number.NEGATIVE_INFINITY) &&
        value <= (goal.atMost ?? Number.POSITIVE_INFINITY);
  return {
    metric,
    value: round(value),
    unit,
    peer: peer?.name ?? null,
    peerValue: peer ? round(peer.value) : null,
    ratio: peer && peer.value !== 0 ? round(value / peer.value) : null,
    goal: goal ? (goal.atLeast !== undefined ? `>= ${goal.atLeast}` : `<= ${goal.atMost}`) : null,
    met,
  };
}

function round(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : value;
}

export interface Share {
  readonly hits: number;
  readonly of: number;
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/** A share with its 95 % Wilson interval. */
export function wilson(hits: number, of: number): Share {
  if (of === 0) return { hits, of, share: Number.NaN, low: 0, high: 1 };
  const z = 1.96;
  const share = hits / of;
  const centre = share + (z * z) / (2 * of);
  const spread = z * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of));
  const scale = 1 + (z * z) / of;
  return {
    hits,
    of,
    share,
    low: Math.max(0, (centre - spread) / scale),
    high: (centre + spread) / scale,
  };
}

export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
}

/** Mean of the recall of humans and of machines that speak. */
export function balancedAccuracy(
  judged: readonly JudgedCall[],
  saidOf: (each: JudgedCall) => string | undefined,
): number {
  const humans = judged.filter(({ call }) => call.truth === "human");
  const machines = judged.filter(({ call }) => isSpeaking(call.truth) && call.truth !== "human");
  const recall = (calls: readonly JudgedCall[], side: string) =>
    calls.filter((each) => sideOf(saidOf(each)) === side).length / calls.length;
  return (recall(humans, "human") + recall(machines, "machine")) / 2;
}

/** Humans that were taken for a machine. */
export function falseMachines(
  judged: readonly JudgedCall[],
  saidOf: (each: JudgedCall) => string | undefined,
): Share {
  const humans = judged.filter(({ call }) => call.truth === "human");
  return wilson(humans.filter((each) => sideOf(saidOf(each)) === "machine").length, humans.length);
}

/** From the end of the callee's utterance to the first verdict, for humans that were known. */
export function humanDecisionMs(judged: readonly JudgedCall[]): number[] {
  return judged.flatMap(({ call, verdicts }) => {
    if (call.truth !== "human") return [];
    const decided = verdicts.find(({ label }) => label === "human");
    return decided ? [Math.max(0, decided.atMs - call.utteranceEndMs)] : [];
  });
}

export interface BeepScore {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** From the beep's end to its report. */
  readonly lagsMs: readonly number[];
  readonly falseAlarms: readonly string[];
  readonly missed: readonly string[];
}

/** A reported beep counts when it falls between the true beep's start and 400 ms after its end. */
export function beepScore(judged: readonly JudgedCall[]): BeepScore {
  const lagsMs: number[] = [];
  const falseAlarms: string[] = [];
  const missed: string[] = [];
  for (const { call, verdicts } of judged) {
    const reported = verdicts.filter(({ label }) => label === "beep");
    for (const beep of call.beeps) {
      const found = reported.find(({ atMs }) => atMs >= beep.fromMs && atMs <= beep.untilMs + 400);
      if (found) lagsMs.push(found.atMs - beep.untilMs);
      else missed.push(call.id);
    }
    const wrong = reported.filter(
      ({ atMs }) => !call.beeps.some((b) => atMs >= b.fromMs && atMs <= b.untilMs + 400),
    );
    falseAlarms.push(...wrong.map(() => call.id));
  }
  const hits = lagsMs.length;
  const precision = hits / Math.max(1, hits + falseAlarms.length);
  const recall = hits / Math.max(1, hits + missed.length);
  return {
    precision,
    recall,
    f1: (2 * precision * recall) / Math.max(1e-9, precision + recall),
    lagsMs,
    falseAlarms,
    missed,
  };
}

/** Truth against the final label. */
export function confusion(judged: readonly JudgedCall[]): Map<string, Map<string, number>> {
  const matrix = new Map<string, Map<string, number>>();
  for (const { call, final } of judged) {
    const line = matrix.get(call.truth) ?? new Map<string, number>();
    const label = final?.label ?? "none";
    line.set(label, (line.get(label) ?? 0) + 1);
    matrix.set(call.truth, line);
  }
  return matrix;
}
