import type {
  AckableIncomingResponseWithSession,
  IncomingResponseMessage,
  OutgoingInviteRequest,
  PrackableIncomingResponseWithSession,
} from "sip.js/lib/core/index.js";
import type { LegSink, OutboundLeg, ReasonToSend } from "../../carrier.js";
import type { TimerHandle } from "../../clock.js";
import { messageOf } from "../../errors.js";
import type { MediaLeg } from "../../media/call-audio.js";
import type { AnswerResponse, LegSignal } from "../../vocabulary.js";
import { ackOptions } from "../core/own-request.js";
import {
  finalOf,
  isSynthetic,
  provisionalOf,
  retargetOf,
  sdpOf,
  tagOf,
} from "../message/evidence.js";
import { formatReason } from "../message/reason-header.js";
import type { Route } from "../route/route.js";
import { Attempts, type AttemptsOptions } from "./attempts.js";
import { DigitWays } from "./digit-ways.js";
import { EarlyAnswers } from "./early-answers.js";
import { LegMedia } from "./leg-media.js";
import type { LegSettings } from "./leg-settings.js";
import { afterTheCall, endUnwanted, withdraw } from "./outbound-invite.js";
import type { Replaces } from "./replaces.js";
import { Succession } from "./succession.js";

export interface OutboundCall
  extends Pick<
    AttemptsOptions,
    "requestUri" | "from" | "extraHeaders" | "findRoutes" | "uriOfNumber"
  > {
  readonly callId: string;
  readonly localAddress: string;
}

/** Waits for the final response that CANCEL calls for (64·T1, RFC 3261 9.1). */
const CANCELED_MS = 32_000;

/**
 * A call we place (RFC 3261 13.2). Tells what happens and decides nothing, except what the RFC
 * leaves no choice about: a 2xx is acknowledged at once, and one that nobody wants is ended.
 *
 * `routing` → `calling` → `talking` → `over`; CANCEL and `release` leave it in `calling` until the
 * far side has let go.
 */
export class SipOutboundLeg implements OutboundLeg {
  private readonly settings: LegSettings;
  private readonly digits = new DigitWays();
  readonly succession: Succession;
  readonly media: MediaLeg;
  private readonly legMedia: LegMedia;
  private readonly ownsPort: boolean;
  private readonly onOver: () => void;
  private sink: LegSink | undefined;
  private phase: "routing" | "calling" | "talking" | "over" = "routing";
  private route: Route | undefined;
  private invite: OutgoingInviteRequest | undefined;
  /** Its Call-ID. */
  private inviteCallId: string | undefined;
  private cancelWanted: { readonly reason: ReasonToSend | undefined } | undefined;
  private cancelSent = false;
  private provisionalSeen = false;
  private readonly early: EarlyAnswers;
  private cancelTimer: TimerHandle | undefined;
  private failoverTimer: TimerHandle | undefined;
  /** Until the call is answered. */
  private attempts: Attempts | undefined;

  constructor(
    settings: LegSettings,
    call: OutboundCall,
    sink: LegSink,
    onOver: () => void,
    /** Where the call may take another's place: that one's port. */
    media?: LegMedia,
  ) {
    this.settings = settings;
    this.sink = sink;
    this.onOver = onOver;
    this.legMedia =
      media ??
      LegMedia.open(
        settings.mediaPlane,
        { ...settings, rtpLostMs: sink.rtpLostMs ?? settings.rtpLostMs },
        call.callId,
        call.localAddress,
        (signal) => this.emit(signal),
      );
    this.ownsPort = media === undefined;
    this.early = new EarlyAnswers(this.legMedia);
    const { requestUri, from, extraHeaders, findRoutes, uriOfNumber } = call;
    this.attempts = new Attempts({
      requestUri,
      from,
      extraHeaders,
      findRoutes,
      uriOfNumber,
      offer: () => this.legMedia.offer(),
      settings,
    });
    this.succession = new Succession({
      settings,
      media: this.legMedia,
      tell: (signal) => this.emit(signal),
      over: () => this.over(),
      answeredInstead: (answer) => this.answeredInstead(answer),
    });
    this.media = this.succession.spokenIn(this.legMedia.port);
    this.start(call).catch((error: unknown) => this.fail("transport", messageOf(error)));
  }

  get wireCallId(): string | undefined {
    return this.inviteCallId;
  }

  cancel(reason?: ReasonToSend): void {
    if (this.phase === "routing") {
      this.emit({ type: "unanswered", cause: "transport", detail: "withdrawn before it was sent" });
      this.over();
      return;
    }
    if (this.phase !== "calling") return;
    this.cancelWanted ??= { reason };
    this.sendCancel();
  }

  bye(reason?: ReasonToSend): void {
    if (!this.succession.bye(reason)) this.cancel(reason);
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

  /** It rings, and is the early dialog that is named (RFC 3891 3). */
  ringsAs({ callId, localTag, remoteTag }: Replaces): boolean {
    const { invite, early } = this;
    return (
      this.phase === "calling" &&
      invite?.message.callId === callId &&
      invite.message.fromTag === localTag &&
      early.rings(remoteTag)
    );
  }

  /** The sockets are about to close: lets go of every timer. */
  drop(): void {
    this.phase = "over";
    this.succession.drop();
    this.stopTimers();
  }

  release(): void {
    this.sink = undefined;
    if (this.ownsPort) this.legMedia.port.close();
    if (this.phase === "routing") this.over();
    else if (this.phase === "calling") {
      // Letting go of an INVITE that may yet be answered would leave a phone ringing.
      this.cancelWanted ??= { reason: undefined };
      this.sendCancel();
    } else this.succession.release();
  }

  private async start({ requestUri, findRoutes }: OutboundCall): Promise<void> {
    const routes = await findRoutes(requestUri, "trunk");
    try {
      await this.legMedia.prepare();
    } catch (error) {
      this.emit({ type: "media_failed", detail: messageOf(error) });
      this.over();
      return;
    }
    if (this.phase !== "routing") return;
    await this.attempts?.begin(routes);
    if (this.phase !== "routing") return;
    await this.attempts?.connect();
    if (this.phase !== "routing") return;
    this.phase = "calling";
    this.sendNextInvite();
    this.emit({ type: "dialing" });
  }

  /** The next way, once its connection is made. */
  private async goOn(): Promise<void> {
    await this.attempts?.connect();
    if (this.phase !== "calling") return;
    if (this.cancelWanted) this.fail("transport", "withdrawn before it was sent");
    else this.sendNextInvite();
  }

  /** Sends the INVITE of the current attempt. */
  private sendNextInvite(): void {
    const { attempts } = this;
    const attempt = attempts?.current;
    if (!attempts || !attempt) return this.fail("transport", "there is no way to call");
    const { route } = attempt;
    const message = attempts.nextInvite(attempt);
    if (this.route && this.route.binding !== route.binding)
      this.route.binding.clearNextHop(message.callId);
    this.route = route;
    this.inviteCallId = message.callId;
    this.provisionalSeen = false;
    if (attempt.moved) route.binding.setFlow(message.callId, route.hop);
    else route.binding.setNextHop(message.callId, route.hop);
    this.invite = route.binding.core.invite(message, {
      onTrying: ({ message: response }) => this.receiveProvisional(response),
      onProgress: (response) => this.receiveProgress(response),
      onAccept: (response) => this.receiveAccept(response),
      onRedirect: ({ message: response }) => this.receiveFinal(response),
      onReject: ({ message: response }) => this.receiveFinal(response),
    });
    if (attempts.hasNext)
      this.failoverTimer = this.settings.clock.setTimeout(
        () => this.failOver(),
        this.settings.failoverMs,
      );
  }

  /** Nobody said a word: the next target is asked while Timer B would still run (RFC 3263 4.3). */
  private failOver(): void {
    if (this.phase !== "calling" || this.cancelWanted || !this.invite) return;
    withdraw(this.invite);
    this.attempts?.passOver();
    this.proceed();
  }

  private proceed(): void {
    this.goOn().catch((error: unknown) => this.fail("transport", messageOf(error)));
  }

  private receiveProvisional(message: IncomingResponseMessage): void {
    this.provisionalSeen = true;
    this.settings.clock.clear(this.failoverTimer);
    if (this.route) this.settings.troubles.end(this.route.hop);
    if (this.phase !== "calling") return;
    this.emit({ type: "provisional", response: provisionalOf(message) });
    if (this.cancelWanted) this.sendCancel();
  }

  private receiveProgress(progress: PrackableIncomingResponseWithSession): void {
    const { message, prack, session } = progress;
    const sdp = sdpOf(message);
    const rseq = /^\d+$/.exec(message.getHeader("rseq")?.trim() ?? "")?.[0];
    if (rseq !== undefined && /\b100rel\b/i.test(message.getHeader("require") ?? ""))
      prack({ extraHeaders: [`RAck: ${rseq} ${message.cseq} INVITE`] });
    if (sdp !== undefined && this.phase === "calling" && !this.cancelWanted)
      this.early.take(message.toTag, sdp);
    this.early.ring(message.toTag);
    const { binding } = this.route ?? {};
    if (session && binding)
      session.delegate = this.early.delegateOf(
        message.toTag,
        binding,
        () => this.phase === "calling",
      );
    this.receiveProvisional(message);
  }

  private receiveAccept(response: AckableIncomingResponseWithSession): void {
    const { message, session } = response;
    response.ack(ackOptions(this.invite?.message));
    if (this.phase !== "calling" || !this.route) {
      endUnwanted(session);
      return;
    }
    this.stopTimers();
    this.phase = "talking";
    // Other forks may still answer; what led here is no more needed.
    if (this.invite) this.invite.delegate = afterTheCall;
    this.invite = undefined;
    this.attempts = undefined;
    const { binding, hop } = this.route;
    this.route = { binding, hop };
    const dialog = this.succession.begin({ binding, session, ownsCallId: true });
    dialog.keeper.learn(message);
    dialog.keeper.agreedAsClient(message);
    const crossedCancel = this.cancelWanted !== undefined;
    const mediaProblem = this.acceptAnswer(message);
    const usableMedia = mediaProblem === undefined;
    if (usableMedia && !crossedCancel) this.legMedia.activate();
    const toTag = tagOf(message);
    const answer = {
      status: message.statusCode ?? 200,
      phrase: message.reasonPhrase ?? "",
      ...(toTag === undefined ? {} : { toTag }),
      usableMedia,
      ...(usableMedia ? {} : { mediaProblem }),
      crossedCancel,
      ...retargetOf(message),
    };
    // The BYE leaves first: `answered` promises that it has.
    const { sink } = this;
    if (!usableMedia || crossedCancel) {
      const reason = this.cancelWanted?.reason;
      dialog.bye(usableMedia ? reason : { protocol: "SIP", cause: 488 });
    }
    sink?.onSignal({ type: "answered", answer });
    if (usableMedia && !crossedCancel) this.legMedia.tellHold();
  }

  /** Somebody picked the call up elsewhere: our INVITE is withdrawn, and a late 2xx ended. */
  private answeredInstead(answer: AnswerResponse): void {
    this.phase = "talking";
    this.invite?.cancel();
    this.emit({ type: "answered", answer });
  }

  /** Why the call cannot be spoken in; undefined where it can. */
  private acceptAnswer(message: IncomingResponseMessage): string | undefined {
    const sdp = sdpOf(message);
    if (sdp !== undefined) {
      const result = this.legMedia.accept(sdp);
      return result.ok ? undefined : result.reason;
    }
    // The answer may have come in an 18x of the same fork (RFC 3261 13.2.1).
    return this.early.settle(message.toTag) ? undefined : "the 2xx has no answer";
  }

  private receiveFinal(message: IncomingResponseMessage): void {
    this.settings.clock.clear(this.failoverTimer);
    if (this.phase !== "calling") return;
    const attempts = this.cancelWanted ? undefined : this.attempts;
    const goesOn = attempts?.after(message, this.provisionalSeen) ?? false;
    if (typeof goesOn === "boolean") this.settle(goesOn, message);
    else
      goesOn
        .then((found) => this.settle(found, message))
        .catch((error: unknown) => this.fail("transport", messageOf(error)));
  }

  /** Goes on with the next attempt, or ends with the failure of this one. */
  private settle(goesOn: boolean, failure: IncomingResponseMessage): void {
    if (this.phase !== "calling") return;
    if (goesOn && !this.cancelWanted) this.proceed();
    else if (!isSynthetic(failure)) {
      this.emit({
        type: "rejected",
        response: finalOf(this.attempts?.verdict(failure) ?? failure),
      });
      this.over();
    } else if (failure.statusCode === 503) {
      const detail = this.route?.binding.takeFailure(this.invite?.message.branch);
      this.fail("transport", detail ?? "the transport failed");
    } else this.fail("timeout", "no response to the INVITE");
  }

  private sendCancel(): void {
    const { invite, cancelWanted } = this;
    if (!invite || !cancelWanted || this.cancelSent) return;
    // A challenge that comes now must not start the call anew.
    this.route?.binding.abandon(invite.message.callId);
    // RFC 3261 9.1: no CANCEL before a provisional.
    if (!this.provisionalSeen) return;
    this.cancelSent = true;
    const { reason } = cancelWanted;
    invite.cancel(undefined, reason ? { extraHeaders: [formatReason(reason)] } : {});
    this.cancelTimer = this.settings.clock.setTimeout(
      () => this.fail("timeout", "no final response after CANCEL"),
      CANCELED_MS,
    );
  }

  private fail(cause: "timeout" | "transport", detail: string): void {
    if (this.phase === "talking" || this.phase === "over") return;
    this.emit({ type: "unanswered", cause, detail });
    this.over();
  }

  private over(): void {
    if (this.phase === "over") return;
    this.phase = "over";
    const { binding } = this.route ?? {};
    this.stopTimers();
    if (binding && this.inviteCallId !== undefined) binding.clearNextHop(this.inviteCallId);
    // sip.js keeps the INVITE for another 64·T1; the call must not be kept with it.
    if (this.invite) this.invite.delegate = afterTheCall;
    this.onOver();
  }

  private stopTimers(): void {
    this.settings.clock.clear(this.cancelTimer);
    this.settings.clock.clear(this.failoverTimer);
  }

  private emit(signal: LegSignal): void {
    if (signal.type === "dtmf" && !this.digits.isNew(signal, this.settings.clock.nowMs())) return;
    if (this.phase !== "over") this.sink?.onSignal(signal);
  }
}
