import type { Utterance } from "../signal/heard-audio.js";
import { TurnTaking } from "./turn-taking.js";

/** Whoever was fetched comes after such a pause, and says something short. */
const FETCHED_AFTER_MS = 2_000;
const FETCHED_SAYS_MS = 2_500;

/**
 * What an utterance is to what we said: no answer to it; the first answer; part of that; an answer to
 * what we said after the first; or the first words of somebody who was fetched meanwhile.
 */
export type Reaction = "none" | "answer" | "goes-on" | "answer-again" | "somebody-came";

/** Tells how the callee reacts to us, from one utterance to the next. */
export class Reactions {
  private readonly turns = new TurnTaking();
  private agentFromMs = Number.NEGATIVE_INFINITY;
  private answerUntilMs: number | undefined;

  /** The callee has answered us. */
  get answered(): boolean {
    return this.answerUntilMs !== undefined;
  }

  onAgentSpeech(active: boolean, atMs: number): void {
    if (active) this.agentFromMs = atMs;
    this.turns.onAgentSpeech(active, atMs);
  }

  onVoice(active: boolean, atMs: number): void {
    this.turns.onVoice(active, atMs);
  }

  hear(utterance: Utterance): Reaction {
    const reaction = this.reactionOf(utterance);
    if (reaction !== "none") this.answerUntilMs = utterance.endMs;
    return reaction;
  }

  private reactionOf(utterance: Utterance): Reaction {
    const { answerUntilMs } = this;
    const answers = this.turns.answers(utterance);
    if (answerUntilMs === undefined) return answers ? "answer" : "none";
    if (answers && this.agentFromMs >= answerUntilMs) return "answer-again";
    const { startMs, endMs } = utterance;
    return startMs - answerUntilMs >= FETCHED_AFTER_MS && endMs - startMs <= FETCHED_SAYS_MS
      ? "somebody-came"
      : "goes-on";
  }
}
