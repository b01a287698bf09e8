/** Where values lie along an axis, with ticks at round numbers. */
export interface Scale {
  place(value: number): number;
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

/** About so many ticks; never more than twice as many. */
const TICKS = 5;
/** What people count in. */
const ROUND_STEPS = [1, 2, 2.5, 5, 10] as const;

/**
 * A scale from `start` to `end` in the picture that shows every value, widened to whole ticks. What
 * is not finite counts for nothing.
 */
export function axisScale(values: readonly number[], start: number, end: number): Scale {
  // Not Math.min(...values): a distribution may have more points than a call takes arguments.
  const finite = values.filter(Number.isFinite);
  const least = finite.reduce((a, b) => Math.min(a, b), finite[0] ?? 0);
  const greatest = finite.reduce((a, b) => Math.max(a, b), least);
  const step = roundStep((greatest > least ? greatest - least : 1) / TICKS);
  // A little slack, as 0.9 / 0.1 is not quite 9.
  const first = Math.floor(least / step + 1e-6);
  const last = Math.max(first + 1, Math.ceil(greatest / step - 1e-6));
  const from = first * step;
  const perUnit = (end - start) / ((last - first) * step);
  const place = (value: number) => start + (value - from) * perUnit;
  return {
    place,
    ticks: Array.from({ length: last - first + 1 }, (_, index) => {
      const value = (first + index) * step;
      return { at: place(value), label: String(Number(value.toPrecision(6))) };
    }),
  };
}

function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const factor = ROUND_STEPS.find((each) => each * power >= step * (1 - 1e-9)) ?? 10;
  return factor * power;
}
