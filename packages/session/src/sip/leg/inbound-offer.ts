import {
  type IncomingInviteRequest,
  type IncomingRequestMessage,
  UserAgentServer,
} from "sip.js/lib/core/index.js";
import type {
  CallerIdentity,
  InboundLeg,
  InboundOffer,
  LegSink,
  RejectOptions,
} from "../../carrier.js";
import type { Random } from "../../random.js";
import type { Arrival } from "../core/receiver.js";
import { setToTag } from "../core/sipjs-patches.js";
import { CONTACT_USER } from "../core/user-agent-core.js";
import {
  type DigestAlgorithm,
  type DigestChallenge,
  formatChallenge,
} from "../credentials/digest.js";
import type { NonceBook } from "../credentials/nonce-book.js";
import { identityOf } from "../message/identity.js";
import { customHeadersOf } from "../message/sipjs-message.js";
import { subscriberOf } from "../message/subscriber.js";
import { refuseInvite } from "./refuse-invite.js";

export interface ChallengeOptions {
  readonly username: string;
  readonly password: string;
  /** Default `offhook`. */
  readonly realm?: string;
  /** Default MD5, which every caller knows. */
  readonly algorithm?: DigestAlgorithm;
  readonly qop?: "auth" | "auth-int";
  /** 407 as a proxy asks (the default), or 401 as a callee does. */
  readonly status?: 401 | 407;
}

/** An offer as SIP makes it: the caller can be asked for a password, or left without any answer. */
export interface SipInboundOffer extends InboundOffer {
  readonly identity: CallerIdentity;
  /**
   * True when the INVITE proves the password: the offer is still open then. False when it does not:
   * it was challenged and is closed.
   */
  challenge(options: ChallengeOptions): boolean;
  /** Never answers, not even with 100. The offer is closed. */
  ignore(): void;
}

export interface OfferOptions {
  readonly request: IncomingInviteRequest;
  readonly arrival: Arrival;
  readonly random: Random;
  readonly nonces: NonceBook;
  readonly accept: (sink: LegSink) => InboundLeg;
}

/** Wraps an INVITE for whoever receives calls. `isOpen` tells whether it was decided on. */
export function makeOffer(options: OfferOptions): { offer: SipInboundOffer; isOpen(): boolean } {
  const { request, arrival, random, nonces } = options;
  const { message } = request;
  let open = true;
  const close = () => {
    if (!open) return false;
    open = false;
    return true;
  };
  const offer: SipInboundOffer = {
    from: addressOf(message.from.uri.user, message.from.uri.toString()),
    to: calledAddress(arrival, message),
    headers: customHeadersOf(message),
    identity: identityOf(message),
    accept(sink) {
      close();
      return options.accept(sink);
    },
    refuse(status: number, refusal?: RejectOptions) {
      if (!close()) return;
      if (request instanceof UserAgentServer) setToTag(request, random.hex(8));
      refuseInvite(request, status, refusal);
    },
    challenge(wanted) {
      if (!open) return false;
      const status = wanted.status ?? 407;
      const [given, asked] =
        status === 407
          ? (["proxy-authorization", "Proxy-Authenticate"] as const)
          : (["authorization", "WWW-Authenticate"] as const);
      const check = nonces.check(message.getHeaders(given), wanted, {
        method: "INVITE",
        body: message.body ?? "",
      });
      if (check === "accepted") return true;
      const challenge: DigestChallenge = nonces.issue(wanted, check === "stale");
      offer.refuse(status, { headers: { [asked]: formatChallenge(challenge) } });
      return false;
    },
    ignore() {
      close();
    },
  };
  return { offer, isOpen: () => open };
}

/** Who is called; a registrar writes our own Contact into the Request-URI, and To says whom it meant. */
function calledAddress(arrival: Arrival, message: IncomingRequestMessage): string {
  const { requestUri } = arrival;
  if (requestUri.user !== undefined && requestUri.user !== CONTACT_USER)
    return addressOf(requestUri.user, requestUri.text);
  return addressOf(message.to.uri.user, message.to.uri.toString());
}

/** The user where there is one, else the whole URI. */
function addressOf(user: string | undefined, uri: string): string {
  return user ? subscriberOf(user) : uri;
}
