import type {
  IncomingInviteRequest,
  IncomingRequestMessage,
  IncomingResponseMessage,
  OutgoingInviteRequest,
  Session,
} from "sip.js/lib/core/index.js";
import type { TimerHandle } from "../../clock.js";
import type { LegSignal } from "../../vocabulary.js";
import type { Binding } from "../binding.js";
import { ackOptions } from "../core/own-request.js";
import { refreshTarget } from "../core/sipjs-patches.js";
import { isSynthetic, sdpOf } from "../message/evidence.js";
import type { LegMedia } from "./leg-media.js";
import type { LegSettings } from "./leg-settings.js";
import { type SessionKeeper, tooBrief } from "./session-keeper.js";

export interface RenegotiationOptions {
  readonly settings: LegSettings;
  readonly binding: Binding;
  readonly session: Session;
  readonly media: LegMedia;
  readonly keeper: SessionKeeper;
  readonly emit: (signal: LegSignal) => void;
  readonly onLost: (detail: string) => void;
  /** We made the call: decides who waits longer after glare (RFC 3261 14.1). */
  readonly ownsCallId: boolean;
}

/**
 * The offers and answers of one dialog after the first ones: re-INVITE (RFC 3261 14) and UPDATE
 * (RFC 3311), from either side. One offer at a time; who meets another's waits and asks again.
 */
export class Renegotiation {
  private readonly options: RenegotiationOptions;
  /** Our offer is on its way, in a re-INVITE or in the 200 to an empty one, and has no answer yet. */
  private offering: "reinvite" | "response" | undefined;
  private wantsHold = false;
  private saidHeld = false;
  private glareTimer: TimerHandle | undefined;
  private stopped = false;

  constructor(options: RenegotiationOptions) {
    this.options = options;
  }

  /** We have the peer on hold, and it agreed. */
  get holds(): boolean {
    return this.saidHeld;
  }

  stop(): void {
    this.stopped = true;
    this.options.settings.clock.clear(this.glareTimer);
  }

  /** Puts the peer on hold, or takes it back (RFC 3264 8.4). */
  hold(held: boolean): void {
    if (this.stopped || held === this.wantsHold) return;
    this.want(held);
    this.reinvite();
  }

  reinvite(): void {
    const { session, media, binding, keeper } = this.options;
    if (this.stopped) return;
    if (this.offering) return this.retryAfterGlare();
    const held = this.wantsHold;
    try {
      const invite: OutgoingInviteRequest = session.invite(
        {
          onAccept: ({ message, ack }) => {
            refreshTarget(session, message);
            ack(ackOptions(invite.message));
            this.accepted(message, held);
          },
          onReject: ({ message }) => this.rejected(message, held),
        },
        {
          body: sdpBody(media.offer()),
          extraHeaders: [contactOf(binding), ...keeper.requestHeaders],
        },
      );
      this.offering = "reinvite";
    } catch {
      // Another re-INVITE is still under way (RFC 3261 14.1).
      this.retryAfterGlare();
    }
  }

  receiveReinvite(request: IncomingInviteRequest): void {
    const { media, binding, keeper } = this.options;
    const { message } = request;
    const offer = sdpOf(message);
    const brief = tooBrief(message);
    if (brief) return void request.reject({ statusCode: 422, extraHeaders: brief });
    keeper.learn(message);
    const result = offer === undefined ? undefined : media.answer(offer);
    if (result && !result.ok) {
      request.reject({ statusCode: 488 });
      return;
    }
    if (!result) this.offering = "response";
    request.accept({
      statusCode: 200,
      body: sdpBody(result ? result.sdp : media.offer()),
      extraHeaders: [contactOf(binding), ...keeper.agreeAsServer(message)],
    });
  }

  receiveAck(message: IncomingRequestMessage): void {
    if (this.offering !== "response") return;
    this.offering = undefined;
    const answer = sdpOf(message);
    if (answer !== undefined) this.options.media.accept(answer);
  }

  receiveUpdate(message: IncomingRequestMessage): void {
    const { media, binding, keeper } = this.options;
    const brief = tooBrief(message);
    if (brief) {
      binding.core.replyStateless(message, { statusCode: 422, extraHeaders: brief });
      return;
    }
    answerUpdate(message, {
      binding,
      media,
      refusal: this.offering ? { statusCode: 491 } : undefined,
      headers: () => keeper.agreeAsServer(message),
    });
  }

  private accepted(message: IncomingResponseMessage, held: boolean): void {
    const { media, keeper, emit, onLost } = this.options;
    this.offering = undefined;
    const answer = sdpOf(message);
    const result = answer === undefined ? undefined : media.accept(answer);
    // The peer has changed over already (RFC 3261 13.2.2.4).
    if (result && !result.ok) return onLost(`a re-INVITE was answered in vain: ${result.reason}`);
    keeper.learn(message);
    keeper.agreedAsClient(message);
    if (held === this.saidHeld) return;
    this.saidHeld = held;
    emit({ type: "held", by: "us", held });
  }

  private rejected(message: IncomingResponseMessage, held: boolean): void {
    const { onLost } = this.options;
    this.offering = undefined;
    const status = message.statusCode ?? 0;
    if (isSynthetic(message)) onLost("a re-INVITE was not answered");
    else if (status === 491) this.retryAfterGlare();
    else if (status === 422 && this.options.keeper.lengthen(message)) this.reinvite();
    else if (status === 481 || status === 408) onLost(`a re-INVITE was answered ${status}`);
    // Refused: what was agreed before stays (RFC 3261 14.1), and may be asked for again.
    else if (held === this.wantsHold) this.want(this.saidHeld);
  }

  private want(held: boolean): void {
    this.wantsHold = held;
    this.options.media.want(held ? "sendonly" : "sendrecv");
  }

  /** RFC 3261 14.1: 2.1 to 4 s where we own the Call-ID, up to 2 s where the peer does. */
  private retryAfterGlare(): void {
    const { settings, ownsCallId } = this.options;
    const { clock, random } = settings;
    clock.clear(this.glareTimer);
    const unit = random.unit();
    const delayMs = ownsCallId ? 2_100 + unit * 1_900 : unit * 2_000;
    this.glareTimer = clock.setTimeout(() => this.reinvite(), Math.round(delayMs / 10) * 10);
  }
}

export interface UpdateOptions {
  readonly binding: Binding;
  readonly media: LegMedia;
  /** How an offer is put off; undefined where it may be answered. */
  readonly refusal: { readonly statusCode: number; readonly extraHeaders?: string[] } | undefined;
  /** For the 200. */
  readonly headers?: () => string[];
}

/** Answers an UPDATE (RFC 3311 5.2), with or without an offer; true when it made one that holds now. */
export function answerUpdate(message: IncomingRequestMessage, options: UpdateOptions): boolean {
  const { binding, media, refusal, headers } = options;
  const offer = sdpOf(message);
  if (offer !== undefined && refusal) {
    binding.core.replyStateless(message, refusal);
    return false;
  }
  const result = offer === undefined ? undefined : media.answer(offer);
  if (result && !result.ok) {
    binding.core.replyStateless(message, { statusCode: 488 });
    return false;
  }
  binding.core.replyStateless(message, {
    statusCode: 200,
    extraHeaders: [contactOf(binding), ...(headers?.() ?? [])],
    ...(result ? { body: sdpBody(result.sdp) } : {}),
  });
  return result !== undefined;
}

export function sdpBody(content: string): {
  contentDisposition: string;
  contentType: string;
  content: string;
} {
  return { contentDisposition: "session", contentType: "application/sdp", content };
}

export function contactOf(binding: Binding): string {
  return `Contact: ${binding.core.configuration.contact.toString()}`;
}
