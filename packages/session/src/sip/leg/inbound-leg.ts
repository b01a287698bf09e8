import {
  type IncomingInviteRequest,
  type IncomingPrackRequest,
  type IncomingRequestMessage,
  type ResponseOptions,
  type Session,
  UserAgentServer,
} from "sip.js/lib/core/index.js";
import type {
  InboundLeg,
  LegSink,
  OutboundLeg,
  ReasonToSend,
  RejectOptions,
  RingOptions,
} from "../../carrier.js";
import { messageOf } from "../../errors.js";
import type { MediaLeg } from "../../media/call-audio.js";
import type { LegSignal } from "../../vocabulary.js";
import type { Binding } from "../binding.js";
import type { DialogDelegate } from "../core/receiver.js";
import { forgetEarlyAnswer, setToTag } from "../core/sipjs-patches.js";
import { reasonOf, sdpOf } from "../message/evidence.js";
import type { Negotiation } from "../message/sdp.js";
import { sdpIn } from "../message/sipjs-message.js";
import { announcedMedia } from "./announced-media.js";
import type { CallDialog } from "./call-dialog.js";
import { DigitWays } from "./digit-ways.js";
import { EarlyAgreement } from "./early-agreement.js";
import { LegMedia } from "./leg-media.js";
import type { LegSettings } from "./leg-settings.js";
import { SipOutboundLeg } from "./outbound-leg.js";
import { headerLine, refuseInvite } from "./refuse-invite.js";
import { ReliableProvisionals } from "./reliable-provisional.js";
import { sdpBody } from "./renegotiation.js";
import { sessionHeaders } from "./session-keeper.js";
import { Succession } from "./succession.js";

/**
 * A call that is offered to us (RFC 3261 13.3).
 *
 * `offered` → `answered` (our 200 is out) → `talking` (its ACK came) → `over`.
 */
export class SipInboundLeg implements InboundLeg {
  private readonly settings: LegSettings;
  private readonly digits = new DigitWays();
  private readonly binding: Binding;
  private readonly request: IncomingInviteRequest;
  readonly succession: Succession;
  readonly media: MediaLeg;
  private readonly legMedia: LegMedia;
  private readonly prepared: Promise<boolean>;
  private readonly onOver: () => void;
  private sink: LegSink | undefined;
  private phase: "offered" | "answered" | "talking" | "over" = "offered";
  private dialog: CallDialog | undefined;
  private answering = false;
  private readonly early: EarlyAgreement;
  private earlySession: Session | undefined;
  private readonly ownsPort: boolean;
  private readonly reliable: ReliableProvisionals;

  constructor(
    settings: LegSettings,
    binding: Binding,
    request: IncomingInviteRequest,
    sink: LegSink,
    onOver: () => void,
    /** Where the call takes another's place: that one's port. */
    media?: LegMedia,
  ) {
    this.settings = settings;
    this.binding = binding;
    this.request = request;
    this.sink = sink;
    this.onOver = onOver;
    if (request instanceof UserAgentServer) setToTag(request, settings.random.hex(8));
    request.delegate = { onCancel: (message) => this.withdrawn("CANCEL", message) };
    request.trying();
    this.legMedia =
      media ??
      LegMedia.open(
        settings.mediaPlane,
        { ...settings, rtpLostMs: sink.rtpLostMs ?? settings.rtpLostMs },
        request.message.callId,
        binding.advertised.address,
        (signal) => this.emit(signal),
        announcedMedia(request.message, sdpIn(request.message)),
      );
    this.ownsPort = media === undefined;
    this.early = new EarlyAgreement({ invite: request.message, binding, media: this.legMedia });
    this.succession = new Succession({
      settings,
      media: this.legMedia,
      tell: (signal) => this.emit(signal),
      over: () => this.over(),
    });
    this.media = this.succession.spokenIn(this.legMedia.port);
    this.reliable = new ReliableProvisionals({
      clock: settings.clock,
      unit: settings.random.unit(),
      onUnacknowledged: () => {
        if (this.phase !== "offered") return;
        this.emit({ type: "dialog_lost", detail: "no PRACK for our provisional response" });
        this.reject(504);
      },
    });
    this.prepared = this.legMedia.prepare().then(
      () => true,
      (error: unknown) => {
        this.emit({ type: "media_failed", detail: messageOf(error) });
        return false;
      },
    );
  }

  get wireCallId(): string {
    return this.request.message.callId;
  }

  ring(options: RingOptions = {}): void {
    if (this.phase !== "offered" || this.answering) return;
    const carriesAnswer = options.earlyMedia === true && this.early.wasOffered;
    const carriesOffer = this.goesReliably && !this.early.wasOffered;
    const wanted = options.status ?? (carriesAnswer ? 183 : 180);
    const progress = {
      statusCode: wanted > 100 && wanted < 200 ? wanted : 180,
      extraHeaders: Object.entries(options.headers ?? {}).map(([name, value]) =>
        headerLine(name, value),
      ),
    };
    if (!carriesAnswer && !carriesOffer) {
      this.sendProgress(progress);
      return;
    }
    this.whenPrepared(() => {
      if (this.phase !== "offered") return;
      const sdp = carriesAnswer
        ? this.sdpOrRefusal(this.early.makeAnswer())
        : this.early.firstOffer();
      if (carriesAnswer && sdp === undefined) return;
      this.sendProgress({ ...progress, ...(sdp === undefined ? {} : { body: sdpBody(sdp) }) });
    });
  }

  answer(): void {
    if (this.phase !== "offered" || this.answering) return;
    this.answering = true;
    this.whenPrepared(() =>
      // A 2xx waits for the PRACK of what was sent reliably (RFC 3262 5).
      this.reliable.whenIdle(() => {
        if (this.phase === "offered") this.sendAnswer();
      }),
    );
  }

  reject(status: number, options: RejectOptions = {}): void {
    if (this.phase !== "offered") return;
    refuseInvite(this.request, status, options);
    this.over();
  }

  bye(reason?: ReasonToSend): void {
    if (!this.succession.bye(reason)) this.reject(480, reason ? { reason } : {});
  }

  hold(held: boolean): void {
    this.succession.hold(held);
  }

  refer(target: string, options: { readonly replaces?: OutboundLeg } = {}): void {
    const { replaces } = options;
    const name = replaces instanceof SipOutboundLeg ? replaces.succession.name : undefined;
    this.succession.refer(target, name);
  }

  acceptTransfer(requestId: string): void {
    this.succession.acceptTransfer(requestId);
  }

  refuseTransfer(requestId: string, status: number): void {
    this.succession.refuseTransfer(requestId, status);
  }

  /** The sockets are about to close: lets go of every timer. */
  drop(): void {
    this.phase = "over";
    this.succession.drop();
    this.reliable.stop();
  }

  release(): void {
    this.sink = undefined;
    if (this.ownsPort) this.legMedia.port.close();
    if (this.phase === "offered") this.reject(480);
    else this.succession.release();
  }

  /** Only for callers who insist: those who merely could gain nothing by it. */
  private get goesReliably(): boolean {
    return /\b100rel\b/i.test(this.request.message.getHeader("require") ?? "");
  }

  private sendProgress(options: ResponseOptions): void {
    if (!this.goesReliably) {
      this.listen(this.request.progress(options).session);
      return;
    }
    this.reliable.send((headers) => {
      if (this.phase !== "offered") return;
      const extraHeaders = [...(options.extraHeaders ?? []), ...headers];
      const { session } = this.request.progress({ ...options, extraHeaders });
      this.listen(session, options.body !== undefined && this.early.wasOffered);
    });
  }

  /** What the caller may say before we answer. */
  private listen(session: Session, carriesAnswer = false): void {
    const delegate: DialogDelegate = {
      onPrack: (prack) => this.receivePrack(prack, carriesAnswer),
      onUpdate: (message) => this.early.receiveUpdate(message),
      // A caller may give up this way too (RFC 3261 15).
      onBye: (bye) => {
        bye.accept();
        this.withdrawn("BYE", bye.message);
      },
    };
    session.delegate = delegate;
    this.earlySession = session;
  }

  private receivePrack(prack: IncomingPrackRequest, carriesAnswer: boolean): void {
    if (!this.reliable.isOpen(prack.message.getHeader("rack"))) {
      prack.reject({ statusCode: 481 });
      return;
    }
    const verdict = this.early.receivePrack(prack.message, carriesAnswer);
    if (verdict.ok)
      prack.accept(
        verdict.sdp === undefined ? undefined : { statusCode: 200, body: sdpBody(verdict.sdp) },
      );
    else prack.reject({ statusCode: 488 });
    // An offer that does not fit leaves what was agreed before; an answer that does not, nothing.
    if (!verdict.ok && !this.early.isSettled) this.refuseMedia(verdict.reason);
    else this.reliable.acknowledge();
  }

  private sendAnswer(): void {
    const final = this.early.finalSdp();
    if (!final.ok) return this.refuseMedia(final.reason);
    if (final.sdp === undefined && this.earlySession) forgetEarlyAnswer(this.earlySession);
    const { message } = this.request;
    const { session } = this.request.accept({
      statusCode: 200,
      extraHeaders: sessionHeaders(message),
      ...(final.sdp === undefined ? {} : { body: sdpBody(final.sdp) }),
    });
    this.phase = "answered";
    const { binding } = this;
    this.dialog = this.succession.begin({ binding, session, ownsCallId: false });
    this.dialog.keeper.learn(message);
    this.dialog.keeper.agreeAsServer(message);
    const agreed = this.early.wasOffered || this.early.isSettled;
    this.dialog.awaitAck((ack) => this.receiveAck(ack, agreed));
  }

  /** `ack` is missing where the caller hung up before it reached us. */
  private receiveAck(ack: IncomingRequestMessage | undefined, agreed: boolean): void {
    if (this.phase !== "answered" || (!ack && !agreed)) return;
    this.phase = "talking";
    const mediaProblem = agreed ? undefined : this.acceptAnswer(ack && sdpOf(ack));
    const usableMedia = mediaProblem === undefined;
    const { sink } = this;
    if (usableMedia) this.legMedia.activate();
    else this.dialog?.bye({ protocol: "SIP", cause: 488 });
    sink?.onSignal({
      type: "answered",
      answer: {
        status: 200,
        phrase: "OK",
        usableMedia,
        ...(usableMedia ? {} : { mediaProblem }),
        crossedCancel: false,
      },
    });
    if (usableMedia) this.legMedia.tellHold();
  }

  /** Why the call cannot be spoken in; undefined where it can. */
  private acceptAnswer(answer: string | undefined): string | undefined {
    if (answer === undefined) return "the ACK has no answer to our offer";
    const result = this.legMedia.accept(answer);
    return result.ok ? undefined : result.reason;
  }

  private sdpOrRefusal(result: Negotiation | undefined): string | undefined {
    if (result && !result.ok) this.refuseMedia(result.reason);
    return result?.ok ? result.sdp : undefined;
  }

  private refuseMedia(detail: string): void {
    this.emit({ type: "media_failed", detail });
    this.reject(488);
  }

  private whenPrepared(work: () => void): void {
    this.prepared
      .then((ready) => {
        if (ready) work();
      })
      .catch((error: unknown) =>
        this.settings.logger.warn({ error: messageOf(error) }, "inbound leg could not proceed"),
      );
  }

  private withdrawn(request: "CANCEL" | "BYE", message: IncomingRequestMessage): void {
    if (this.phase !== "offered") return;
    this.request.reject({ statusCode: 487 });
    const { sink } = this;
    // Over first: whoever is told may release this leg at once.
    this.over();
    sink?.onSignal({ type: "far_side_ended", request, reason: reasonOf(message) });
  }

  private over(): void {
    if (this.phase === "over") return;
    this.phase = "over";
    this.reliable.stop();
    this.onOver();
  }

  private emit(signal: LegSignal): void {
    if (signal.type === "dtmf" && !this.digits.isNew(signal, this.settings.clock.nowMs())) return;
    if (this.phase !== "over") this.sink?.onSignal(signal);
  }
}
