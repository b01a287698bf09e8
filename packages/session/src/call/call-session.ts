// START HERE. One call, and what can be asked of it. Everything that happens to it goes through
// call-engine (one thing at a time) and call-machine (pure); why it ended is decided in decide-end.
import type { Carrier, Destination, InboundOffer, LegSink, RejectOptions } from "../carrier.js";
import type { Clock } from "../clock.js";
import { OffhookError } from "../errors.js";
import type { Hook } from "../event-hub.js";
import type { SessionEvents } from "../events.js";
import type { Logger } from "../logger.js";
import type { MediaLeg, MediaRecording } from "../media/call-audio.js";
import type {
  CallDirection,
  CallFault,
  CallPhase,
  EndedBy,
  MessageProgress,
  Verdict,
} from "../vocabulary.js";
import { CallEngine } from "./call-engine.js";
import type { CallSnapshot } from "./call-input.js";
import type { CallSettings } from "./call-settings.js";
import { type CallState, isTerminal, type VisibleStatus, visibleStatus } from "./call-state.js";
import type { CallTap } from "./call-tap.js";
import type { AgentEndReason, EndReason } from "./end-reason.js";
import type { MediaReport } from "./media-report.js";
import type { CallOutcome } from "./outcome.js";

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
  readonly #logger: Logger | undefined;
  readonly #engine: CallEngine;

  constructor(direction: CallDirection, options: CallSessionOptions) {
    const { callId, carrier, settings, logger } = options;
    this.#carrier = carrier;
    this.#logger = logger;
    this.#engine = new CallEngine(direction, {
      callId,
      settings,
      clock: carrier.clock,
      ...(logger === undefined ? {} : { logger }),
    });
    this.callId = callId;
    this.direction = direction;
    this.clock = carrier.clock;
    this.createdAtWallMs = this.#engine.createdAtWallMs;
    this.ended = this.#engine.ended;
  }

  /** Ms since the call was created. */
  get atMs(): number {
    return this.#engine.atMs;
  }

  get state(): CallState {
    return this.#engine.snapshot.state;
  }

  get status(): VisibleStatus {
    return visibleStatus(this.state);
  }

  /** The state, or `closing` while `call_end` hooks run. */
  get phase(): CallPhase {
    return this.#engine.phase;
  }

  /** Known once the call is disconnected; `ended` also waits for the hooks. */
  get outcome(): CallOutcome | undefined {
    return this.#engine.outcome;
  }

  /** What was learned so far. */
  get snapshot(): CallSnapshot {
    return this.#engine.snapshot;
  }

  /** The call's audio. Undefined until there is a leg to carry it. */
  get media(): MediaLeg | undefined {
    return this.#engine.media;
  }

  /** What went over the wire so far. Undefined until audio was agreed on. */
  get mediaReport(): MediaReport | undefined {
    return this.#engine.mediaReport;
  }

  /** Returns its unsubscribe. */
  on<Name extends keyof SessionEvents>(name: Name, hook: Hook<SessionEvents[Name]>): () => void {
    return this.#engine.hub.on(name, hook);
  }

  once<Name extends keyof SessionEvents>(name: Name, hook: Hook<SessionEvents[Name]>): () => void {
    return this.#engine.hub.once(name, hook);
  }

  /** Returns its removal. */
  tap(tap: CallTap): () => void {
    return this.#engine.taps.add(tap);
  }

  /** Tells `call_start`, and `ringing` of an inbound call. Does so by itself at the latest when needed. */
  open(): void {
    this.#engine.open();
  }

  /** Places the call. Throws WRONG_STATE unless it is outbound and pending. */
  dial(options: DialOptions): void {
    if (this.direction !== "outbound" || this.state !== "pending" || this.#engine.legs.any)
      throw new OffhookError(
        "WRONG_STATE",
        `A ${this.direction} call in ${this.state} cannot dial.`,
      );
    this.open();
    // A call_start hook may have ended the call already.
    if (isTerminal(this.state)) return;
    const leg = this.#carrier.placeCall({ callId: this.callId, ...options }, this.#legSink());
    this.#engine.legs.outbound = leg;
    this.#engine.attachMedia(leg.media);
    if (isTerminal(this.state)) this.#engine.legs.release();
  }

  #legSink(): LegSink {
    const { rtpLostMs } = this.#engine.snapshot.settings.limits;
    return { rtpLostMs, onSignal: (signal) => this.#engine.takeSignal(signal) };
  }

  /** Ends a call that will not be placed, without sending anything. */
  notPlaced(reason: EndReason): void {
    this.#engine.tell({ type: "not_placed", reason, atMs: this.atMs });
  }

  /** Takes an inbound call from its carrier; it rings until `answer` or `reject`. */
  receive(offer: InboundOffer): void {
    if (this.direction !== "inbound" || this.#engine.legs.any)
      throw new OffhookError("WRONG_STATE", "Only a new inbound call can be received.");
    const leg = offer.accept(this.#legSink());
    this.#engine.legs.inbound = leg;
    this.#engine.attachMedia(leg.media);
    if (isTerminal(this.state)) this.#engine.legs.release();
  }

  /** Lets an inbound caller hear ringing, or early media. */
  ring(options?: { readonly earlyMedia?: boolean }): void {
    this.#engine.legs.offered("ring");
    if (!isTerminal(this.state)) this.#engine.legs.ring(options);
  }

  /** Answers an inbound call; `active` follows with the ACK. Idempotent. */
  answer(): void {
    this.#engine.legs.offered("answer");
    if (!isTerminal(this.state)) this.#engine.legs.answer();
  }

  /** Refuses an inbound call with a final response of 300 to 699. */
  reject(status: number, options?: RejectOptions): void {
    this.#engine.legs.offered("reject");
    if (!Number.isInteger(status) || status < 300 || status > 699)
      throw new OffhookError("INVALID_OPTION", `${status} is not a final response that rejects.`, {
        remedy: "Use a status from 300 to 699, such as 486 (busy) or 603 (decline).",
      });
    this.#engine.legs.refusal = options;
    this.#engine.tell({
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
    this.#engine.tell({
      type: "end",
      by,
      atMs: this.atMs,
      ...(reason === undefined ? {} : { reason }),
      ...(refusal === undefined ? {} : { refusal }),
    });
    return this.#engine.disconnected;
  }

  /**
   * Asks the far side to call `target` instead, taking over `replacing`'s dialog if given. Progress
   * comes as `transfer` events. Throws CALL_NOT_ACTIVE, or UNSUPPORTED where the leg cannot.
   */
  refer(target: string, replacing?: CallSession): void {
    const leg = this.#engine.legs.inConversation(this.state, "be transferred");
    if (!leg.refer) throw new OffhookError("UNSUPPORTED", "This leg cannot be transferred.");
    const replaces = replacing === undefined ? undefined : replacing.#engine.legs.outbound;
    leg.refer(target, replaces === undefined ? {} : { replaces });
  }

  /** Puts the far side on hold or takes it off. Throws CALL_NOT_ACTIVE, or UNSUPPORTED. */
  hold(held: boolean): void {
    const leg = this.#engine.legs.inConversation(this.state, "be held");
    if (!leg.hold) throw new OffhookError("UNSUPPORTED", "This leg cannot be held.");
    leg.hold(held);
  }

  /**
   * Records to a new stereo WAV file, the far side left and the agent right, until the call ends.
   * Rejects with CALL_NOT_ACTIVE before there is audio, UNSUPPORTED, or MEDIA_FAILED. A file that
   * cannot be written any more later on is a fault in the outcome, and the call goes on.
   */
  async record(file: string): Promise<MediaRecording> {
    const media = this.#engine.media;
    if (!media || isTerminal(this.state))
      throw new OffhookError("CALL_NOT_ACTIVE", `A call in ${this.state} cannot be recorded.`);
    if (!media.record) throw new OffhookError("UNSUPPORTED", "This leg cannot be recorded.");
    const { atMs } = this;
    const recording = await media.record(file);
    this.#engine.taps.each((tap) => tap.onRecording?.(file, atMs));
    void recording.failed?.then(({ code, message }) =>
      this.#engine.noteFault({ code, message, where: "recording" }),
    );
    return recording;
  }

  /** A new call over the same carrier with the same settings: whom a transfer is discussed with. */
  consultation(callId: string): CallSession {
    return new CallSession("outbound", {
      callId,
      carrier: this.#carrier,
      ...(this.#logger === undefined ? {} : { logger: this.#logger }),
      settings: this.#engine.snapshot.settings,
    });
  }

  /** Parses an address as this call's carrier does. Throws INVALID_DESTINATION. */
  parseDestination(to: string): Destination {
    return this.#carrier.parseDestination(to);
  }

  /** A verdict from detection. After the end it is journalled and changes nothing. */
  classify(verdict: Verdict): void {
    this.#engine.tell({ type: "verdict", verdict });
  }

  /** Voice activity of the user, as detection hears it. */
  noteUserVoice(active: boolean): void {
    this.#engine.tell({ type: "voice", who: "user", active, atMs: this.atMs });
  }

  /** The user took a turn: somebody is talking with the agent. */
  noteUserTurn(text?: string): void {
    const { atMs } = this;
    this.#engine.tell({ type: "user_turn", atMs, ...(text === undefined ? {} : { text }) });
  }

  /**
   * Follows the message that the agent is leaving: asked how far it was really played when the call
   * ends. Returns how to say that it is over before that.
   */
  trackMessage(progress: () => MessageProgress): (result: MessageProgress) => void {
    this.#engine.messageProgress = progress;
    return (message) => {
      if (this.#engine.messageProgress === progress) this.#engine.messageProgress = undefined;
      this.#engine.tell({ type: "message", message, atMs: this.atMs });
    };
  }

  /** Something failed without ending the call; it is kept as evidence and told as `fault`. */
  noteFault(fault: Pick<CallFault, "code" | "message" | "where">): void {
    this.#engine.noteFault(fault);
  }

  /** Tells an event that only the agent side knows of. */
  emit<Name extends "agent_turn" | "interruption" | "silence">(
    name: Name,
    payload: Omit<SessionEvents[Name], "callId" | "atMs">,
  ): void {
    if (isTerminal(this.state)) return;
    const event = { ...payload, callId: this.callId, atMs: this.atMs } as SessionEvents[Name];
    void this.#engine.hub.emit(name, event);
  }
}
