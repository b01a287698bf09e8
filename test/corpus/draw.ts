import type { Random } from "@offhook/session";

/** Evenly between the two. */
export function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.unit();
}

/** Throws when there is nothing to pick from. */
export function pick<T>(random: Random, from: readonly T[]): T {
  const chosen = from[Math.floor(random.unit() * from.length)];
  if (chosen === undefined) throw new Error("nothing to pick from");
  return chosen;
}

/** A name as often as its weight says. */
export function weighted<Name extends string>(
  random: Random,
  choices: readonly (readonly [Name, number])[],
): Name {
  let at = random.unit() * choices.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [name, weight] of choices) {
    at -= weight;
    if (at < 0) return name;
  }
  return (choices[0] as readonly [Name, number])[0];
}
