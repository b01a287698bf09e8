import { messageOf } from "../errors.js";
import type { HookTiming } from "../event-hub.js";
import type { CallSignal, HeardFrame } from "../vocabulary.js";
import type { CallInput } from "./call-input.js";

/**
 * Sees everything a call sees, synchronously and first: a verdict given while a final response is
 * shown to a tap still counts for that call's end.
 */
export interface CallTap {
  onSignal?(signal: CallSignal): void;
  onFrame?(frame: HeardFrame): void;
  /** The agent became audible, or stopped. */
  onAgentVoice?(active: boolean, atMs: number): void;
  /** Everything the machine was told, in order: what a journal keeps. */
  onInput?(input: CallInput): void;
  /** A recording to this file began. */
  onRecording?(file: string, atMs: number): void;
  /** A listener of one of the call's events has settled, or its deadline passed. */
  onHook?(timing: HookTiming): void;
}

/** The taps of one call. One that throws is taken off and reported; the others go on. */
export class CallTaps {
  readonly #taps = new Set<CallTap>();
  readonly #onThrown: (message: string) => void;

  constructor(onThrown: (message: string) => void) {
    this.#onThrown = onThrown;
  }

  /** Returns its removal. */
  add(tap: CallTap): () => void {
    this.#taps.add(tap);
    return () => void this.#taps.delete(tap);
  }

  /** The call is over: whatever the taps hold is let go. */
  clear(): void {
    this.#taps.clear();
  }

  each(show: (tap: CallTap) => void): void {
    for (const tap of this.#taps)
      try {
        show(tap);
      } catch (thrown) {
        this.#taps.delete(tap);
        this.#onThrown(messageOf(thrown));
      }
  }
}
