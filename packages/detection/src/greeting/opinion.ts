import { type GreetingModel, judgeCadence } from "./additive-model.js";
import type { Cadence, Stage } from "./cadence.js";

/** The earlier the stage, the surer it must be before it speaks. */
export const SURE_AT_LEAST: Readonly<Record<Stage, number>> = {
  talking: 0.9,
  pause400: 0.93,
  pause800: 0.7,
  pause1200: 0.5,
  pause2000: 0.5,
  pause3000: 0.5,
};

/** What a cadence says at one stage, where it is sure enough to say anything. */
export interface Opinion {
  readonly isHuman: boolean;
  /** Probability of a person. */
  readonly human: number;
  readonly because: Readonly<Partial<Record<keyof Cadence, number>>>;
}

/** `machineAtLeast`: nobody is called a machine with less. Undefined for no opinion yet. */
export function opinionOf(
  model: GreetingModel,
  stage: Stage,
  cadence: Cadence,
  machineAtLeast: number,
): Opinion | undefined {
  const { human, because } = judgeCadence(model[stage], cadence);
  const isHuman = human >= 1 - machineAtLeast;
  if (Math.max(human, 1 - human) < SURE_AT_LEAST[stage]) return undefined;
  // While somebody talks, only the length speaks, and only ever for a machine.
  if (stage === "talking" && isHuman) return undefined;
  return { isHuman, human, because };
}
