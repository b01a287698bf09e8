import { END_REASONS, type EndReason, endReasonRow } from "../call/end-reason.js";
import type { CallDirection } from "../vocabulary.js";
import { DIALECTS, type DialectName } from "./dialect.js";
import { plainOutcome } from "./plain-outcome.js";
import { callOf, type Translation } from "./translation.js";

export interface ReasonTableOptions {
  /** These dialects only; all of them when absent. */
  readonly dialects?: readonly DialectName[];
  /** Whose words: those for calls we place, unless said. */
  readonly direction?: CallDirection;
}

/** One end reason, and how each system tells a plain call that ended for it. */
export interface ReasonLine {
  readonly endReason: EndReason;
  readonly finalStates: readonly string[];
  readonly category: string;
  readonly retryable: boolean;
  readonly meaning: string;
  readonly advice: string;
  readonly dialects: Readonly<Partial<Record<DialectName, Translation<string>>>>;
}

/** The whole vocabulary as rows, in the table's own order. */
export function reasonTable(options: ReasonTableOptions = {}): readonly ReasonLine[] {
  const names = options.dialects ?? (Object.keys(DIALECTS) as DialectName[]);
  return (Object.keys(END_REASONS) as EndReason[]).map((endReason) => {
    const { finalStates, category, retryable, meaning, advice } = endReasonRow(endReason);
    const call = callOf(plainOutcome(endReason, options));
    const dialects = Object.fromEntries(
      names.map((name) => [name, DIALECTS[name].tell(call)]),
    ) as ReasonLine["dialects"];
    return { endReason, finalStates, category, retryable, meaning, advice, dialects };
  });
}
