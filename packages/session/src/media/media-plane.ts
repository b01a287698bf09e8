import type { HeardFrame, LegSignal } from "../vocabulary.js";
import type { CallSampleRate, MediaLeg } from "./call-audio.js";

/** The signals that come from RTP rather than from SIP. */
export type MediaSignal = Extract<
  LegSignal,
  {
    readonly type:
      | "audio_started"
      | "audio_lost"
      | "audio_resumed"
      | "audio_undelivered"
      | "audio_delivered"
      | "dtmf"
      | "media_failed";
  }
>;

export type MediaDirection = "sendrecv" | "sendonly" | "recvonly" | "inactive";

/** Where digits are looked for in what the peer sounds like: where it has no other way, everywhere, nowhere. */
export type DigitsInSound = "needed" | "always" | "never";

/** One codec as SDP names it (RFC 8866 rtpmap). */
export interface CodecOffer {
  /** Encoding name in upper case: `PCMU`, `PCMA`, `G722`, `OPUS`, `TELEPHONE-EVENT`, `CN`. */
  readonly name: string;
  readonly payloadType: number;
  /** The RTP clock rate; 8000 for G.722 too (RFC 3551 4.5.2). */
  readonly clockRate: number;
  readonly channels?: number;
  readonly fmtp?: string;
}

/** What offer and answer agreed on, from our side. */
export interface AgreedMedia {
  readonly remote: { readonly address: string; readonly port: number };
  readonly direction: MediaDirection;
  /** The codec we send, under the payload type the peer asked for. */
  readonly send: CodecOffer;
  /** Everything the peer may send, under the payload types we asked for. */
  readonly receive: readonly CodecOffer[];
  /** Set when the peer takes RFC 4733 digits, with the payload type it asked for. */
  readonly sendTelephoneEvent?: CodecOffer;
  /** Set when both sides want comfort noise in place of silence (RFC 3389), with the peer's payload type. */
  readonly sendComfortNoise?: CodecOffer;
  readonly packetMs: number;
  /** Where the peer takes RTCP (RFC 3605); the port above RTP when absent. */
  readonly rtcp?: { readonly address: string; readonly port: number };
  /** SDES keys (RFC 4568), master key and salt in one, set when SRTP was agreed. */
  readonly srtp?: {
    readonly suite: "AES_CM_128_HMAC_SHA1_80" | "AEAD_AES_128_GCM";
    readonly sendKey: Uint8Array;
    readonly receiveKey: Uint8Array;
    /** What the peer writes into its packets to say which of its keys it uses (MKI, RFC 3711 3.1). */
    readonly receiveMki?: Uint8Array;
  };
}

export interface OpenMediaOptions {
  readonly callId: string;
  /** The address that goes into our SDP. */
  readonly localAddress: string;
  /** What the agent reads and writes; converted to and from the codec's own rate. */
  readonly sampleRate: CallSampleRate;
  readonly rtpLostMs: number;
  /** Where the peer's packets will come from, if it has said so and there is no NAT to doubt it. */
  readonly remote?: AgreedMedia["remote"] | undefined;
  readonly onSignal: (signal: MediaSignal) => void;
}

/** One leg's end of the media plane. Created at once; the socket may take a moment. */
export interface MediaPort extends MediaLeg {
  /** The address and port for our SDP. Rejects with MEDIA_FAILED. */
  readonly local: Promise<{ readonly address: string; readonly port: number }>;
  /**
   * Our offer is about to leave: the peer may speak in any of `receive` before its answer is here
   * (RFC 3264 5.1). Not called where the offer has keys. What comes without it is kept for about a
   * second and heard after `connect`.
   */
  expect?(receive: readonly CodecOffer[]): void;
  /** Starts sending and receiving, or changes what was agreed (re-INVITE). */
  connect(agreed: AgreedMedia): void;
  /** Frames heard from now on are `active` rather than `early`, and times count from the call's own zero. */
  setPhase(phase: HeardFrame["phase"]): void;
  /** Stops the RTP clock, frees the port, settles every pending `mark` and `write`. Idempotent. */
  close(): void;
}

/** Owns the RTP sockets, the RTP clock and the codecs of many legs. */
export interface MediaPlane {
  /** What we can speak, best first, with the payload types we would offer. */
  readonly codecs: readonly CodecOffer[];
  open(options: OpenMediaOptions): MediaPort;
  /** No room for one more call: `open` would fail. Absent where a plane has no such limit. */
  readonly overloaded?: boolean;
  /** Closes every port and thread. Idempotent. */
  close(): Promise<void>;
}
