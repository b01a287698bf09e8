import type { Verdict, VerdictEvidence, VerdictLabel } from "@offhook/session/vocabulary";
import type { DetectorReport } from "./detector.js";

/** Every label; the panel refuses a report with any other. */
export const VERDICT_LABELS = [
  "human",
  "voicemail",
  "beep",
  "ivr",
  "screening",
  "announcement",
  "busy",
  "reorder",
  "ringback",
  "fax",
  "music",
  "silence",
  "no_audio",
  "unknown",
] as const satisfies readonly VerdictLabel[];

/** What one detector stands by. */
export interface StandingReport {
  readonly detector: string;
  readonly report: DetectorReport;
}

/** How likely each label is before anything was heard, in log-odds against even. */
export type Priors = Readonly<Partial<Record<VerdictLabel, number>>>;

export type FusedVerdict = Omit<Verdict, "atMs" | "phase">;

/** What a cadence alone fits as well as a voicemail. */
export const SPEAKING_MACHINES = [
  "ivr",
  "screening",
  "announcement",
] as const satisfies readonly VerdictLabel[];

/** A label that nobody speaks for is this much less likely than one that somebody does. */
const UNCLAIMED = -1.6;

/** A verdict that leads the next label by less than this is not final, whatever its detectors say. */
const CLEAR_LEAD = 0.15;

/** Nobody is ever more certain than this, so that one detector cannot outvote all others. */
const SUREST = 0.999;

export function logOdds(confidence: number): number {
  const bounded = Math.min(SUREST, Math.max(1 - SUREST, confidence));
  return Math.log(bounded / (1 - bounded));
}

/**
 * Adds up what the detectors say: log-odds per label, priors on top, and a share for "none of
 * these" (log-odds 0). What fits several labels counts for each of them. Undefined when nobody
 * claims anything.
 */
export function fuse(reports: readonly StandingReport[], priors: Priors): FusedVerdict | undefined {
  const scores = new Map<VerdictLabel, number>();
  const add = (label: VerdictLabel, score: number) =>
    scores.set(label, (scores.get(label) ?? priors[label] ?? 0) + score);
  for (const { report } of reports)
    if (report.label !== "unknown") add(report.label, logOdds(report.confidence));
  const claimed = new Set(scores.keys());
  for (const { report } of reports)
    for (const label of report.alsoFits ?? [])
      if (label !== report.label) {
        if (!scores.has(label)) add(label, UNCLAIMED);
        add(label, logOdds(report.confidence));
      }
  const ranked = [...scores].sort((a, b) => b[1] - a[1]);
  const first = ranked.find(([label]) => claimed.has(label));
  if (!first) return undefined;
  const [label, score] = first;
  const second = ranked.find(([other]) => other !== label);
  // What nobody speaks for may come second, but takes no share from what somebody does.
  const total = ranked.reduce(
    (sum, [other, each]) => sum + (claimed.has(other) ? Math.exp(each) : 0),
    1,
  );
  const share = (each: number) => Math.exp(each) / total;
  const margin = (of: number, over: number) => {
    const both = Math.exp(of) + Math.exp(over) + 1;
    return (Math.exp(of) - Math.exp(over)) / both;
  };
  const backing = reports
    .filter(({ report }) => report.label === label)
    .sort((a, b) => weight(b.report) - weight(a.report));
  const leader = backing[0];
  if (!leader) return undefined;
  const kind = backing.find(({ report }) => report.kind !== undefined)?.report.kind;
  return {
    label,
    ...(kind === undefined ? {} : { kind }),
    confidence: share(score),
    provisional:
      !backing.some(({ report }) => report.provisional !== true) ||
      (second !== undefined && margin(score, second[1]) < CLEAR_LEAD),
    detector: leader.detector,
    evidence: backing.map(({ report }) => evidenceOf(report)),
    runnerUp: second
      ? { label: second[0], margin: margin(score, second[1]) }
      : (leader.report.runnerUp ?? { label: "unknown", margin: share(score) - share(0) }),
  };
}

/** A sure report speaks before a provisional one, then the more confident. */
function weight(report: DetectorReport): number {
  return (report.provisional === true ? 0 : 1) + report.confidence;
}

export function evidenceOf(report: DetectorReport): VerdictEvidence {
  return {
    rule: report.rule,
    inputs: report.inputs ?? {},
    thresholds: report.thresholds ?? {},
  };
}
