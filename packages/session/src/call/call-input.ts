import type { CallFault, CallSignal, EndedBy, MessageProgress, Verdict } from "../vocabulary.js";
import type { CallSettings } from "./call-settings.js";
import type { CallState } from "./call-state.js";
import type { EndReason } from "./end-reason.js";
import type { CallFacts } from "./facts.js";
import type { StateEntry } from "./outcome.js";

/** The waits a call can be in; each has its limit in `CallLimits`. */
export type CallTimer =
  | "registeredCall"
  | "noResponse"
  | "progress"
  | "ring"
  | "cancel"
  | "noAudio"
  | "idle"
  | "userSilence"
  | "maxDuration";

/** Everything that can happen to a call. Plain data, so that a journal can hold and replay it. */
export type CallInput =
  | { readonly type: "signal"; readonly signal: CallSignal }
  | { readonly type: "timer"; readonly timer: CallTimer; readonly atMs: number }
  | {
      readonly type: "end";
      readonly by: EndedBy;
      /** Absent for a bare `end()`, which the standing verdict refines. */
      readonly reason?: EndReason;
      readonly atMs: number;
      /** The response to refuse an inbound call with; 480 unless said. */
      readonly refusal?: number;
    }
  /** Will not be placed at all. */
  | { readonly type: "not_placed"; readonly reason: EndReason; readonly atMs: number }
  | { readonly type: "verdict"; readonly verdict: Verdict }
  | {
      readonly type: "voice";
      readonly who: "user" | "agent";
      readonly active: boolean;
      readonly atMs: number;
    }
  | { readonly type: "user_turn"; readonly text?: string; readonly atMs: number }
  | { readonly type: "message"; readonly message: MessageProgress; readonly atMs: number }
  | { readonly type: "fault"; readonly fault: CallFault; readonly atMs: number };

/** What the edges have to do. */
export type CallEffect =
  | { readonly type: "start_timer"; readonly timer: CallTimer; readonly delayMs: number }
  | { readonly type: "stop_timer"; readonly timer: CallTimer }
  | { readonly type: "send"; readonly request: "CANCEL" | "BYE" }
  | { readonly type: "refuse"; readonly status: number }
  | { readonly type: "enter"; readonly state: CallState; readonly atMs: number }
  | { readonly type: "early_media"; readonly atMs: number }
  /** The facts are complete; the outcome can be made. Always the last effect of a call. */
  | { readonly type: "close"; readonly atMs: number };

export interface CallSnapshot {
  readonly state: CallState;
  readonly states: readonly StateEntry[];
  readonly facts: CallFacts;
  readonly settings: CallSettings;
  /** Who is audible now; the user's silence only counts while nobody is. */
  readonly speaking: { readonly user: boolean; readonly agent: boolean };
  readonly held: boolean;
  readonly audioLost: boolean;
  readonly running: readonly CallTimer[];
}

export interface Transition {
  readonly snapshot: CallSnapshot;
  readonly effects: readonly CallEffect[];
}
