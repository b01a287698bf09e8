import {
  type IncomingInviteRequest,
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
import { setToTag } from "../core/sipjs-patches.js";
import { reasonOf, sdpOf } from "../message/evidence.js";
import { formatReason } from "../message/reason-header.js";
import { announcedMedia } from "./announced-media.js";
import type { CallDialog } from "./call-dialog.js";
import { DigitWays } from "./digit-ways.js";
import { LegMedia } from "./leg-media.js";
import type { LegSettings } from "./leg-settings.js";
import { SipOutboundLeg } from "./outbound-leg.js";
import { ReliableProvisionals } from "./reliable-provisional.js";
import { answerUpdate, sdpBody } from "./renegotiation.js";
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
  private readonly legMedia: LegMedia;
  private readonly prepared: Promise<boolean>;
  private readonly onOver: () => void;
  private sink: LegSink | undefined;
  private phase: "offered" | "answered" | "talking" | "over" = "offered";
  private dialog: CallDialog | undefined;
  /** The answer to the offer in the INVITE, once one was made. */
  private answerSdp: string | undefined;
  private answering = false;
  /** The caller has our answer for sure: another offer may follow. */
  private answeredEarly = false;
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
    request.delegate = { onCancel: (message) => this.receiveCancel(message) };
    request.trying();
    this.legMedia =
      media ??
      LegMedia.open(
        settings.mediaPlane,
        settings,
        request.message.callId,
        binding.advertised.address,
        (signal) => this.emit(signal),
        announcedMedia(request.message),
      );
    this.ownsPort = media === undefined;
    this.succession = new Succession({
      settings,
      media: this.legMedia,
      tell: (signal) => this.emit(signal),
      over: () => this.over(),
    });
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

  get media(): MediaLeg {
    return this.legMedia.port;
  }

  ring(options: RingOptions = {}): void {
    if (this.phase !== "offered" || this.answering) return;
    const early = options.earlyMedia === true && sdpOf(this.request.message) !== undefined;
    const wanted = options.status ?? (early ? 183 : 180);
    const progress = {
      statusCode: wanted > 100 && wanted < 200 ? wanted : 180,
      extraHeaders: Object.entries(options.headers ?? {}).map(([name, value]) =>
        headerLine(name, value),
      ),
    };
    if (!early) {
      this.sendProgress(progress);
      return;
    }
    this.whenPrepared(() => {
      if (this.phase !== "offered") return;
      const sdp = this.makeAnswer();
      if (sdp !== undefined) this.sendProgress({ ...progress, body: sdpBody(sdp) });
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

  private sendProgress(options: ResponseOptions): void {
    const { message } = this.request;
    // Reliably only for callers who insist: those who merely could gain nothing by it.
    if (!/\b100rel\b/i.test(message.getHeader("require") ?? "")) {
      this.listen(this.request.progress(options).session);
      return;
    }
    this.reliable.send((headers) => {
      if (this.phase !== "offered") return;
      const extraHeaders = [...(options.extraHeaders ?? []), ...headers];
      const { session } = this.request.progress({ ...options, extraHeaders });
      this.listen(session, options.body !== undefined);
    });
  }

  /** What the caller may say before we answer. */
  private listen(session: Session, answers = false): void {
    const delegate: DialogDelegate = {
      onPrack: (prack) => {
        if (!this.reliable.acknowledge(prack.message.getHeader("rack"))) {
          prack.reject({ statusCode: 481 });
          return;
        }
        prack.accept();
        this.answeredEarly ||= answers;
      },
      onUpdate: (message) =>
        answerUpdate(message, {
          binding: this.binding,
          media: this.legMedia,
          // The offer in the INVITE comes first (RFC 3311 5.2).
          refusal: this.answeredEarly ? undefined : { statusCode: 500, extraHeaders: retryAfter },
        }),
    };
    session.delegate = delegate;
  }

  private sendAnswer(): void {
    const offered = sdpOf(this.request.message) !== undefined;
    const sdp = offered ? this.makeAnswer() : this.legMedia.offer();
    if (sdp === undefined) return;
    const { message } = this.request;
    const { session } = this.request.accept({
      statusCode: 200,
      body: sdpBody(sdp),
      extraHeaders: sessionHeaders(message),
    });
    this.phase = "answered";
    const { binding } = this;
    this.dialog = this.succession.begin({ binding, session, ownsCallId: false });
    this.dialog.keeper.learn(message);
    this.dialog.keeper.agreeAsServer(message);
    this.dialog.awaitAck((ack) => this.receiveAck(ack, offered));
  }

  private receiveAck(ack: IncomingRequestMessage, offered: boolean): void {
    if (this.phase !== "answered") return;
    this.phase = "talking";
    const answer = sdpOf(ack);
    const usableMedia = offered || (answer !== undefined && this.legMedia.accept(answer).ok);
    const { sink } = this;
    if (usableMedia) this.legMedia.activate();
    else this.dialog?.bye({ protocol: "SIP", cause: 488 });
    sink?.onSignal({
      type: "answered",
      answer: { status: 200, phrase: "OK", usableMedia, crossedCancel: false },
    });
    if (usableMedia) this.legMedia.tellHold();
  }

  /** The answer to the INVITE's offer; the same one each time (RFC 3261 13.3.1.4). */
  private makeAnswer(): string | undefined {
    if (this.answerSdp !== undefined) return this.answerSdp;
    const offer = sdpOf(this.request.message);
    if (offer === undefined) return undefined;
    const result = this.legMedia.answer(offer);
    if (result.ok) {
      this.answerSdp = result.sdp;
      return result.sdp;
    }
    this.emit({ type: "media_failed", detail: result.reason });
    this.reject(488);
    return undefined;
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

  private receiveCancel(message: IncomingRequestMessage): void {
    if (this.phase !== "offered") return;
    this.request.reject({ statusCode: 487 });
    const { sink } = this;
    // Over first: whoever is told may release this leg at once.
    this.over();
    sink?.onSignal({ type: "far_side_ended", request: "CANCEL", reason: reasonOf(message) });
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

/** Seconds; of the ten that RFC 3311 5.2 allows. */
const retryAfter = ["Retry-After: 5"];

/** Sends a final response of 300 to 699 with everything the caller wants said in it. */
export function refuseInvite(
  request: IncomingInviteRequest,
  status: number,
  options: RejectOptions = {},
): void {
  const statusCode = Number.isInteger(status) && status >= 300 && status <= 699 ? status : 500;
  const extraHeaders = [
    ...Object.entries(options.headers ?? {}).map(([name, value]) => headerLine(name, value)),
    ...(options.contacts ?? []).map((uri) => headerLine("Contact", `<${uri}>`)),
    ...(options.reason ? [formatReason(options.reason)] : []),
  ];
  const response = {
    statusCode,
    extraHeaders,
    ...(options.phrase === undefined
      ? {}
      : { reasonPhrase: options.phrase.replace(/[\r\n]/g, " ") }),
  };
  if (statusCode < 400) request.redirect([], response);
  else request.reject(response);
}

/** One header line; line breaks in it would be lines of their own. */
export function headerLine(name: string, value: string): string {
  return `${name.replace(/[^\w.!%*+`'~-]/g, "")}: ${value.replace(/[\r\n]+/g, " ")}`;
}
