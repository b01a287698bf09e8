import type { Clock } from "../clock.js";
import { deferred } from "../deferred.js";
import { messageOf } from "../errors.js";
import { EventHub, type HookFault } from "../event-hub.js";
import type { SessionEvents } from "../events.js";
import { extended } from "../extended.js";
import { type Logger, silentLogger } from "../logger.js";
import type { MediaLeg } from "../media/call-audio.js";
import type {
  CallDirection,
  CallFault,
  CallPhase,
  CallSignal,
  LegSignal,
  MessageProgress,
} from "../vocabulary.js";
import { announce } from "./announce.js";
import type { CallEffect, CallInput, CallSnapshot } from "./call-input.js";
import { CallLegs } from "./call-legs.js";
import { advance, openCall } from "./call-machine.js";
import type { CallSettings } from "./call-settings.js";
import { type CallState, isTerminal } from "./call-state.js";
import { CallTaps } from "./call-tap.js";
import { CallTimers } from "./call-timers.js";
import { type MediaReport, mediaReportOf } from "./media-report.js";
import { MeteredMedia } from "./metered-media.js";
import { offerTransfer } from "./offer-transfer.js";
import { type CallOutcome, outcomeOf } from "./outcome.js";

export interface CallEngineOptions {
  readonly callId: string;
  readonly clock: Clock;
  readonly settings: CallSettings;
  readonly logger?: Logger;
}

/**
 * What carries a call out: inputs go through the pure machine one at a time, its effects reach the
 * leg, the timers and the listeners, and the end closes the record exactly once.
 */
export class CallEngine {
  readonly callId: string;
  readonly direction: CallDirection;
  readonly clock: Clock;
  readonly createdAtWallMs: number;
  readonly hub: EventHub<SessionEvents>;
  readonly taps: CallTaps;
  readonly legs: CallLegs;
  /** Settles when the call is disconnected; its hooks may still be running. */
  readonly disconnected: Promise<void>;
  /** Settles with the outcome when the record is closed. Never rejects. */
  readonly ended: Promise<CallOutcome>;
  snapshot: CallSnapshot;
  outcome: CallOutcome | undefined;
  media: MeteredMedia | undefined;
  /** How far the message being left was really played, asked when the call ends. */
  messageProgress: (() => MessageProgress) | undefined;

  readonly #logger: Logger;
  readonly #createdAtMs: number;
  readonly #timers: CallTimers;
  readonly #queue: CallInput[] = [];
  readonly #lateFaults: CallFault[] = [];
  /** What happened before `call_start`, which is told first. */
  readonly #untold: CallInput[] = [];
  readonly #tellDisconnected: () => void;
  readonly #tellEnded: (outcome: CallOutcome) => void;
  #draining = false;
  #opened = false;
  #closing = false;

  constructor(direction: CallDirection, options: CallEngineOptions) {
    this.callId = options.callId;
    this.direction = direction;
    this.clock = options.clock;
    const ended = deferred<CallOutcome>();
    const disconnected = deferred<void>();
    this.ended = ended.promise;
    this.#tellEnded = ended.resolve;
    this.disconnected = disconnected.promise;
    this.#tellDisconnected = disconnected.resolve;
    this.#logger = options.logger ?? silentLogger;
    this.#createdAtMs = this.clock.nowMs();
    this.createdAtWallMs = this.clock.wallMs();
    const report = (where: string) => (message: string) =>
      this.noteFault({ code: "INTERNAL", message, where });
    this.taps = new CallTaps(report("tap"));
    this.legs = new CallLegs(report("leg"));
    this.#timers = new CallTimers(this.clock, (timer) =>
      this.tell({ type: "timer", timer, atMs: this.atMs }),
    );
    this.hub = new EventHub<SessionEvents>({
      clock: this.clock,
      deadlineMs: options.settings.limits.callEndHookMs,
      onFault: (fault) => this.#onHookFault(fault),
      onTiming: (timing) => this.taps.each((tap) => tap.onHook?.(timing)),
    });
    const opening = openCall(direction, options.settings);
    this.snapshot = opening.snapshot;
    for (const effect of opening.effects) if (effect.type === "start_timer") this.#carryOut(effect);
  }

  /** Ms since the call was created. */
  get atMs(): number {
    return Math.round(this.clock.nowMs() - this.#createdAtMs);
  }

  get state(): CallState {
    return this.snapshot.state;
  }

  /** The state, or `closing` while `call_end` hooks run. */
  get phase(): CallPhase {
    return this.#closing ? "closing" : this.state;
  }

  /** Tells `call_start`, and `ringing` of an inbound call. Does so by itself at the latest when needed. */
  open(): void {
    if (this.#opened) return;
    this.#opened = true;
    const { callId, direction } = this;
    void this.hub.emit("call_start", { callId, atMs: this.atMs, direction });
    if (direction === "inbound" && this.state === "ringing")
      void this.hub.emit("ringing", { callId, atMs: this.atMs });
    for (const input of this.#untold.splice(0)) announce(this.hub, callId, input);
  }

  /** Something failed without ending the call; it is kept as evidence and told as `fault`. */
  noteFault(fault: Pick<CallFault, "code" | "message" | "where">): void {
    const { callId } = this;
    const kept = this.#faultOf(fault);
    this.#logger.warn({ callId, code: fault.code, where: fault.where }, "call fault");
    // Once disconnected the facts are complete; what still fails is added to the record.
    const input: CallInput = { type: "fault", fault: kept, atMs: this.atMs };
    if (!this.#closing) return this.tell(input);
    this.#lateFaults.push(kept);
    this.taps.each((tap) => tap.onInput?.(input));
  }

  /** Lets the taps hear the leg, and the machine know when the agent is audible. */
  attachMedia(media: MediaLeg): void {
    const metered = new MeteredMedia(media, {
      clock: this.clock,
      openedAtMs: this.atMs,
      onAgentVoice: (active) => {
        const { atMs } = this;
        this.tell({ type: "voice", who: "agent", active, atMs });
        this.taps.each((tap) => tap.onAgentVoice?.(active, atMs));
      },
    });
    this.media = metered;
    metered.onFrame((frame) => this.taps.each((tap) => tap.onFrame?.(frame)));
  }

  /** What the leg has to tell: taps first, so that a verdict of theirs still counts. */
  takeSignal(legSignal: LegSignal): void {
    const signal: CallSignal = extended(legSignal, { atMs: this.atMs });
    this.taps.each((tap) => tap.onSignal?.(signal));
    this.tell({ type: "signal", signal });
  }

  /** One input at a time: what a listener or a leg causes meanwhile waits its turn. */
  tell(input: CallInput): void {
    if (this.#draining) return void this.#queue.push(input);
    this.#draining = true;
    try {
      let next: CallInput | undefined = input;
      for (; next; next = this.#queue.shift()) this.#take(next);
    } finally {
      this.#draining = false;
    }
  }

  #take(input: CallInput): void {
    let transition = advance(this.snapshot, input);
    const closes = transition.effects.some((effect) => effect.type === "close");
    const message = closes ? this.#messageSoFar() : undefined;
    if (message) {
      this.taps.each((tap) => tap.onInput?.(message));
      transition = advance(advance(this.snapshot, message).snapshot, input);
    }
    this.taps.each((tap) => tap.onInput?.(input));
    const wasOver = isTerminal(this.state);
    this.snapshot = transition.snapshot;
    for (const effect of transition.effects) this.#carryOut(effect);
    if (wasOver) return;
    if (this.#opened) announce(this.hub, this.callId, input);
    else this.#untold.push(input);
    if (input.type === "signal" && input.signal.type === "transfer_request") {
      const { signal } = input;
      const about = { callId: this.callId, atMs: signal.atMs };
      void offerTransfer(this.hub, this.legs, about, signal.request);
    }
  }

  #carryOut(effect: CallEffect): void {
    const { callId } = this;
    switch (effect.type) {
      case "start_timer":
        return this.#timers.start(effect.timer, effect.delayMs);
      case "stop_timer":
        return this.#timers.stop(effect.timer);
      case "send":
        return this.legs.send(effect.request);
      case "refuse":
        return this.legs.refuse(effect.status);
      case "enter":
        if (effect.state === "dialing" || effect.state === "ringing" || effect.state === "active")
          void this.hub.emit(effect.state, { callId, atMs: effect.atMs });
        return;
      case "early_media":
        void this.hub.emit("early_media", { callId, atMs: effect.atMs });
        return;
      case "close":
        return this.#close(effect.atMs);
    }
  }

  #close(atMs: number): void {
    this.open();
    this.#timers.stopAll();
    const media = this.mediaReport;
    this.media?.release();
    this.legs.release();
    const { states, facts, settings } = this.snapshot;
    const identity = { callId: this.callId, createdAtWallMs: this.createdAtWallMs };
    const decided = outcomeOf(identity, facts, states, settings.profile);
    const outcome = media === undefined ? decided : extended(decided, { media });
    this.outcome = outcome;
    this.#closing = true;
    const { callId } = this;
    const { finalState, endReason, endedBy } = outcome;
    const hooks = this.hub.emit("call_end", {
      callId,
      atMs,
      finalState,
      endReason,
      endedBy,
      outcome,
    });
    this.#tellDisconnected();
    void hooks.then(() => this.#closeRecord(outcome));
  }

  #messageSoFar(): CallInput | undefined {
    try {
      const message = this.messageProgress?.();
      return message && { type: "message", message, atMs: this.atMs };
    } catch (error) {
      // Whoever plays the message must not keep the call from ending either.
      this.#logger.warn({ callId: this.callId, error: messageOf(error) }, "no message progress");
      return undefined;
    }
  }

  /** What went over the wire so far; undefined while no audio was agreed on. */
  get mediaReport(): MediaReport | undefined {
    if (this.outcome) return this.outcome.media;
    try {
      return this.media && mediaReportOf(this.media.stats(), this.snapshot.facts);
    } catch (error) {
      // Counters of a carrier of somebody's own must not keep the call from ending.
      this.#logger.warn({ callId: this.callId, error: messageOf(error) }, "no media statistics");
      return undefined;
    }
  }

  #closeRecord(outcome: CallOutcome): void {
    this.#closing = false;
    this.hub.close();
    // Ended calls stay known for a while; what they no longer need does not.
    this.taps.clear();
    this.legs.forget();
    const errors = [...outcome.errors, ...this.#lateFaults];
    this.outcome = errors.length === outcome.errors.length ? outcome : { ...outcome, errors };
    this.#tellEnded(this.outcome);
  }

  #onHookFault({ code, event, message }: HookFault): void {
    this.noteFault({ code, message, where: `hook:${event}` });
  }

  #faultOf(fault: Pick<CallFault, "code" | "message" | "where">): CallFault {
    return { ...fault, at: new Date(this.clock.wallMs()).toISOString(), phase: this.phase };
  }
}
