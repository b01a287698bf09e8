import { CADENCE_FEATURES, type Cadence, type Stage } from "./cadence.js";

/** A curve over one feature: below `upTo[0]` it is `value[0]`, below `upTo[1]` `value[1]`, and so on. */
export interface Curve {
  readonly upTo: readonly number[];
  /** One more than `upTo`. Log-odds for a person. */
  readonly value: readonly number[];
}

export interface StageModel {
  readonly bias: number;
  readonly curves: Readonly<Partial<Record<keyof Cadence, Curve>>>;
}

export type GreetingModel = Readonly<Record<Stage, StageModel>>;

export interface Judgement {
  /** Probability that a person spoke. */
  readonly human: number;
  /** What each feature added to the log-odds: the whole reasoning, nothing is hidden. */
  readonly because: Readonly<Partial<Record<keyof Cadence, number>>>;
}

/** Adds one number per feature: each can be read off its curve, and the sum is the verdict. */
export function judgeCadence(model: StageModel, cadence: Cadence): Judgement {
  const because: Partial<Record<keyof Cadence, number>> = {};
  let sum = model.bias;
  for (const feature of CADENCE_FEATURES) {
    const curve = model.curves[feature];
    if (!curve) continue;
    const added = curve.value[placeOf(cadence[feature], curve.upTo)] ?? 0;
    because[feature] = added;
    sum += added;
  }
  return { human: 1 / (1 + Math.exp(-sum)), because };
}

function placeOf(value: number, upTo: readonly number[]): number {
  let place = 0;
  while (place < upTo.length && value >= (upTo[place] as number)) place++;
  return place;
}
