import type { Verdict, VerdictEvidence } from "@offhook/session/vocabulary";

/** One sentence: what was decided, how surely, by whom, on what, and what came second. */
export function explain(verdict: Verdict): string {
  const what = verdict.kind ? `${verdict.label} (${verdict.kind})` : verdict.label;
  const sure = `${verdict.provisional ? "probably" : "decided"}, ${percent(verdict.confidence)}`;
  const when = verdict.phase === "before_answer" ? "before answer" : "after answer";
  const why = verdict.evidence.map(reasoning).join("; and ");
  const second =
    verdict.runnerUp && verdict.runnerUp.label !== "unknown"
      ? `; ${verdict.runnerUp.label} came second, ${percent(verdict.runnerUp.margin)} behind`
      : "";
  return `${what} (${sure}) ${when} at ${Math.round(verdict.atMs)} ms, by ${verdict.detector}: ${why}${second}.`;
}

function reasoning({ rule, inputs, thresholds }: VerdictEvidence): string {
  const measured = list(inputs);
  const limits = list(thresholds);
  return `${rule}${measured ? ` with ${measured}` : ""}${limits ? ` against ${limits}` : ""}`;
}

function list(values: Readonly<Record<string, number | string | boolean>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${typeof value === "number" ? round(value) : value}`)
    .join(", ");
}

function round(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
