import type { IncomingInviteRequest } from "sip.js/lib/core/index.js";
import { messageOf } from "../errors.js";
import type { LiveSet } from "../live-set.js";
import type { Binding } from "./binding.js";
import type { Arrival } from "./core/receiver.js";
import type { InboundGuard, Refusal } from "./credentials/inbound-guard.js";
import type { NonceBook } from "./credentials/nonce-book.js";
import { SipInboundLeg } from "./leg/inbound-leg.js";
import { type ChallengeOptions, makeOffer, type SipInboundOffer } from "./leg/inbound-offer.js";
import { whyUnanswerable } from "./leg/leg-media.js";
import type { LegSettings } from "./leg/leg-settings.js";
import type { SipOutboundLeg } from "./leg/outbound-leg.js";
import { refuseInvite } from "./leg/refuse-invite.js";
import { findReplaced } from "./leg/replacing.js";
import { tooBrief } from "./leg/session-keeper.js";
import { sdpIn } from "./message/sipjs-message.js";

export interface InboundCallsOptions {
  readonly settings: LegSettings;
  readonly guard: InboundGuard;
  readonly nonces: NonceBook;
  readonly credentials: Omit<ChallengeOptions, "qop" | "status"> | undefined;
  /** Every leg of the carrier: a Replaces may name any of them. */
  readonly legs: LiveSet<SipInboundLeg | SipOutboundLeg>;
}

export type OfferReceiver = (offer: SipInboundOffer) => void;

/** When a caller that we cannot take now may try again. */
const RETRY_LATER = { status: 503, headers: { "Retry-After": "10" } };

/** What becomes of the INVITEs that reach a carrier, up to the point where somebody takes the call. */
export class InboundCalls {
  private readonly options: InboundCallsOptions;
  private receiver: OfferReceiver | undefined;
  /** There was a receiver; there is none now because we are leaving. */
  private leaving = false;
  private callsUp = 0;

  constructor(options: InboundCallsOptions) {
    this.options = options;
  }

  /** Returns how to stop. */
  receive(wanted: OfferReceiver): () => void {
    this.receiver = wanted;
    this.leaving = false;
    return () => {
      if (this.receiver === wanted) this.stop();
    };
  }

  /** Takes no more calls. */
  stop(): void {
    this.receiver = undefined;
    this.leaving = true;
  }

  /**
   * Why no call can be taken now. Whoever is leaving or has more than enough says so: a proxy takes
   * calls elsewhere (RFC 3261 21.5.4).
   */
  get refusal(): Required<Refusal> | undefined {
    const isLeaving = this.leaving && !this.receiver;
    return isLeaving || this.options.settings.mediaPlane.overloaded ? RETRY_LATER : undefined;
  }

  take(binding: Binding, request: IncomingInviteRequest, arrival: Arrival): void {
    const { settings, nonces, guard, credentials } = this.options;
    const { message } = request;
    const made = makeOffer({
      request,
      arrival,
      random: settings.random,
      nonces,
      accept: (sink) =>
        this.accept(
          binding,
          request,
          arrival,
          (onOver) => new SipInboundLeg(settings, binding, request, sink, onOver),
        ),
    });
    if (credentials && !made.offer.challenge({ ...credentials, status: 401 })) return;
    const brief = tooBrief(message);
    if (brief) return void request.reject({ statusCode: 422, extraHeaders: brief });
    const offer = sdpIn(message);
    const { codecs } = settings.mediaPlane;
    const why = offer && whyUnanswerable(offer, codecs, settings.srtp);
    if (why) return refuseInvite(request, 488, { headers: { Warning: `399 offhook "${why}"` } });
    if (message.hasHeader("replaces")) return this.replace(binding, request, arrival);
    const refusal = guard.refusal(this.callsUp);
    if (refusal)
      return refuseInvite(
        request,
        refusal.status,
        refusal.headers ? { headers: refusal.headers } : {},
      );
    const { refusal: ours } = this;
    if (ours) return made.offer.refuse(ours.status, ours);
    if (!this.receiver) return made.offer.refuse(480);
    try {
      this.receiver(made.offer);
    } catch (error) {
      settings.logger.error({ error: messageOf(error) }, "the receiver of calls threw");
    }
    if (made.isOpen()) made.offer.refuse(500);
  }

  /** A call that goes on with somebody else is no new one: neither limits nor receivers are asked. */
  private replace(binding: Binding, request: IncomingInviteRequest, arrival: Arrival): void {
    const { settings, legs } = this.options;
    const values = request.message.getHeaders("replaces");
    const found = findReplaced(values, legs, settings.endedDialogs);
    if ("refusal" in found) return refuseInvite(request, found.refusal);
    const taken = found.replace((sink, media, onOver) => {
      const leg = this.accept(
        binding,
        request,
        arrival,
        (over) =>
          new SipInboundLeg(
            settings,
            binding,
            request,
            sink,
            () => {
              over();
              onOver();
            },
            media,
          ),
      );
      leg.answer();
      return leg;
    });
    if (!taken) refuseInvite(request, 491);
  }

  private accept(
    binding: Binding,
    request: IncomingInviteRequest,
    arrival: Arrival,
    make: (onOver: () => void) => SipInboundLeg,
  ): SipInboundLeg {
    const { legs } = this.options;
    const { callId } = request.message;
    binding.meet(callId, arrival.from);
    const leg = make(() => {
      binding.clearNextHop(callId);
      forget();
      this.callsUp -= 1;
    });
    const forget = legs.add(leg);
    this.callsUp += 1;
    return leg;
  }
}
