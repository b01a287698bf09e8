import type { CallEffect, CallSnapshot, CallTimer, Transition } from "./call-input.js";
import type { CallLimits, CallSettings } from "./call-settings.js";
import type { CallState } from "./call-state.js";
import { decideEnd } from "./decide-end.js";
import type { CallFacts, Ending } from "./facts.js";
import type { StateEntry } from "./outcome.js";

/** The next snapshot in the making, with the effects that go with it. */
export class CallDraft {
  readonly effects: CallEffect[] = [];
  readonly #settings: CallSettings;
  #states: readonly StateEntry[];
  #running: readonly CallTimer[];
  state: CallState;
  facts: CallFacts;
  speaking: CallSnapshot["speaking"];
  held: boolean;
  audioLost: boolean;

  constructor(from: CallSnapshot) {
    this.#settings = from.settings;
    this.#states = from.states;
    this.#running = from.running;
    this.state = from.state;
    this.facts = from.facts;
    this.speaking = from.speaking;
    this.held = from.held;
    this.audioLost = from.audioLost;
  }

  get limits(): CallLimits {
    return this.#settings.limits;
  }

  learn(more: Partial<CallFacts>): void {
    this.facts = { ...this.facts, ...more };
  }

  enter(state: CallState, atMs: number): void {
    this.state = state;
    this.#states = this.#states.concat({ state, atMs });
    this.effects.push({ type: "enter", state, atMs });
  }

  start(timer: CallTimer, delayMs: number = this.limits[`${timer}Ms`]): void {
    if (timer === "userSilence" && !this.#settings.hearsVoice) return;
    this.#running = this.#running.filter((other) => other !== timer).concat(timer);
    this.effects.push({ type: "start_timer", timer, delayMs });
  }

  startUnlessRunning(timer: CallTimer): void {
    if (!this.#running.includes(timer)) this.start(timer);
  }

  restart(timer: CallTimer): void {
    if (!this.#running.includes(timer)) return;
    this.stop(timer);
    this.start(timer);
  }

  stop(timer: CallTimer): void {
    if (!this.#running.includes(timer)) return;
    this.expired(timer);
    this.effects.push({ type: "stop_timer", timer });
  }

  stopAll(): void {
    for (const timer of this.#running) this.stop(timer);
  }

  expired(timer: CallTimer): void {
    this.#running = this.#running.filter((other) => other !== timer);
  }

  /** Ends the call. An ending that was there before stays the one that counts. */
  finish(ending: Ending, atMs: number): void {
    this.learn({ ending: this.facts.ending ?? ending, disconnectedAtMs: atMs });
    this.stopAll();
    this.enter(decideEnd(this.facts, this.#settings.profile).finalState, atMs);
    this.effects.push({ type: "close", atMs });
  }

  done(): Transition {
    const snapshot: CallSnapshot = {
      state: this.state,
      states: this.#states,
      facts: this.facts,
      settings: this.#settings,
      speaking: this.speaking,
      held: this.held,
      audioLost: this.audioLost,
      running: this.#running,
    };
    return { snapshot, effects: this.effects };
  }
}
