import { CADENCE_FEATURES, type Cadence, type StageModel } from "@offhook/detection/testing";

/** One moment at which the cadence is judged, and who spoke. */
export interface Moment {
  readonly cadence: Cadence;
  readonly human: boolean;
  /** How much it counts. */
  readonly weight: number;
}

interface Example {
  readonly features: readonly number[];
  readonly human: boolean;
  readonly weight: number;
}

const ROUNDS = 160;
const PACE = 0.12;
/** A stump must have this much weight on either side: what few calls did is not a habit. */
const LEAST_SHARE = 0.02;
/** A person called a machine costs more than the other way round. */
const HUMAN_COST = 2;

/** The stage's curves, fitted to the moments seen at it. */
export function fitStage(raw: readonly Moment[]): StageModel {
  const weightOf = (side: boolean) =>
    raw.reduce((sum, { human, weight }) => sum + (human === side ? weight : 0), 0);
  const people = weightOf(true);
  const machines = weightOf(false);
  const examples: Example[] = raw.map((each) => ({
    human: each.human,
    features: CADENCE_FEATURES.map((name) => each.cadence[name]),
    weight: (each.weight * (each.human ? HUMAN_COST : 1)) / (each.human ? people : machines),
  }));
  const total = examples.reduce((sum, { weight }) => sum + weight, 0);
  const limits = CADENCE_FEATURES.map((_, feature) => candidates(examples, feature));
  const scores = new Float64Array(examples.length);
  const steps: Map<number, number>[] = CADENCE_FEATURES.map(() => new Map());
  let bias = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const gradients = examples.map(({ human, weight }, index) => {
      const p = 1 / (1 + Math.exp(-(scores[index] as number)));
      return { slope: weight * ((human ? 1 : 0) - p), curve: weight * p * (1 - p) };
    });
    const best = bestStump(examples, gradients, limits, total * LEAST_SHARE);
    if (!best) break;
    const { feature, limit, below, above } = best;
    bias += PACE * above;
    const curve = steps[feature] as Map<number, number>;
    curve.set(limit, (curve.get(limit) ?? 0) + PACE * (below - above));
    for (const [index, { features }] of examples.entries())
      scores[index] =
        (scores[index] as number) + PACE * ((features[feature] as number) < limit ? below : above);
  }
  const curves = Object.fromEntries(
    CADENCE_FEATURES.flatMap((name, feature) => {
      const jumps = [...(steps[feature] as Map<number, number>)].sort((a, b) => a[0] - b[0]);
      if (jumps.length === 0) return [];
      // What holds below a limit adds up over all limits above.
      const value = jumps.map((_, place) =>
        rounded(jumps.slice(place).reduce((sum, [, jump]) => sum + jump, 0)),
      );
      return [[name, { upTo: jumps.map(([limit]) => limit), value: [...value, 0] }]];
    }),
  );
  return { bias: rounded(bias), curves };
}

/** Limits between the quantiles of a feature, rounded so that nobody reads precision into them. */
function candidates(examples: readonly Example[], feature: number): number[] {
  const values = examples.map(({ features }) => features[feature] as number).sort((a, b) => a - b);
  const found = new Set<number>();
  for (let quantile = 1; quantile < 40; quantile++) {
    const value = values[Math.floor((values.length * quantile) / 40)] ?? 0;
    found.add(value > 20 ? Math.round(value / 50) * 50 : Math.round(value) + 0.5);
  }
  return [...found].sort((a, b) => a - b);
}

function bestStump(
  examples: readonly Example[],
  gradients: readonly { readonly slope: number; readonly curve: number }[],
  limits: readonly (readonly number[])[],
  leastWeight: number,
) {
  let best:
    | { feature: number; limit: number; below: number; above: number; gain: number }
    | undefined;
  for (const [feature, candidatesOf] of limits.entries())
    for (const limit of candidatesOf) {
      const low = { slope: 0, curve: 1e-4, weight: 0 };
      const high = { slope: 0, curve: 1e-4, weight: 0 };
      for (const [index, { features, weight }] of examples.entries()) {
        const side = (features[feature] as number) < limit ? low : high;
        const gradient = gradients[index] as { slope: number; curve: number };
        side.slope += gradient.slope;
        side.curve += gradient.curve;
        side.weight += weight;
      }
      if (low.weight < leastWeight || high.weight < leastWeight) continue;
      const gain = low.slope ** 2 / low.curve + high.slope ** 2 / high.curve;
      if (gain <= (best?.gain ?? 0)) continue;
      const bounded = (value: number) => Math.max(-3, Math.min(3, value));
      best = {
        feature,
        limit,
        below: bounded(low.slope / low.curve),
        above: bounded(high.slope / high.curve),
        gain,
      };
    }
  return best;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
