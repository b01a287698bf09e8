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

/** Nobody is ever more certain than this, so that one detector cannot outvote all others. */
const SUREST = 0.999;

export function logOdds(confidence: number): number {
  const bounded = Math.min(SUREST, Math.max(1 - SUREST, confidence));
  return Math.log(bounded / (1 - bounded));
}

/**
 * Adds up what the detectors say: log-odds per label, priors on top, and a share for "none of
 * these" (log-odds 0). Undefined when nobody claims anything.
 */
export function fuse(reports: readonly StandingReport[], priors: Priors): FusedVerdict | undefined {
  const scores = new Map<VerdictLabel, number>();
  for (const { report } of reports) {
    if (report.label === "unknown") continue;
    const prior = scores.has(report.label) ? 0 : (priors[report.label] ?? 0);
    scores.set(report.label, (scores.get(report.label) ?? 0) + prior + logOdds(report.confidence));
  }
  const ranked = [...scores].sort((a, b) => b[1] - a[1]);
  const [first, second] = ranked;
  if (!first) return undefined;
  const [label, score] = first;
  const total = ranked.reduce((sum, [, each]) => sum + Math.exp(each), 1);
  const share = (each: number) => Math.exp(each) / total;
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
    provisional: !backing.some(({ report }) => report.provisional !== true),
    detector: leader.detector,
    evidence: backing.map(({ report }) => evidenceOf(report)),
    runnerUp: second
      ? { label: second[0], margin: share(score) - share(second[1]) }
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
