/** One measured figure, beside a named peer in the same run where there is one. */
export interface BenchRow {
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  readonly peer: string | null;
  readonly peerValue: number | null;
  /** Ours over the peer's. */
  readonly ratio: number | null;
  /** What we aim for, as a condition on the value or the ratio. */
  readonly goal: string | null;
  readonly met: boolean | null;
}

export type EmitRow = (row: BenchRow) => void;

type Bound = { readonly atMost: number } | { readonly atLeast: number };

/** A figure of our own, held against a goal. */
export function figure(metric: string, value: number, unit: string, goal?: Bound): BenchRow {
  return {
    metric,
    value: round(value),
    unit,
    peer: null,
    peerValue: null,
    ratio: null,
    ...held(value, goal),
  };
}

/** A figure beside a peer's; the goal is on the ratio of ours to theirs. */
export function beside(
  metric: string,
  value: number,
  unit: string,
  peer: { readonly name: string; readonly value: number },
  goal?: Bound,
): BenchRow {
  const ratio = value / peer.value;
  const { goal: words, met } = held(ratio, goal);
  return {
    metric,
    value: round(value),
    unit,
    peer: peer.name,
    peerValue: round(peer.value),
    ratio: round(ratio),
    goal: words === null ? null : `ratio ${words}`,
    met,
  };
}

function held(value: number, goal: Bound | undefined): Pick<BenchRow, "goal" | "met"> {
  if (goal === undefined) return { goal: null, met: null };
  return "atMost" in goal
    ? { goal: `≤ ${goal.atMost}`, met: value <= goal.atMost }
    : { goal: `≥ ${goal.atLeast}`, met: value >= goal.atLeast };
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}

/** The value below which `share` of the samples lie; nearest rank. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
