// START HERE. One call: what its leg tells goes through the pure machine, what the machine answers
// is carried out, and listeners hear about it. All decisions are in call-machine and decide-end.
import type { Carrier, Destination, InboundOffer, RejectOptions } from "../carrier.js";
import type { Clock } from "../clock.js";
import { deferred } from "../deferred.js";
import { messageOf, OffhookError } from "../errors.js";
import { EventHub, type Hook, type HookFault } from "../event-hub.js";
import type { SessionEvents } from "../events.js";
import { type Logger, silentLogger } from "../logger.js";
import type { MediaLeg, MediaRecording } from "../media/call-audio.js";
import type {
  CallDirection,
  CallFault,
  CallPhase,
  CallSignal,
  EndedBy,
  LegSignal,
  MessageProgress,
  Verdict,
} from "../vocabulary.js";
import { announce } from "./announce.js";
import type { CallEffect, CallInput, CallSnapshot } from "./call-input.js";
import { CallLegs } from "./call-legs.js";
import { advance, openCall } from "./call-machine.js";
import type { CallSettings } from "./call-settings.js";
import { type CallState, isTerminal, type VisibleStatus, visibleStatus } from "./call-state.js";
import { type CallTap, CallTaps } from "./call-tap.js";
import { CallTimers } from "./call-timers.js";
import type { AgentEndReason, EndReason } from "./end-reason.js";
import { type MediaReport, mediaReportOf } from "./media-report.js";
import { MeteredMedia } from "./metered-media.js";
import { type CallOutcome, outcomeOf } from "./outcome.js";

export interface CallSessionOptions {
  readonly callId: string;
  readonly carrier: Carrier;
  readonly settings: CallSettings;
  readonly logger?: Logger;
}

export interface DialOptions {
  readonly destination: Destination;
  /** Caller id; the trunk's own when absent. */
  readonly from?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface EndOptions {
  readonly reason?: AgentEndReason;
}

export class CallSession {
  readonly callId: string;
  readonly direction: CallDirection;
  readonly clock: Clock;
  /** Wall time of its creation, ms since the Unix epoch. */
  readonly createdAtWallMs: number;
  /** Settles with the outcome when every `call_end` hook has, or its deadline passed. Never rejects. */
  readonly ended: Promise<CallOutcome>;

  readonly #carrier: Carrier;
  readonly #logger: Logger;
  readonly #createdAtMs: number;
  readonly #hub: EventHub<SessionEvents>;
  readonly #timers: CallTimers;
  readonly #taps: CallTaps;
  readonly #legs: CallLegs;
  readonly #queue: CallInput[] = [];
  readonly #lateFaults: CallFault[] = [];
  /** What happened before `call_start`, which is told first. */
  readonly #untold: CallInput[] = [];
  readonly #disconnected = deferred<void>();
  readonly #closed = deferred<CallOutcome>();

  #snapshot: CallSnapshot;
  #draining = false;
  #opened = false;
  #closing = false;
  #outcome: CallOutcome | undefined;
  #media: MeteredMedia | undefined;
  #messageProgress: (() => MessageProgress) | undefined;

  constructor(direction: CallDirection, options: CallSessionOptions) {
    this.callId = options.callId;
    this.direction = direction;
    this.clock = options.carrier.clock;
    this.ended = this.#closed.promise;
    this.#carrier = options.carrier;
    this.#logger = options.logger ?? silentLogger;
    this.#createdAtMs = this.clock.nowMs();
    this.createdAtWallMs = this.clock.wallMs();
    const report = (where: string) => (message: string) =>
      this.noteFault({ code: "INTERNAL", message, where });
    this.#taps = new CallTaps(report("tap"));
    this.#legs = new CallLegs(report("leg"));
    this.#timers = new CallTimers(this.clock, (timer) =>
      this.#tell({ type: "timer", timer, atMs: this.atMs }),
    );
    this.#hub = new EventHub<SessionEvents>({
      clock: this.clock,
      deadlineMs: options.settings.limits.callEndHookMs,
      onFault: (fault) => this.#onHookFault(fault),
      onTiming: (timing) => this.#taps.each((tap) => tap.onHook?.(timing)),
    });
    const opening = openCall(direction, options.settings);
    this.#snapshot = opening.snapshot;
    for (const effect of opening.effects) if (effect.type === "start_timer") this.#carryOut(effect);
  }

  /** Ms since the call was created. */
  get atMs(): number {
    return Math.round(this.clock.nowMs() - this.#createdAtMs);
  }

  get state(): CallState {
    return this.#snapshot.state;
  }

  get status(): VisibleStatus {
    return visibleStatus(this.state);
  }

  /** The state, or `closing` while `call_end` hooks run. */
  get phase(): CallPhase {
    return this.#closing ? "closing" : this.state;
  }

  /** Known once the call is disconnected; `ended` also waits for the hooks. */
  get outcome(): CallOutcome | undefined {
    return this.#outcome;
  }

  /** What was learned so far. */
  get snapshot(): CallSnapshot {
    return this.#snapshot;
  }

  /** The call's audio. Undefined until there is a leg to carry it. */
  get media(): MediaLeg | undefined {
    return this.#media;
  }

  /** Returns its unsubscribe. */
  on<Name extends keyof SessionEvents>(name: Name, hook: Hook<SessionEvents[Name]>): () => void {
    return this.#hub.on(name, hook);
  }

  once<Name extends keyof SessionEvents>(name: Name, hook: Hook<SessionEvents[Name]>): () => void {
    return this.#hub.once(name, hook);
  }

  /** Returns its removal. */
  tap(tap: CallTap): () => void {
    return this.#taps.add(tap);
  }

  /** Tells `call_start`, and `ringing` of an inbound call. Does so by itself at the latest when needed. */
  open(): void {
    if (this.#opened) return;
    this.#opened = true;
    const { callId, direction } = this;
    void this.#hub.emit("call_start", { callId, atMs: this.atMs, direction });
    if (direction === "inbound" && this.state === "ringing")
      void this.#hub.emit("ringing", { callId, atMs: this.atMs });
    for (const input of this.#untold.splice(0)) announce(this.#hub, callId, input);
  }

  /** Places the call. Throws WRONG_STATE unless it is outbound and pending. */
  dial(options: DialOptions): void {
    if (this.direction !== "outbound" || this.state !== "pending" || this.#legs.any)
      throw new OffhookError(
        "WRONG_STATE",
        `A ${this.direction} call in ${this.state} cannot dial.`,
      );
    this.open();
    // A call_start hook may have ended the call already.
    if (isTerminal(this.state)) return;
    const leg = this.#carrier.placeCall(
      { callId: this.callId, ...options },
      { onSignal: (signal) => this.#onSignal(signal) },
    );
    this.#legs.outbound = leg;
    this.#attachMedia(leg.media);
    if (isTerminal(this.state)) this.#legs.release();
  }

  /** Ends a call that will not be placed, without sending anything. */
  notPlaced(reason: EndReason): void {
    this.#tell({ type: "not_placed", reason, atMs: this.atMs });
  }

  /** Takes an inbound call from its carrier; it rings until `answer` or `reject`. */
  receive(offer: InboundOffer): void {
    if (this.direction !== "inbound" || this.#legs.any)
      throw new OffhookError("WRONG_STATE", "Only a new inbound call can be received.");
    const leg = offer.accept({ onSignal: (signal) => this.#onSignal(signal) });
    this.#legs.inbound = leg;
    this.#attachMedia(leg.media);
    if (isTerminal(this.state)) this.#legs.release();
  }

  /** Lets an inbound caller hear ringing, or early media. */
  ring(options?: { readonly earlyMedia?: boolean }): void {
    this.#legs.offered("ring");
    if (!isTerminal(this.state)) this.#legs.ring(options);
  }

  /** Answers an inbound call; `active` follows with the ACK. Idempotent. */
  answer(): void {
    this.#legs.offered("answer");
    if (!isTerminal(this.state)) this.#legs.answer();
  }

  /** Refuses an inbound call with a final response of 300 to 699. */
  reject(status: number, options?: RejectOptions): void {
    this.#legs.offered("reject");
    if (!Number.isInteger(status) || status < 300 || status > 699)
      throw new OffhookError("INVALID_OPTION", `${status} is not a final response that rejects.`, {
        remedy: "Use a status from 300 to 699, such as 486 (busy) or 603 (decline).",
      });
    this.#legs.refusal = options;
    this.#tell({
      type: "end",
      by: "agent",
      reason: "AGENT_REJECTED",
      refusal: status,
      atMs: this.atMs,
    });
  }

  /**
   * Ends the call with BYE, CANCEL or a refusal. Idempotent. Settles when it is disconnected, which
   * after a CANCEL takes until the far side agreed; `call_end` hooks may still be running then.
   */
  end(options: EndOptions = {}): Promise<void> {
    return this.endAs("agent", options.reason);
  }

  /** `end` in somebody else's name: the API's, or the runtime's own. */
  endAs(by: EndedBy, reason?: EndReason, refusal?: number): Promise<void> {
    this.#tell({
      type: "end",
      by,
      atMs: this.atMs,
      ...(reason === undefined ? {} : { reason }),
      ...(refusal === undefined ? {} : { refusal }),
    });
    return this.#disconnected.promise;
  }

  /**
   * Asks the far side to call `target` instead, taking over `replacing`'s dialog if given. Progress
   * comes as `transfer` events. Throws CALL_NOT_ACTIVE, or UNSUPPORTED where the leg cannot.
   */
  refer(target: string, replacing?: CallSession): void {
    const leg = this.#legs.inConversation(this.state, "be transferred");
    if (!leg.refer) throw new OffhookError("UNSUPPORTED", "This leg cannot be transferred.");
    const replaces = replacing === undefined ? undefined : replacing.#legs.outbound;
    leg.refer(target, replaces === undefined ? {} : { replaces });
  }

  /** Puts the far side on hold or takes it off. Throws CALL_NOT_ACTIVE, or UNSUPPORTED. */
  hold(held: boolean): void {
    const leg = this.#legs.inConversation(this.state, "be held");
    if (!leg.hold) throw new OffhookError("UNSUPPORTED", "This leg cannot be held.");
    leg.hold(held);
  }

  /**
   * Records to a new stereo WAV file, the far side left and the agent right, until the call ends.
   * Rejects with CALL_NOT_ACTIVE before there is audio, UNSUPPORTED, or MEDIA_FAILED.
   */
  async record(file: string): Promise<MediaRecording> {
    const media = this.#media;
    if (!media || isTerminal(this.state))
      throw new OffhookError("CALL_NOT_ACTIVE", `A call in ${this.state} cannot be recorded.`);
    if (!media.record) throw new OffhookError("UNSUPPORTED", "This leg cannot be recorded.");
    const { atMs } = this;
    const recording = await media.record(file);
    this.#taps.each((tap) => tap.onRecording?.(file, atMs));
    return recording;
  }

  /** A new call over the same carrier with the same settings: whom a transfer is discussed with. */
  consultation(callId: string): CallSession {
    return new CallSession("outbound", {
      callId,
      carrier: this.#carrier,
      logger: this.#logger,
      settings: this.#snapshot.settings,
    });
  }

  /** Parses an address as this call's carrier does. Throws INVALID_DESTINATION. */
  parseDestination(to: string): Destination {
    return this.#carrier.parseDestination(to);
  }

  /** A verdict from detection. After the end it is journalled and changes nothing. */
  classify(verdict: Verdict): void {
    this.#tell({ type: "verdict", verdict });
  }

  /** Voice activity of the user, as detection hears it. */
  noteUserVoice(active: boolean): void {
    this.#tell({ type: "voice", who: "user", active, atMs: this.atMs });
  }

  /** The user took a turn: somebody is talking with the agent. */
  noteUserTurn(text?: string): void {
    const { atMs } = this;
    this.#tell({ type: "user_turn", atMs, ...(text === undefined ? {} : { text }) });
  }

  /**
   * Follows the message that the agent is leaving: asked how far it was really played when the call
   * ends. Returns how to say that it is over before that.
   */
  trackMessage(progress: () => MessageProgress): (result: MessageProgress) => void {
    this.#messageProgress = progress;
    return (message) => {
      if (this.#messageProgress === progress) this.#messageProgress = undefined;
      this.#tell({ type: "message", message, atMs: this.atMs });
    };
  }

  /** Something failed without ending the call; it is kept as evidence and told as `fault`. */
  noteFault(fault: Pick<CallFault, "code" | "message" | "where">): void {
    const { callId } = this;
    const kept = this.#faultOf(fault);
    this.#logger.warn({ callId, code: fault.code, where: fault.where }, "call fault");
    // Once disconnected the facts are complete; what still fails is added to the record.
    const input: CallInput = { type: "fault", fault: kept, atMs: this.atMs };
    if (!this.#closing) return this.#tell(input);
    this.#lateFaults.push(kept);
    this.#taps.each((tap) => tap.onInput?.(input));
  }

  /** Tells an event that only the agent side knows of. */
  emit<Name extends "agent_turn" | "interruption" | "silence">(
    name: Name,
    payload: Omit<SessionEvents[Name], "callId" | "atMs">,
  ): void {
    if (isTerminal(this.state)) return;
    const event = { ...payload, callId: this.callId, atMs: this.atMs } as SessionEvents[Name];
    void this.#hub.emit(name, event);
  }

  #attachMedia(media: MediaLeg): void {
    const metered = new MeteredMedia(media, {
      clock: this.clock,
      openedAtMs: this.atMs,
      onAgentVoice: (active) => {
        const { atMs } = this;
        this.#tell({ type: "voice", who: "agent", active, atMs });
        this.#taps.each((tap) => tap.onAgentVoice?.(active, atMs));
      },
    });
    this.#media = metered;
    metered.onFrame((frame) => this.#taps.each((tap) => tap.onFrame?.(frame)));
  }

  #onSignal(legSignal: LegSignal): void {
    const signal: CallSignal = { ...legSignal, atMs: this.atMs };
    this.#taps.each((tap) => tap.onSignal?.(signal));
    this.#tell({ type: "signal", signal });
  }

  /** One input at a time: what a listener or a leg causes meanwhile waits its turn. */
  #tell(input: CallInput): void {
    this.#queue.push(input);
    if (this.#draining) return;
    this.#draining = true;
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) this.#take(next);
    } finally {
      this.#draining = false;
    }
  }

  #take(input: CallInput): void {
    let transition = advance(this.#snapshot, input);
    const closes = transition.effects.some((effect) => effect.type === "close");
    if (closes && this.#messageProgress) {
      const message: CallInput = {
        type: "message",
        message: this.#messageProgress(),
        atMs: this.atMs,
      };
      this.#taps.each((tap) => tap.onInput?.(message));
      transition = advance(advance(this.#snapshot, message).snapshot, input);
    }
    this.#taps.each((tap) => tap.onInput?.(input));
    const wasOver = isTerminal(this.state);
    this.#snapshot = transition.snapshot;
    for (const effect of transition.effects) this.#carryOut(effect);
    if (wasOver) return;
    if (this.#opened) announce(this.#hub, this.callId, input);
    else this.#untold.push(input);
  }

  #carryOut(effect: CallEffect): void {
    const { callId } = this;
    switch (effect.type) {
      case "start_timer":
        return this.#timers.start(effect.timer, effect.delayMs);
      case "stop_timer":
        return this.#timers.stop(effect.timer);
      case "send":
        return this.#legs.send(effect.request);
      case "refuse":
        return this.#legs.refuse(effect.status);
      case "enter":
        if (effect.state === "dialing" || effect.state === "ringing" || effect.state === "active")
          void this.#hub.emit(effect.state, { callId, atMs: effect.atMs });
        return;
      case "early_media":
        void this.#hub.emit("early_media", { callId, atMs: effect.atMs });
        return;
      case "close":
        return this.#close(effect.atMs);
    }
  }

  #close(atMs: number): void {
    this.open();
    this.#timers.stopAll();
    const media = this.#mediaReport();
    this.#media?.release();
    this.#legs.release();
    const { states, facts, settings } = this.#snapshot;
    const identity = { callId: this.callId, createdAtWallMs: this.createdAtWallMs };
    const decided = outcomeOf(identity, facts, states, settings.profile);
    const outcome = media === undefined ? decided : { ...decided, media };
    this.#outcome = outcome;
    this.#closing = true;
    const { callId } = this;
    const { finalState, endReason, endedBy } = outcome;
    const hooks = this.#hub.emit("call_end", {
      callId,
      atMs,
      finalState,
      endReason,
      endedBy,
      outcome,
    });
    this.#disconnected.resolve();
    void hooks.then(() => this.#closeRecord(outcome));
  }

  #mediaReport(): MediaReport | undefined {
    try {
      return this.#media && mediaReportOf(this.#media.stats(), this.#snapshot.facts);
    } catch (error) {
      // Counters of a carrier of somebody's own must not keep the call from ending.
      this.#logger.warn({ callId: this.callId, error: messageOf(error) }, "no media statistics");
      return undefined;
    }
  }

  #closeRecord(outcome: CallOutcome): void {
    this.#closing = false;
    this.#hub.close();
    // Ended calls stay known for a while; what they no longer need does not.
    this.#taps.clear();
    this.#legs.forget();
    const errors = [...outcome.errors, ...this.#lateFaults];
    this.#outcome = errors.length === outcome.errors.length ? outcome : { ...outcome, errors };
    this.#closed.resolve(this.#outcome);
  }

  #onHookFault({ code, event, message }: HookFault): void {
    this.noteFault({ code, message, where: `hook:${event}` });
  }

  #faultOf(fault: Pick<CallFault, "code" | "message" | "where">): CallFault {
    return { ...fault, at: new Date(this.clock.wallMs()).toISOString(), phase: this.phase };
  }
}
