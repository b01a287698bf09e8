import type { IncomingRequestMessage } from "sip.js/lib/core/index.js";
import type { Binding } from "../binding.js";
import { sdpOf } from "../message/evidence.js";
import type { Negotiation } from "../message/sdp.js";
import { sdpIn } from "../message/sipjs-message.js";
import type { LegMedia } from "./leg-media.js";
import { answerUpdate } from "./renegotiation.js";

export interface EarlyAgreementOptions {
  readonly invite: IncomingRequestMessage;
  readonly binding: Binding;
  readonly media: LegMedia;
}

/** What a PRACK gets, and whether the call can go on. */
type PrackVerdict =
  | { readonly ok: true; readonly sdp?: string }
  | { readonly ok: false; readonly reason: string };

/** Seconds; of the ten that RFC 3311 5.2 allows. */
const RETRY_AFTER = ["Retry-After: 5"];

/**
 * The offers and answers of a call to us before it is answered: in the INVITE, in provisional
 * responses and their PRACKs, and in UPDATE (RFC 3262 5, RFC 3311 5, RFC 6337 2).
 */
export class EarlyAgreement {
  private readonly options: EarlyAgreementOptions;
  /** To the offer in the INVITE, once one was made. */
  private answer: Extract<Negotiation, { readonly ok: true }> | undefined;
  /** `offered`: a reliable response of ours made the offer. `settled`: both sides have both. */
  private state: "open" | "offered" | "settled" = "open";
  /** Another offer came after the first was settled: its answer no longer holds. */
  private superseded = false;

  constructor(options: EarlyAgreementOptions) {
    this.options = options;
  }

  /** The INVITE came with an offer. */
  get wasOffered(): boolean {
    return sdpOf(this.options.invite) !== undefined;
  }

  get isSettled(): boolean {
    return this.state === "settled";
  }

  /** The answer to the INVITE's offer; the same one each time (RFC 3261 13.3.1.4). */
  makeAnswer(): Negotiation | undefined {
    const offer = sdpIn(this.options.invite);
    if (offer === undefined) return undefined;
    const result = this.answer ?? this.options.media.answer(offer);
    if (result.ok) this.answer = result;
    return result;
  }

  /** What the first reliable response to an INVITE without offer has to carry (RFC 3262 5). */
  firstOffer(): string | undefined {
    if (this.wasOffered || this.state !== "open") return undefined;
    this.state = "offered";
    return this.options.media.offer();
  }

  /** What the 2xx carries; undefined where all was said before (RFC 6337 2.2). */
  finalSdp(): Negotiation | { readonly ok: true; readonly sdp: string | undefined } {
    if (this.isSettled && (this.superseded || !this.wasOffered))
      return { ok: true, sdp: undefined };
    return this.makeAnswer() ?? { ok: true, sdp: this.options.media.offer() };
  }

  /** A PRACK of a response that carried our answer, or did not. */
  receivePrack(prack: IncomingRequestMessage, carriedAnswer: boolean): PrackVerdict {
    const { media } = this.options;
    const sdp = sdpOf(prack);
    if (this.state === "offered") {
      // Whoever keeps the answer back gets the offer again with the 200.
      if (sdp === undefined) return { ok: true };
      const result = media.accept(sdp);
      if (!result.ok) return result;
      this.state = "settled";
      return { ok: true };
    }
    if (carriedAnswer) this.state = "settled";
    // An offer may come here only once the INVITE's was answered.
    if (sdp === undefined || !this.isSettled) return { ok: true };
    const result = media.answer(sdp);
    if (result.ok) this.superseded = true;
    return result;
  }

  receiveUpdate(update: IncomingRequestMessage): void {
    const { binding, media } = this.options;
    const refusal = {
      open: { statusCode: 500, extraHeaders: RETRY_AFTER },
      offered: { statusCode: 491 },
      settled: undefined,
    }[this.state];
    if (answerUpdate(update, { binding, media, refusal })) this.superseded = true;
  }
}
