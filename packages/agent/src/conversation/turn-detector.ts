import type { Clock, TimerHandle } from "@offhook/session";
import type { Transcript } from "./ports.js";

export interface TurnDetectorOptions {
  readonly clock: Clock;
  /** Silence after which a turn is over, in ms. */
  readonly endOfTurnMs: number;
  /** How long a transcript may take once the user stopped speaking. */
  readonly transcriptMs: number;
  /** Voice shorter than this without any text is a cough, not a turn. */
  readonly shortestVoiceMs: number;
  readonly onTurn: (text: string) => void;
  /** Voice was heard and no text came of it; `clearlySpoke` when it was too long for a cough. */
  readonly onNoText: (clearlySpoke: boolean) => void;
}

/**
 * Decides when the user has finished a turn, out of voice activity and transcripts. Either may come
 * first, and either may be missing.
 */
export class TurnDetector {
  readonly #options: TurnDetectorOptions;
  #final: string[] = [];
  #interim = "";
  #voiceSinceMs: number | undefined;
  #voicedMs = 0;
  #quiet = true;
  #timer: TimerHandle | undefined;

  constructor(options: TurnDetectorOptions) {
    this.#options = options;
  }

  /** The user is speaking, or has spoken and the turn is not decided yet. */
  get open(): boolean {
    return this.#voiceSinceMs !== undefined || this.#timer !== undefined;
  }

  onVoice(active: boolean): void {
    const { clock, endOfTurnMs } = this.#options;
    if (active) {
      this.#stopTimer();
      this.#quiet = false;
      this.#voiceSinceMs ??= clock.nowMs();
      return;
    }
    if (this.#voiceSinceMs === undefined) return;
    this.#voicedMs += clock.nowMs() - this.#voiceSinceMs;
    this.#voiceSinceMs = undefined;
    this.#wait(endOfTurnMs, () => this.#onQuiet());
  }

  onTranscript({ text, final, endOfTurn }: Transcript): void {
    if (final) {
      if (text.trim() !== "") this.#final.push(text.trim());
      this.#interim = "";
    } else this.#interim = text.trim();
    if (endOfTurn) return this.#commit();
    if (this.#voiceSinceMs !== undefined || !final || this.#final.length === 0) return;
    // Quiet long enough already: the text was all that was missing. Otherwise the silence runs on,
    // or starts now for speech so soft that voice activity never heard it.
    if (this.#quiet && this.#voicedMs > 0) this.#commit();
    else if (this.#timer === undefined) this.#wait(this.#options.endOfTurnMs, () => this.#commit());
  }

  close(): void {
    this.#stopTimer();
  }

  #onQuiet(): void {
    this.#quiet = true;
    if (this.#final.length > 0) return this.#commit();
    const { transcriptMs, endOfTurnMs } = this.#options;
    this.#wait(Math.max(1, transcriptMs - endOfTurnMs), () => this.#commit());
  }

  #commit(): void {
    const text = [...this.#final, this.#interim].filter(Boolean).join(" ");
    const { shortestVoiceMs, onTurn, onNoText } = this.#options;
    const clearlySpoke = this.#voicedMs >= shortestVoiceMs;
    this.#stopTimer();
    this.#final = [];
    this.#interim = "";
    this.#voicedMs = 0;
    if (text !== "") onTurn(text);
    else onNoText(clearlySpoke);
  }

  #wait(delayMs: number, then: () => void): void {
    this.#stopTimer();
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#timer = undefined;
      then();
    }, delayMs);
  }

  #stopTimer(): void {
    this.#options.clock.clear(this.#timer);
    this.#timer = undefined;
  }
}
