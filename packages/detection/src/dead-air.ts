import type { Verdict, VerdictLabel } from "@offhook/session/vocabulary";
import type { AudioDeadlines } from "./signal/audio-deadlines.js";

export interface DeadAirOptions {
  /** Silence after answer, or after the callee's speech, that may pass undecided. Default 2,000. */
  readonly budgetMs?: number;
  /** What to assume then. Default `human`: a person who hears nothing hangs up. */
  readonly label?: VerdictLabel;
}

/**
 * Detection never makes a callee wait: when both sides have been silent for the budget and no
 * verdict stands, a default one is given, provisional, so that the agent speaks.
 */
export class DeadAir {
  private readonly budgetMs: number;
  private readonly label: VerdictLabel;
  private readonly deadlines: AudioDeadlines;
  private readonly assume: (verdict: Omit<Verdict, "atMs" | "phase">) => void;
  private cancel: (() => void) | undefined;
  private answered = false;

  constructor(
    options: DeadAirOptions,
    deadlines: AudioDeadlines,
    assume: (verdict: Omit<Verdict, "atMs" | "phase">) => void,
  ) {
    this.budgetMs = options.budgetMs ?? 2_000;
    this.label = options.label ?? "human";
    this.deadlines = deadlines;
    this.assume = assume;
  }

  onAnswer(atMs: number): void {
    this.answered = true;
    this.wait(atMs);
  }

  onVoice(active: boolean, atMs: number): void {
    if (active) this.close();
    else if (this.answered) this.wait(atMs);
  }

  /** The air is no longer dead. */
  onAgentSpeech(): void {
    this.answered = false;
    this.close();
  }

  close(): void {
    this.cancel?.();
    this.cancel = undefined;
  }

  private wait(fromMs: number): void {
    this.close();
    this.cancel = this.deadlines.at(fromMs + this.budgetMs, () =>
      this.assume({
        label: this.label,
        kind: "assumed",
        confidence: 0.5,
        provisional: true,
        detector: "dead-air",
        evidence: [
          {
            rule: "dead-air-budget",
            inputs: { silenceMs: this.budgetMs },
            thresholds: { budgetMs: this.budgetMs },
          },
        ],
      }),
    );
  }
}
