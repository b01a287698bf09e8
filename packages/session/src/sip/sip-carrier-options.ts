import { z } from "zod";
import type { CarrierProfileInput } from "../call/call-settings.js";
import type { Clock } from "../clock.js";
import { OffhookError } from "../errors.js";
import type { Logger } from "../logger.js";
import type { CallSampleRate } from "../media/call-audio.js";
import type { MediaPlane } from "../media/media-plane.js";
import type { Random } from "../random.js";
import { DIGEST_ALGORITHMS } from "./credentials/digest.js";
import type { InboundLimits } from "./credentials/inbound-guard.js";
import type { WireOpener } from "./endpoint.js";
import type { ChallengeOptions } from "./leg/inbound-offer.js";
import type { SrtpPolicy } from "./message/sdes.js";
import { callerIdSchema } from "./route/caller-id.js";
import type { Resolver } from "./route/resolver.js";
import type { TlsSettings } from "./transport/secure.js";

const trunkSchema = z.strictObject({
  /** `sip:HOST`, `sip:HOST:PORT`, `wss://HOST:PORT/PATH`; where every call is sent. */
  uri: z.string().min(1),
  transport: z.enum(["udp", "tcp", "tls", "ws", "wss"]).optional(),
  username: z.string().min(1).optional(),
  password: z.string().optional(),
  /** Caller id: E.164, a SIP user or a whole SIP URI, perhaps as `Name <…>`. */
  from: callerIdSchema.optional(),
  /** Register with the trunk, so that it sends calls to us. Needs `username`. */
  register: z
    .union([
      z.boolean(),
      z.strictObject({
        expiresSeconds: z.number().int().min(10).max(86_400).optional(),
        /** Whose calls are to come to us, where that is not `username`: a number, or a whole SIP URI. */
        user: callerIdSchema.optional(),
      }),
    ])
    .optional(),
  /**
   * Where the DNS gives the trunk several addresses (RFC 3263): how long one may leave a call
   * without any response before the next is asked, instead of 32 s. The last one has those. Default
   * 5000.
   */
  failoverMs: z.number().int().min(500).max(32_000).optional(),
  /**
   * How key presses leave: in RTP, as telephone-event or as sound, or by INFO where the trunk hears no
   * others. Default `rtp`.
   */
  digits: z.enum(["rtp", "info"]).optional(),
  /** Ask the trunk with OPTIONS this often whether it is there; see `SipCarrier.health`. */
  healthCheckMs: z.number().int().min(5_000).optional(),
});

const tlsSchema = z.strictObject({
  /** PEM: who may have signed the peer's certificate, besides whom the system trusts. */
  ca: z.union([z.string(), z.array(z.string())]).optional(),
  /** PEM: our certificate, needed for listening and where the trunk asks for one. */
  cert: z.string().optional(),
  key: z.string().optional(),
  serverName: z.string().optional(),
  requestCert: z.boolean().optional(),
  rejectUnauthorized: z.boolean().optional(),
});

const inboundSchema = z.strictObject({
  allow: z.array(z.string()).optional(),
  maxCalls: z.number().int().min(1).optional(),
  maxCallsPerSecond: z.number().int().min(1).optional(),
  credentials: z
    .strictObject({
      username: z.string().min(1),
      password: z.string().min(1),
      realm: z.string().min(1).optional(),
      algorithm: z.enum(DIGEST_ALGORITHMS).optional(),
    })
    .optional(),
});

const optionsSchema = z.strictObject({
  trunk: trunkSchema.optional(),
  listen: z.array(z.string()).optional(),
  tls: tlsSchema.optional(),
  inbound: inboundSchema.optional(),
  localAddress: z.string().min(1).optional(),
  srtp: z.enum(["off", "allowed", "required"]).optional(),
  packetMs: z.number().min(10).max(60).multipleOf(5).optional(),
  userAgent: z.string().min(1).optional(),
  sampleRate: z
    .union([z.literal(8000), z.literal(16000), z.literal(24000), z.literal(48000)])
    .optional(),
});

export interface SipTrunk extends z.input<typeof trunkSchema> {
  /** What is known of the trunk's habits; see `carrierProfileSchema`. */
  readonly profile?: CarrierProfileInput;
}

export interface InboundSettings extends InboundLimits {
  /**
   * What every caller has to prove by digest before anything else is looked at; whoever cannot is
   * asked again with 401 and learns no more. Default realm `offhook`, default algorithm MD5.
   */
  readonly credentials?: Omit<ChallengeOptions, "qop" | "status">;
}

export interface SipCarrierOptions {
  /** Where calls go. Without one, only `sip:` destinations can be dialled. */
  readonly trunk?: SipTrunk;
  /** `udp:127.0.0.1:0`, `tcp:[::1]:5060`; port 0 takes a free one. */
  readonly listen?: readonly string[];
  /** Who may call us, and how much at once. Default: everybody, without limit. */
  readonly inbound?: InboundSettings;
  /** For `tls` and `wss`; version 1.2 at least. */
  readonly tls?: z.input<typeof tlsSchema>;
  /** Default: one media thread of its own. Closed together with the carrier. */
  readonly mediaPlane?: MediaPlane;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
  /** The host that peers are told in Via, Contact and SDP, where it is not what a socket says. */
  readonly localAddress?: string;
  readonly userAgent?: string;
  /**
   * Encrypted speech, with keys in SDP (SRTP by SDES, RFC 4568). `allowed`: calls offer keys within
   * RTP/AVP and go on without them where the peer has none; RTP/SAVP is answered. `required`: calls
   * offer RTP/SAVP, and whatever cannot be encrypted is refused with 488. Keys are as secret as the
   * signalling that carries them: use it with TLS. Default `off`.
   */
  readonly srtp?: SrtpPolicy;
  /**
   * How long the packets are that we ask for, and that we send where the peer asks for no other
   * length: 10 to 60, in steps of 5. Opus knows 10, 20, 40 and 60 only. Default 20.
   */
  readonly packetMs?: number;
  /** What agents read and write. Default 8000, the telephone's own rate. */
  readonly sampleRate?: CallSampleRate;
  readonly resolver?: Resolver;
  /** Instead of sockets: a network of your own making, for tests of loss and delay. */
  readonly openWire?: WireOpener;
}

/** @throws INVALID_OPTION */
export function parseOptions(options: SipCarrierOptions): z.infer<typeof optionsSchema> {
  const { mediaPlane: _plane, clock: _clock, random: _random, ...rest } = options;
  const { logger: _logger, resolver: _resolver, openWire: _openWire, ...plain } = rest;
  const { profile: _profile, ...trunk } = plain.trunk ?? {};
  const result = optionsSchema.safeParse({ ...plain, ...(plain.trunk ? { trunk } : {}) });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new OffhookError(
    "INVALID_OPTION",
    `SIP carrier option ${issue?.path.join(".") || "(all)"}: ${issue?.message ?? "invalid"}.`,
    { remedy: "See the options of createSipCarrier." },
  );
}

/** zod says `undefined` where our own types say absent. */
export function withoutUndefined(tls: z.infer<typeof tlsSchema>): TlsSettings {
  return Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
}
