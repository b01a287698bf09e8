import type { CarrierProfileInput } from "./call/call-settings.js";
import type { Clock } from "./clock.js";
import type { MediaLeg } from "./media/call-audio.js";
import type { LegSignal } from "./vocabulary.js";

/**
 * Whatever can place and offer calls: a SIP endpoint, the simulated carrier, a web room.
 * A session knows only this; it never sees SIP.
 */
export interface Carrier {
  /** The clock all calls over this carrier live by. */
  readonly clock: Clock;
  /** Thresholds of this trunk; see `carrierProfileSchema`. */
  readonly profile?: CarrierProfileInput;
  /** Whether the trunk is there; absent where nobody looks. */
  readonly health?: CarrierHealth | undefined;
  /**
   * Parses a destination. Throws INVALID_DESTINATION, whose remedy says what would be right.
   * Nothing is sent.
   */
  parseDestination(to: string): Destination;
  /** Starts an outbound leg. Never throws for what the network does: that comes as signals. */
  placeCall(request: PlaceCallRequest, sink: LegSink): OutboundLeg;
  /**
   * At most one receiver at a time. A call that nobody receives is answered 480; after the receiver
   * stopped 503 with Retry-After, so that it is taken elsewhere.
   */
  receiveCalls(receiver: (offer: InboundOffer) => void): () => void;
  /** Ends what is left of every leg, closes sockets and threads. Idempotent. */
  close(): Promise<void>;
}

/** How a trunk was at the last look. `unknown` until the first check is over. */
export interface TrunkState {
  readonly status: "unknown" | "up" | "down";
  /** Why it is down, in words without addresses. */
  readonly detail?: string;
  /** How long the last answer took. */
  readonly roundTripMs?: number;
}

export interface CarrierHealth {
  readonly state: TrunkState;
  /** Calls back whenever the trunk went down or came up. A listener must not throw. */
  onChange(listener: (state: TrunkState) => void): () => void;
}

/** A destination that was found valid. */
export interface Destination {
  /** Canonical: E.164 with its plus, a SIP URI, or the name of a room. Private data. */
  readonly address: string;
  readonly kind: "e164" | "sip" | "room";
}

export interface PlaceCallRequest {
  readonly callId: string;
  readonly destination: Destination;
  /** Caller id, E.164 or SIP user; the trunk's own when absent. */
  readonly from?: string;
  /** Extra headers for the INVITE, by name. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Takes what a leg has to tell, synchronously and in order. */
export interface LegSink {
  onSignal(signal: LegSignal): void;
  /** RTP missing for this long is told as `audio_lost`. Default: what the carrier says of its trunk. */
  readonly rtpLostMs?: number;
}

interface Leg {
  /** The Call-ID on the wire, for matching with the carrier's own records. */
  readonly wireCallId: string | undefined;
  readonly media: MediaLeg;
  /** Ends an answered leg with BYE. Idempotent; a leg that is already over ignores it. */
  bye(reason?: ReasonToSend): void;
  /**
   * Asks the far side to call somebody else instead (REFER, RFC 3515). `target` is a SIP URI or
   * E.164; with `replaces` the far side takes over that leg's dialog (RFC 3891). How it goes comes as
   * `transfer` signals. Absent where a leg cannot transfer.
   */
  refer?(target: string, options?: { readonly replaces?: OutboundLeg }): void;
  /**
   * Does what a `transfer_request` of this leg asks for: calls its target and, once that answers,
   * goes on with it (`far_side_changed`); the far side is told of each step, as is `transfer_followed`.
   * Fails as `transfer_followed` too, and the leg goes on as it was. Absent where a leg cannot.
   */
  acceptTransfer?(requestId: string): void;
  /** Refuses a `transfer_request` with a final response of 300 to 699. */
  refuseTransfer?(requestId: string, status: number): void;
  /** Puts the far side on hold or takes it off (re-INVITE); `held` follows. Absent where a leg cannot. */
  hold?(held: boolean): void;
  /** Lets go of everything the leg holds. Nothing is signalled afterwards. Idempotent. */
  release(): void;
}

export interface OutboundLeg extends Leg {
  /** CANCEL, held back until a provisional came (RFC 3261 9.1). The final response still follows. */
  cancel(reason?: ReasonToSend): void;
}

export interface InboundLeg extends Leg {
  /** 180, or 183 with SDP when `earlyMedia`. */
  ring(options?: RingOptions): void;
  /** 200 with SDP; `answered` follows when the ACK came. */
  answer(): void;
  /** A final response of 300 to 699, with `Contact` targets for a 3xx. */
  reject(status: number, options?: RejectOptions): void;
}

export interface RingOptions {
  readonly earlyMedia?: boolean;
  /** Another 18x than 180 or 183. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RejectOptions {
  readonly phrase?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly contacts?: readonly string[];
  readonly reason?: ReasonToSend;
}

/** A `Reason` header to send (RFC 3326). */
export interface ReasonToSend {
  readonly protocol: "Q.850" | "SIP";
  readonly cause: number;
  readonly text?: string;
}

/** Who calls, by every header that may say so. Private data. */
export interface CallerIdentity {
  readonly displayName?: string;
  /** P-Asserted-Identity (RFC 3325): what a network that we trust vouches for. */
  readonly asserted: readonly string[];
  /** Remote-Party-ID, the older way. */
  readonly remoteParty?: string;
  /** The caller asks not to be shown (RFC 3323). */
  readonly private: boolean;
  /** Who was called first: Diversion (RFC 5806) and History-Info (RFC 7044), as sent. */
  readonly diversion: readonly string[];
  readonly historyInfo: readonly string[];
}

/** A call that is being offered to us. Exactly one of `accept` and `refuse` is called, at once. */
export interface InboundOffer {
  readonly from: string;
  readonly to: string;
  /** `X-` headers of the INVITE, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Absent where a carrier knows no more than `from`. */
  readonly identity?: CallerIdentity;
  accept(sink: LegSink): InboundLeg;
  refuse(status: number, options?: RejectOptions): void;
}
