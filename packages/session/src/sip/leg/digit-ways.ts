import type { LegSignal } from "../../vocabulary.js";

type DigitSignal = Extract<LegSignal, { readonly type: "dtmf" }>;

/** INFO may leave when the key goes down or when it comes up, and takes another way through the network. */
const APART_MS = 1_000;
/** More keys than anybody presses within that time. */
const MAX_REMEMBERED = 32;

interface Told {
  readonly digit: string;
  readonly toMs: number;
  /** Every way that it came by. */
  readonly ways: Set<DigitSignal["via"]>;
}

/**
 * One key press may be told as a telephone-event, by INFO and by its sound at once. The first to
 * come counts; the same digit at the same time by another way is the same press.
 */
export class DigitWays {
  private told: readonly Told[] = [];

  /** False when this press was told already. */
  isNew({ digit, durationMs, via }: DigitSignal, nowMs: number): boolean {
    // INFO says nothing of when the press began or ended; the others are told at its end.
    const fromMs = via === "info" ? nowMs : nowMs - durationMs;
    this.told = this.told.filter(({ toMs }) => nowMs - toMs <= APART_MS + durationMs);
    const same = this.told.find(
      (press) => press.digit === digit && !press.ways.has(via) && press.toMs + APART_MS >= fromMs,
    );
    if (same) {
      same.ways.add(via);
      return false;
    }
    const press = { digit, toMs: nowMs, ways: new Set([via]) };
    this.told = [...this.told, press].slice(-MAX_REMEMBERED);
    return true;
  }
}
