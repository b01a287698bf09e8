import type { Utterance } from "../signal/heard-audio.js";

/** The callee is taken to have listened when silent for this share of what we said. */
const LISTENED_SHARE = 0.6;
/** Less of our own speech than this calls for no answer. */
const SPOKEN_MS = 600;
/** An answer comes this soon after we stopped. */
const ANSWER_WITHIN_MS = 6_000;

/**
 * Whether the callee took a turn: was silent while we spoke, then spoke. A machine that is not
 * listening talks on through what we say; one that has finished stays silent.
 */
export class TurnTaking {
  private spokeFromMs: number | undefined;
  private spokeUntilMs: number | undefined;
  private overlapMs = 0;
  private calleeFromMs: number | undefined;

  /** We are being heard, or were heard at some time. */
  get agentSpoke(): boolean {
    return this.spokeFromMs !== undefined;
  }

  /** The last moment we were heard; now while we still are; undefined if never. */
  agentUntilMs(nowMs: number): number | undefined {
    return this.spokeFromMs === undefined ? undefined : (this.spokeUntilMs ?? nowMs);
  }

  onAgentSpeech(active: boolean, atMs: number): void {
    if (active) {
      this.spokeFromMs = atMs;
      this.spokeUntilMs = undefined;
      this.overlapMs = 0;
      if (this.calleeFromMs !== undefined) this.calleeFromMs = atMs;
    } else {
      this.spokeUntilMs = atMs;
      if (this.calleeFromMs !== undefined) this.overlapMs += atMs - this.calleeFromMs;
    }
  }

  onVoice(active: boolean, atMs: number): void {
    if (active) this.calleeFromMs = atMs;
    else {
      if (this.spokeFromMs !== undefined && this.spokeUntilMs === undefined)
        this.overlapMs += Math.max(0, atMs - Math.max(this.spokeFromMs, this.calleeFromMs ?? atMs));
      this.calleeFromMs = undefined;
    }
  }

  /** Whether this utterance answered what we said. */
  answers(utterance: Utterance): boolean {
    if (this.spokeFromMs === undefined || utterance.startMs < this.spokeFromMs + SPOKEN_MS)
      return false;
    const untilMs = this.spokeUntilMs ?? utterance.startMs;
    const spokenMs = untilMs - this.spokeFromMs;
    if (spokenMs < SPOKEN_MS || utterance.startMs > untilMs + ANSWER_WITHIN_MS) return false;
    const listenedMs = Math.min(untilMs, utterance.startMs) - this.spokeFromMs;
    const overlapMs = Math.min(this.overlapMs, listenedMs);
    return (listenedMs - overlapMs) / spokenMs >= LISTENED_SHARE;
  }
}
