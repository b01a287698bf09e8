import type { Clock } from "../clock.js";
import { isOffhookError } from "../errors.js";
import { audioFrames } from "../media/send/audio-source.js";
import { monoFrame, silence, tone } from "../media/send/tones.js";
import type { AudioFrame } from "../vocabulary.js";
import { type ClipName, loadClip } from "./clips.js";
import type { CalleeLeg, CallerLeg } from "./far-side.js";
import { isAudible } from "./heard-audio.js";
import type { Scenario, ScenarioStep } from "./scenario-step.js";

export interface ScenarioPlayerOptions {
  readonly scenario: Scenario;
  readonly leg: CalleeLeg | CallerLeg;
  readonly clock: Clock;
  /** A step failed for another reason than the call's end; the scenario stopped there. */
  readonly onFault: (thrown: unknown) => void;
}

/** Silence up to this long is sent as samples, so that what follows comes exactly in time. */
const QUEUED_SILENCE_MS = 10_000;

/**
 * Does what a scenario says, step by step, on any leg. Both carriers use this one player, so that
 * the same scenario means the same on each. Its owner calls `stop` when the call is over.
 */
export class ScenarioPlayer {
  readonly #options: ScenarioPlayerOptions;
  #stopped = false;
  #audioQueued = false;
  #waiting: { readonly go: () => void } | undefined;
  #digits = 0;
  #digitsUsed = 0;
  #onDigit: (() => void) | undefined;

  constructor(options: ScenarioPlayerOptions) {
    this.#options = options;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** Settles when the scenario has nothing more to do, or was stopped. Never rejects. */
  async play(): Promise<void> {
    try {
      for (const step of this.#options.scenario.steps) {
        if (this.#stopped) return;
        await this.#do(step);
      }
      await this.#spoken();
    } catch (thrown) {
      // The call may end under any step; that is no fault of the scenario.
      if (!this.#stopped && !isOffhookError(thrown, "CALL_ENDED")) this.#options.onFault(thrown);
    }
  }

  /** The other side pressed a key. */
  digit(): void {
    this.#digits++;
    this.#onDigit?.();
  }

  /** Idempotent. Leaves no timer behind. */
  stop(): void {
    this.#stopped = true;
    this.#waiting?.go();
  }

  async #do(step: ScenarioStep): Promise<void> {
    const samples = this.#samplesOf(step);
    if (samples) return this.#write(samples);
    // The first step acts at once, as a carrier that offers a call wants it decided at once.
    if (this.#audioQueued) await this.#spoken();
    if (this.#stopped) return;
    const { leg } = this.#options;
    switch (step.type) {
      case "silence":
        return this.#wait(step.durationMs);
      case "mute":
        leg.setMuted(true);
        if (step.durationMs === undefined) return;
        await this.#wait(step.durationMs);
        return leg.setMuted(false);
      case "press_keys":
        return leg.media.sendDtmf(step.digits);
      case "wait_for_digits":
        return this.#waitForDigits(step.count, step.timeoutMs);
      case "hear_out":
        return this.#hearOut(step.quietMs, step.timeoutMs);
      case "talk_on":
        return this.#talkOn(step.audio);
      case "stay_on":
        return;
      case "refer":
        return leg.refer(step.to);
      case "hang_up":
        this.stop();
        return leg.hangUp(step.reason);
      default:
        return leg.role === "callee" ? this.#signal(step, leg) : this.#awaitAnswer(step, leg);
    }
  }

  async #signal(step: ScenarioStep, leg: CalleeLeg): Promise<void> {
    switch (step.type) {
      case "ignore":
        return leg.ignore();
      case "challenge":
        return leg.challenge(step.challenge);
      case "trying":
        return leg.trying();
      case "ring":
        leg.provisional(step);
        if (step.durationMs !== undefined) await this.#wait(step.durationMs);
        return;
      case "answer":
        return leg.answer();
      case "reject":
        this.stop();
        return leg.reject(step);
    }
  }

  async #awaitAnswer(step: ScenarioStep, leg: CallerLeg): Promise<void> {
    if (step.type !== "wait_for_answer") return;
    if (step.giveUpAfterMs === undefined) return leg.answered;
    let answered = false;
    void leg.answered.then(() => {
      answered = true;
      this.#waiting?.go();
    });
    await this.#wait(step.giveUpAfterMs);
    if (answered || this.#stopped) return;
    this.stop();
    leg.hangUp(undefined);
  }

  /** The step as samples for the playout queue, if it is one that is heard. */
  #samplesOf(step: ScenarioStep): AudioFrame | undefined {
    switch (step.type) {
      case "speak":
        return frameOf(step.audio);
      case "tone": {
        const { sampleRate } = this.#options.leg.media.format;
        return monoFrame(tone({ ...step, sampleRate }), sampleRate);
      }
      case "silence": {
        if (step.durationMs > QUEUED_SILENCE_MS) return undefined;
        const { sampleRate } = this.#options.leg.media.format;
        return monoFrame(silence(step.durationMs, sampleRate), sampleRate);
      }
      default:
        return undefined;
    }
  }

  async #write(audio: AudioFrame): Promise<void> {
    const { media } = this.#options.leg;
    this.#audioQueued = true;
    for await (const frame of audioFrames(audio, media.format.sampleRate)) {
      if (this.#stopped) return;
      await media.write(frame);
    }
  }

  async #talkOn(audio: ClipName | AudioFrame): Promise<void> {
    const frame = frameOf(audio);
    // Back-pressure paces this: it writes two seconds ahead and waits.
    while (!this.#stopped) await this.#write(frame);
  }

  /** Everything written so far was heard by the other side. */
  async #spoken(): Promise<void> {
    if (!this.#audioQueued) return;
    this.#audioQueued = false;
    await this.#options.leg.media.mark();
  }

  async #waitForDigits(count: number, timeoutMs: number): Promise<void> {
    const needed = this.#digitsUsed + count;
    this.#onDigit = () => {
      if (this.#digits >= needed) this.#waiting?.go();
    };
    if (this.#digits < needed) await this.#wait(timeoutMs);
    this.#onDigit = undefined;
    this.#digitsUsed = Math.min(needed, this.#digits);
  }

  async #hearOut(quietMs: number, timeoutMs: number): Promise<void> {
    let lastHeardMs: number | undefined;
    const stopListening = this.#options.leg.media.onFrame(({ data, atMs }) => {
      if (isAudible(data)) lastHeardMs = atMs;
      else if (lastHeardMs !== undefined && atMs - lastHeardMs >= quietMs) this.#waiting?.go();
    });
    await this.#wait(timeoutMs);
    stopListening();
  }

  #wait(durationMs: number): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve) => {
      const go = () => {
        clock.clear(timer);
        this.#waiting = undefined;
        resolve();
      };
      const timer = clock.setTimeout(go, durationMs);
      this.#waiting = { go };
    });
  }
}

function frameOf(audio: ClipName | AudioFrame): AudioFrame {
  return typeof audio === "string" ? loadClip(audio) : audio;
}
