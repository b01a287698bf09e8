import type {
  IncomingAckRequest,
  IncomingByeRequest,
  IncomingInfoRequest,
  IncomingInviteRequest,
  IncomingMessageRequest,
  IncomingNotifyRequest,
  IncomingReferRequest,
  IncomingRequestMessage,
  Session,
} from "sip.js/lib/core/index.js";
import type { ReasonToSend } from "../../carrier.js";
import { messageOf } from "../../errors.js";
import type { LegSignal } from "../../vocabulary.js";
import type { Binding } from "../binding.js";
import type { DialogDelegate } from "../core/receiver.js";
import { parseInfoDtmf } from "../message/dtmf-info.js";
import { isSynthetic, reasonOf } from "../message/evidence.js";
import { formatReason } from "../message/reason-header.js";
import { digitBody } from "./info-digits.js";
import type { LegMedia } from "./leg-media.js";
import type { LegSettings } from "./leg-settings.js";
import { type DialogName, readTransferNotify, referToHeader } from "./refer.js";
import { contactOf, Renegotiation } from "./renegotiation.js";
import { SessionKeeper } from "./session-keeper.js";

export interface CallDialogOptions {
  readonly settings: LegSettings;
  readonly binding: Binding;
  readonly session: Session;
  readonly media: LegMedia;
  readonly emit: (signal: LegSignal) => void;
  /** The dialog is over, whoever ended it. Called once. */
  readonly onEnded: () => void;
  readonly onRefer: (request: IncomingReferRequest) => void;
  /** We made the call: decides who waits longer after glare (RFC 3261 14.1). */
  readonly ownsCallId: boolean;
}

/**
 * An INVITE dialog after it was accepted: what both kinds of leg do alike (RFC 3261 12, 14, 15). It is
 * told of what comes as sip.js tells it, which spares each call an object with a closure for each
 * request there is.
 */
export class CallDialog implements DialogDelegate {
  readonly keeper: SessionKeeper;
  private readonly options: CallDialogOptions;
  private ended = false;
  /** Inbound: our 2xx has no ACK yet, so no BYE may leave (RFC 3261 15). */
  private awaitedAck: ((message: IncomingRequestMessage | undefined) => void) | undefined;
  private pendingBye: { readonly reason: ReasonToSend | undefined } | undefined;
  private readonly renegotiation: Renegotiation;

  constructor(options: CallDialogOptions) {
    this.options = options;
    this.keeper = new SessionKeeper({
      clock: options.settings.clock,
      session: options.session,
      contact: contactOf(options.binding),
      reinvite: () => this.renegotiation.reinvite(),
      onLost: (detail) => this.lose(detail),
    });
    const { settings, binding, session, media, emit, ownsCallId } = options;
    this.renegotiation = new Renegotiation({
      settings,
      binding,
      session,
      media,
      emit,
      ownsCallId,
      keeper: this.keeper,
      onLost: (detail) => this.lose(detail),
    });
    options.session.delegate = this;
  }

  get name(): DialogName {
    const { callId, localTag, remoteTag, remoteTarget } = this.options.session;
    return { callId, localTag, remoteTag, remoteTarget: remoteTarget.toString() };
  }

  /** We have the peer on hold, and it agreed. */
  get holds(): boolean {
    return this.renegotiation.holds;
  }

  /**
   * Calls back when the ACK of our 2xx came, or without one when the peer hung up first: it has our
   * 2xx then, and its ACK got lost. A dialog with neither is lost.
   */
  awaitAck(onAck: (message: IncomingRequestMessage | undefined) => void): void {
    this.awaitedAck = onAck;
  }

  onAck({ message }: IncomingAckRequest): void {
    const { awaitedAck } = this;
    if (!awaitedAck) return this.renegotiation.receiveAck(message);
    this.awaitedAck = undefined;
    awaitedAck(message);
    this.sendPendingBye();
  }

  onAckTimeout(): void {
    this.awaitedAck = undefined;
    if (this.pendingBye) this.sendPendingBye();
    else this.lose("no ACK for our 200");
  }

  onBye(request: IncomingByeRequest): void {
    const { awaitedAck } = this;
    this.awaitedAck = undefined;
    awaitedAck?.(undefined);
    request.accept();
    if (this.ended) return;
    this.end({ type: "far_side_ended", request: "BYE", reason: reasonOf(request.message) });
  }

  onInvite(request: IncomingInviteRequest): void {
    this.renegotiation.receiveReinvite(request);
  }

  onUpdate(message: IncomingRequestMessage): void {
    this.renegotiation.receiveUpdate(message);
  }

  onRefer(request: IncomingReferRequest): void {
    this.options.onRefer(request);
  }

  onMessage(request: IncomingMessageRequest): void {
    request.accept();
    this.tellText(request.message);
  }

  /** Ends the dialog with BYE, as soon as it may be sent. */
  bye(reason?: ReasonToSend): void {
    if (this.ended) return;
    this.pendingBye ??= { reason };
    if (!this.awaitedAck) this.sendPendingBye();
  }

  /** Lets go of every timer, whatever is still under way. */
  drop(): void {
    this.ended = true;
    this.keeper.stop();
    this.renegotiation.stop();
  }

  /** Puts the peer on hold, or takes it back. */
  hold(held: boolean): void {
    this.renegotiation.hold(held);
  }

  /** Asks the peer to call `target` instead, or to take over the dialog `replaces` (RFC 3515). */
  refer(target: string, replaces?: DialogName): void {
    if (this.ended) return;
    const { session, binding, emit } = this.options;
    const failed = (sipStatus: number | undefined) =>
      emit({
        type: "transfer",
        progress: { status: "failed", ...(sipStatus === undefined ? {} : { sipStatus }) },
      });
    session.refer(
      {
        onAccept: ({ message }) =>
          emit({
            type: "transfer",
            progress: { status: "accepted", sipStatus: message.statusCode ?? 202 },
          }),
        onRedirect: ({ message }) => failed(message.statusCode),
        onReject: ({ message }) => failed(isSynthetic(message) ? undefined : message.statusCode),
      },
      {
        extraHeaders: [
          referToHeader(replaces?.remoteTarget ?? this.targetUri(target), replaces),
          `Referred-By: <${session.localURI.toString()}>`,
          contactOf(binding),
        ],
      },
    );
  }

  /** One digit by INFO; false where the peer refuses it or is gone. */
  sendDigit(digit: string, durationMs: number): Promise<boolean> {
    const { session } = this.options;
    if (this.ended) return Promise.resolve(false);
    return new Promise((resolve) => {
      const refused = () => resolve(false);
      session.info(
        { onAccept: () => resolve(true), onRedirect: refused, onReject: refused },
        { body: digitBody(digit, durationMs) },
      );
    });
  }

  /** A number is called where the far side lives. */
  private targetUri(target: string): string {
    if (/^(?:sips?|tel):/i.test(target)) return target;
    const { host, port } = this.options.session.remoteURI;
    return `sip:${target}@${host}${port === undefined ? "" : `:${port}`}`;
  }

  onNotify(request: IncomingNotifyRequest): void {
    const { message } = request;
    request.accept();
    const progress = readTransferNotify(
      message.getHeader("event"),
      message.body ?? "",
      message.getHeader("subscription-state"),
    );
    if (progress) this.options.emit({ type: "transfer", progress });
  }

  private sendPendingBye(): void {
    const pending = this.pendingBye;
    if (!pending || this.ended) return;
    this.sendBye(pending.reason);
    this.end();
  }

  private sendBye(reason: ReasonToSend | undefined): void {
    const { session, settings } = this.options;
    try {
      session.bye({}, { extraHeaders: reason ? [formatReason(reason)] : [] });
    } catch (error) {
      settings.logger.warn({ error: messageOf(error) }, "BYE could not be sent");
      session.dispose();
    }
  }

  onInfo(request: IncomingInfoRequest): void {
    const { message } = request;
    const dtmf = parseInfoDtmf(message.getHeader("content-type"), message.body ?? "");
    if (dtmf) {
      request.accept();
      this.options.emit({ type: "dtmf", ...dtmf, via: "info" });
    } else if (message.hasHeader("info-package"))
      // RFC 6086 7.2.
      request.reject({ statusCode: 469, extraHeaders: ["Recv-Info:"] });
    else {
      request.accept();
      this.tellText(message);
    }
  }

  private tellText(message: IncomingRequestMessage): void {
    const { body } = message;
    if (!body) return;
    const contentType = message.getHeader("content-type")?.trim() ?? "text/plain";
    this.options.emit({ type: "text", contentType, body });
  }

  private lose(detail: string): void {
    if (this.ended) return;
    this.sendBye(undefined);
    this.end({ type: "dialog_lost", detail });
  }

  /** The last signal leaves before the leg is told, and no second one can come between. */
  private end(last?: LegSignal): void {
    if (this.ended) return;
    this.ended = true;
    this.keeper.stop();
    this.renegotiation.stop();
    // sip.js may keep the dialog for another 64·T1; the call must not be kept with it.
    this.options.session.delegate = nobody;
    if (last) this.options.emit(last);
    this.options.onEnded();
  }
}

/** What sip.js answers by itself is enough. */
const nobody: DialogDelegate = {};
