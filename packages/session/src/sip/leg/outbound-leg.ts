import type {
  AckableIncomingResponseWithSession,
  IncomingResponseMessage,
  OutgoingInviteRequest,
  OutgoingRequestMessage,
  PrackableIncomingResponseWithSession,
  Session,
} from "sip.js/lib/core/index.js";
import type { LegSink, OutboundLeg, ReasonToSend } from "../../carrier.js";
import type { TimerHandle } from "../../clock.js";
import { messageOf } from "../../errors.js";
import type { MediaLeg } from "../../media/call-audio.js";
import type { AnswerResponse, LegSignal } from "../../vocabulary.js";
import type { DialogDelegate } from "../core/receiver.js";
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
import { DigitWays } from "./digit-ways.js";
import { LegMedia } from "./leg-media.js";
import type { LegSettings } from "./leg-settings.js";
import {
  type Attempt,
  afterTheCall,
  endUnwanted,
  fitsDatagram,
  makeInvite,
} from "./outbound-invite.js";
import { RedirectGuard } from "./redirect.js";
import { answerUpdate } from "./renegotiation.js";
import type { Replaces } from "./replaces.js";
import { DEFAULT_SESSION_SECONDS } from "./session-timer.js";
import { Succession } from "./succession.js";

export interface OutboundCall {
  readonly callId: string;
  readonly requestUri: string;
  readonly fromUri: string;
  /** Header lines for the INVITE. */
  readonly extraHeaders: readonly string[];
  readonly localAddress: string;
  /**
   * The ways to reach a URI, best first: over the trunk, or straight to its host after a redirect.
   * @throws ADDRESS_UNRESOLVED, ADDRESS_IN_USE, TRANSPORT_FAILED
   */
  readonly findRoutes: (uri: string, over: "trunk" | "direct") => Promise<readonly Route[]>;
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
  private readonly call: OutboundCall;
  readonly succession: Succession;
  private readonly legMedia: LegMedia;
  private readonly ownsPort: boolean;
  private readonly onOver: () => void;
  private sink: LegSink | undefined;
  private phase: "routing" | "calling" | "talking" | "over" = "routing";
  private route: Route | undefined;
  private invite: OutgoingInviteRequest | undefined;
  private cancelWanted: { readonly reason: ReasonToSend | undefined } | undefined;
  private cancelSent = false;
  private provisionalSeen = false;
  private earlyAnswerTag: string | undefined;
  /** Who rings, by To-tag. */
  private readonly earlyTags = new Set<string>();
  private cancelTimer: TimerHandle | undefined;
  private attempts: Attempt[] = [];
  /** The first attempt's INVITE, where it was measured already. */
  private draft: OutgoingRequestMessage | undefined;
  private readonly redirects: RedirectGuard;
  private sessionSeconds = DEFAULT_SESSION_SECONDS;

  constructor(
    settings: LegSettings,
    call: OutboundCall,
    sink: LegSink,
    onOver: () => void,
    /** Where the call may take another's place: that one's port. */
    media?: LegMedia,
  ) {
    this.settings = settings;
    this.call = call;
    this.sink = sink;
    this.onOver = onOver;
    this.redirects = new RedirectGuard(call.requestUri);
    this.legMedia =
      media ??
      LegMedia.open(settings.mediaPlane, settings, call.callId, call.localAddress, (signal) =>
        this.emit(signal),
      );
    this.ownsPort = media === undefined;
    this.succession = new Succession({
      settings,
      media: this.legMedia,
      tell: (signal) => this.emit(signal),
      over: () => this.over(),
      answeredInstead: (answer) => this.answeredInstead(answer),
    });
    this.start().catch((error: unknown) => this.fail("transport", messageOf(error)));
  }

  get wireCallId(): string | undefined {
    return this.invite?.message.callId;
  }

  get media(): MediaLeg {
    return this.legMedia.port;
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
    const { invite, earlyTags } = this;
    return (
      this.phase === "calling" &&
      invite?.message.callId === callId &&
      invite.message.fromTag === localTag &&
      earlyTags.has(remoteTag)
    );
  }

  /** The sockets are about to close: lets go of every timer. */
  drop(): void {
    this.phase = "over";
    this.succession.drop();
    this.settings.clock.clear(this.cancelTimer);
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

  private async start(): Promise<void> {
    const { requestUri, findRoutes } = this.call;
    const routes = await findRoutes(requestUri, "trunk");
    try {
      await this.legMedia.prepare();
    } catch (error) {
      this.emit({ type: "media_failed", detail: messageOf(error) });
      this.over();
      return;
    }
    if (this.phase !== "routing") return;
    this.attempts = await this.fitted(routes.map((route) => ({ route, requestUri })));
    if (this.phase !== "routing") return;
    this.phase = "calling";
    this.sendNextInvite();
    this.emit({ type: "dialing" });
  }

  /** Sends the INVITE of the next attempt. False when there is none left. */
  private sendNextInvite(): boolean {
    const attempt = this.attempts[0];
    if (!attempt) return false;
    const { route } = attempt;
    const message = this.draft ?? this.makeInvite(attempt);
    this.draft = undefined;
    if (this.route && this.route.binding !== route.binding)
      this.route.binding.clearNextHop(message.callId);
    this.route = route;
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
    return true;
  }

  private makeInvite(attempt: Attempt): OutgoingRequestMessage {
    return makeInvite(attempt, {
      toUri: this.call.requestUri,
      fromUri: this.call.fromUri,
      sessionSeconds: this.sessionSeconds,
      extraHeaders: this.call.extraHeaders,
      sdp: this.legMedia.offer(),
      before: this.invite?.message,
    });
  }

  /**
   * An INVITE that is too large for a datagram goes over a stream first, where the peer takes one
   * (RFC 3261 18.1.1).
   */
  private async fitted(attempts: readonly Attempt[]): Promise<Attempt[]> {
    const [first] = attempts;
    const { overStream } = first?.route ?? {};
    if (!first || !overStream) return [...attempts];
    const message = this.makeInvite(first);
    const route = fitsDatagram(message) ? undefined : await overStream();
    if (!route) this.draft = message;
    return route ? [{ ...first, route, moved: true }, ...attempts] : [...attempts];
  }

  /** Goes on with the next attempt when this one failed for a reason that another may not have. */
  private tryElsewhere(message: IncomingResponseMessage): boolean {
    const attempt = this.attempts[0];
    if (!attempt || this.cancelWanted) return false;
    const status = message.statusCode ?? 0;
    if (isSynthetic(message) || status === 503) {
      // RFC 3263 4.3; a phone that already rang is not called a second time.
      if (this.provisionalSeen && isSynthetic(message)) return false;
      this.attempts.shift();
      // A hop that refused over a stream would refuse over UDP.
      if (!isSynthetic(message))
        this.attempts = this.attempts.filter(({ route }) => route.hop !== attempt.route.hop);
      return this.sendNextInvite();
    }
    if (status === 422) {
      const wanted = Number(message.getHeader("min-se")?.split(";", 1)[0]);
      if (!(wanted > this.sessionSeconds) || wanted > 86_400) return false;
      this.sessionSeconds = wanted;
      return this.sendNextInvite();
    }
    if (status < 300 || status >= 400) return false;
    const targets = this.redirects.next(message.getHeaders("contact"));
    if (targets.length === 0) {
      this.attempts.shift();
      return this.sendNextInvite();
    }
    this.follow(targets, message).catch((error: unknown) =>
      this.fail("transport", messageOf(error)),
    );
    return true;
  }

  private async follow(
    targets: readonly string[],
    redirect: IncomingResponseMessage,
  ): Promise<void> {
    const found: Attempt[] = [];
    for (const requestUri of targets)
      try {
        const routes = await this.call.findRoutes(requestUri, "direct");
        found.push(...routes.map((route) => ({ route, requestUri })));
      } catch (error) {
        this.settings.logger.debug({ error: messageOf(error) }, "a redirect target has no address");
      }
    if (this.phase !== "calling") return;
    const rest = this.attempts.slice(1);
    this.attempts = [...(await this.fitted(found)), ...rest];
    if (this.phase !== "calling") return;
    if (!this.cancelWanted && this.sendNextInvite()) return;
    this.emit({ type: "rejected", response: finalOf(redirect) });
    this.over();
  }

  private receiveProvisional(message: IncomingResponseMessage): void {
    this.provisionalSeen = true;
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
    // Early media (RFC 3960); the last fork that plays something is heard.
    if (sdp !== undefined && this.phase === "calling" && !this.cancelWanted) {
      const result = this.legMedia.accept(sdp);
      if (result.ok) this.earlyAnswerTag = message.toTag;
    }
    const tag = tagOf(message);
    if (tag !== undefined) this.earlyTags.add(tag);
    if (session) this.listen(session, tag);
    this.receiveProvisional(message);
  }

  /** What a fork may say before it answers: another offer, once its first answer is here. */
  private listen(session: Session, tag: string | undefined): void {
    const delegate: DialogDelegate = {
      onUpdate: (message) => {
        const { binding } = this.route ?? {};
        const agreed = this.phase === "calling" && this.earlyAnswerTag === tag;
        const refusal = agreed ? undefined : { statusCode: 491 };
        if (binding) answerUpdate(message, { binding, media: this.legMedia, refusal });
      },
    };
    session.delegate = delegate;
  }

  private receiveAccept(response: AckableIncomingResponseWithSession): void {
    const { message, session } = response;
    response.ack();
    if (this.phase !== "calling" || !this.route) {
      endUnwanted(session);
      return;
    }
    this.settings.clock.clear(this.cancelTimer);
    this.phase = "talking";
    const { binding } = this.route;
    const dialog = this.succession.begin({ binding, session, ownsCallId: true });
    dialog.keeper.learn(message);
    dialog.keeper.agreedAsClient(message);
    const crossedCancel = this.cancelWanted !== undefined;
    const usableMedia = this.acceptAnswer(message);
    if (usableMedia && !crossedCancel) this.legMedia.activate();
    const toTag = tagOf(message);
    const answer = {
      status: message.statusCode ?? 200,
      phrase: message.reasonPhrase ?? "",
      ...(toTag === undefined ? {} : { toTag }),
      usableMedia,
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
  }

  /** Somebody picked the call up elsewhere: our INVITE is withdrawn, and a late 2xx ended. */
  private answeredInstead(answer: AnswerResponse): void {
    this.phase = "talking";
    this.invite?.cancel();
    this.emit({ type: "answered", answer });
  }

  private acceptAnswer(message: IncomingResponseMessage): boolean {
    const sdp = sdpOf(message);
    if (sdp !== undefined) return this.legMedia.accept(sdp).ok;
    // The answer may have come in an 18x of the same fork (RFC 3261 13.2.1).
    return this.earlyAnswerTag !== undefined && this.earlyAnswerTag === message.toTag;
  }

  private receiveFinal(message: IncomingResponseMessage): void {
    if (this.phase !== "calling") return;
    if (this.tryElsewhere(message)) return;
    if (isSynthetic(message)) {
      const transport = message.statusCode === 503;
      const branch = this.invite?.message.branch;
      const detail = this.route?.binding.takeFailure(branch);
      if (transport) this.fail("transport", detail ?? "the transport failed");
      else this.fail("timeout", "no response to the INVITE");
      return;
    }
    this.emit({ type: "rejected", response: finalOf(message) });
    this.over();
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
    this.settings.clock.clear(this.cancelTimer);
    if (binding && this.invite) {
      binding.clearNextHop(this.invite.message.callId);
      // sip.js keeps the INVITE for another 64·T1; the call must not be kept with it.
      this.invite.delegate = afterTheCall;
    }
    this.onOver();
  }

  private emit(signal: LegSignal): void {
    if (signal.type === "dtmf" && !this.digits.isNew(signal, this.settings.clock.nowMs())) return;
    if (this.phase !== "over") this.sink?.onSignal(signal);
  }
}
