import { isIPv6 } from "node:net";
import { z } from "zod";
import { type CarrierProfileInput, DEFAULT_LIMITS } from "../call/call-settings.js";
import type { Carrier, InboundOffer, PlaceCallRequest } from "../carrier.js";
import { type Clock, systemClock } from "../clock.js";
import { messageOf, OffhookError } from "../errors.js";
import { type Logger, silentLogger } from "../logger.js";
import type { CallSampleRate } from "../media/call-audio.js";
import { createMediaPlane } from "../media/create-media-plane.js";
import type { MediaPlane } from "../media/media-plane.js";
import { type Random, systemRandom } from "../random.js";
import { parseDestination } from "./destination.js";
import { DIGEST_ALGORITHMS } from "./digest.js";
import {
  Endpoint,
  type ListenAddress,
  parseListen,
  parseTrunkUri,
  protocolOf,
  type WireOpener,
} from "./endpoint.js";
import { sdpOf } from "./evidence.js";
import { parseUri } from "./header-value.js";
import { InboundGuard, type InboundLimits } from "./inbound-guard.js";
import { headerLine, refuseInvite, SipInboundLeg } from "./inbound-leg.js";
import { type ChallengeOptions, makeOffer, type SipInboundOffer } from "./inbound-offer.js";
import { couldAnswer } from "./leg-media.js";
import type { LegSettings } from "./leg-settings.js";
import { NonceBook } from "./nonce-book.js";
import { type PingResult, pingTrunk } from "./options-ping.js";
import { routeFailure, SipOutboundLeg } from "./outbound-leg.js";
import { Registration } from "./registration.js";
import type { Resolver } from "./resolver.js";
import type { SrtpPolicy } from "./sdes.js";
import { tooBrief } from "./session-keeper.js";
import { srvResolver } from "./srv-resolver.js";
import { systemDns } from "./system-dns.js";
import type { TlsSettings } from "./transport/stream.js";
import { formatHost, type TransportProtocol } from "./transport/wire.js";
import { TrunkHealth } from "./trunk-health.js";

const trunkSchema = z.strictObject({
  /** `sip:HOST`, `sip:HOST:PORT`; where every call is sent. */
  uri: z.string().min(1),
  transport: z.enum(["udp", "tcp", "tls", "ws", "wss"]).optional(),
  username: z.string().min(1).optional(),
  password: z.string().optional(),
  /** Caller id: E.164, a SIP user or a whole SIP URI. */
  from: z.string().min(1).optional(),
  /** Register with the trunk, so that it sends calls to us. Needs `username`. */
  register: z
    .union([
      z.boolean(),
      z.strictObject({ expiresSeconds: z.number().int().min(10).max(86_400).optional() }),
    ])
    .optional(),
  /** Ask the trunk with OPTIONS this often whether it is there; see `SipCarrier.health`. */
  healthCheckMs: z.number().int().min(5_000).optional(),
});

const DEFAULT_REGISTRATION_SECONDS = 300;

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
  /** What agents read and write. Default 8000, the telephone's own rate. */
  readonly sampleRate?: CallSampleRate;
  readonly resolver?: Resolver;
  /** Instead of sockets: a network of your own making, for tests of loss and delay. */
  readonly openWire?: WireOpener;
}

/** A SIP endpoint as a carrier. */
export interface SipCarrier extends Carrier {
  receiveCalls(receiver: (offer: SipInboundOffer) => void): () => void;
  /** Settles once all `listen` addresses are bound. @throws ADDRESS_IN_USE, TRANSPORT_FAILED */
  ready(): Promise<{ readonly addresses: readonly ListenAddress[] }>;
  /**
   * Asks the trunk with OPTIONS whether it is there, with our credentials where it wants them.
   * @throws WRONG_STATE without a trunk, ADDRESS_UNRESOLVED, ADDRESS_IN_USE, TRANSPORT_FAILED
   */
  ping(): Promise<PingResult>;
  /** How the registration stands; undefined without `trunk.register`. */
  readonly registration: Pick<Registration, "state" | "registered"> | undefined;
  /** Whether the trunk was there at the last look; undefined without `trunk.healthCheckMs`. */
  readonly health: Pick<TrunkHealth, "state" | "onChange"> | undefined;
}

/**
 * Places and receives calls over SIP (RFC 3261) through `trunk` and on `listen`.
 * @throws INVALID_OPTION
 */
export function createSipCarrier(options: SipCarrierOptions): SipCarrier {
  const { clock = systemClock(), random = systemRandom() } = options;
  const { logger = silentLogger, resolver = srvResolver(systemDns(), random) } = options;
  const parsed = parseOptions(options);
  const mediaPlane = options.mediaPlane ?? defaultMediaPlane(parsed.localAddress, logger);
  const profile = options.trunk?.profile;
  const settings: LegSettings = {
    clock,
    random,
    logger,
    mediaPlane,
    sampleRate: parsed.sampleRate ?? 8_000,
    rtpLostMs: profile?.limits?.rtpLostMs ?? DEFAULT_LIMITS.rtpLostMs,
    srtp: parsed.srtp ?? "off",
  };
  const trunkUri = parsed.trunk && parseTrunkUri(parsed.trunk.uri);
  const protocol: TransportProtocol | undefined =
    trunkUri &&
    (parsed.trunk?.transport
      ? (parsed.trunk.transport.toUpperCase() as TransportProtocol)
      : protocolOf(trunkUri));
  const home = trunkUri && {
    hostPort: trunkUri.host + (trunkUri.port === undefined ? "" : `:${trunkUri.port}`),
  };
  const { username, password } = parsed.trunk ?? {};
  const legs = new Set<{ release(): void; drop(): void }>();
  const nonces = new NonceBook(clock, random);
  const guard = new InboundGuard(options.inbound ?? {}, clock);
  let inboundCalls = 0;
  let receiver: ((offer: SipInboundOffer) => void) | undefined;
  let closing: Promise<void> | undefined;

  const endpoint = new Endpoint({
    settings,
    resolver,
    userAgent: parsed.userAgent ?? "offhook",
    listen: (parsed.listen ?? []).map(parseListen),
    ...(trunkUri && protocol ? { trunk: { uri: trunkUri, protocol } } : {}),
    ...(username === undefined ? {} : { credentials: { username, password: password ?? "" } }),
    ...(parsed.localAddress === undefined ? {} : { localAddress: parsed.localAddress }),
    ...(parsed.tls === undefined ? {} : { tls: withoutUndefined(parsed.tls) }),
    ...(options.openWire ? { openWire: options.openWire } : {}),
    admits: (from) => guard.admits(from.address),
    onInvite: (binding, request, arrival) => {
      const made = makeOffer({
        request,
        arrival,
        random,
        nonces,
        accept: (sink) => {
          const { callId } = request.message;
          binding.setFlow(callId, arrival.from);
          const leg = new SipInboundLeg(settings, binding, request, sink, () => {
            binding.clearNextHop(callId);
            legs.delete(leg);
            inboundCalls -= 1;
          });
          legs.add(leg);
          inboundCalls += 1;
          return leg;
        },
      });
      const wanted = options.inbound?.credentials;
      if (wanted && !made.offer.challenge({ ...wanted, status: 401 })) return;
      const refusal = guard.refusal(inboundCalls);
      if (refusal) {
        refuseInvite(request, refusal.status, refusal.headers ? { headers: refusal.headers } : {});
        return;
      }
      const brief = tooBrief(request.message);
      if (brief) {
        request.reject({ statusCode: 422, extraHeaders: brief });
        return;
      }
      const offer = sdpOf(request.message);
      if (offer !== undefined && !couldAnswer(offer, mediaPlane.codecs, settings.srtp)) {
        refuseInvite(request, 488);
        return;
      }
      if (!receiver || closing) {
        made.offer.refuse(480);
        return;
      }
      try {
        receiver(made.offer);
      } catch (error) {
        logger.error({ error: messageOf(error) }, "the receiver of calls threw");
      }
      if (made.isOpen()) made.offer.refuse(500);
    },
  });

  const registration = startRegistration();
  const everyMs = parsed.trunk?.healthCheckMs;
  const health =
    everyMs === undefined
      ? undefined
      : new TrunkHealth({ clock, logger, everyMs, ping: () => pingOnce() });

  async function pingOnce(): Promise<PingResult> {
    if (!trunkUri || !home)
      throw new OffhookError("WRONG_STATE", "There is no trunk to ask.", {
        remedy: "Give the carrier a trunk.",
      });
    const [route] = await endpoint.routes(trunkUri, "trunk");
    if (!route) throw new OffhookError("ADDRESS_UNRESOLVED", "The trunk has no address.");
    const from = fromUriOf(parsed.trunk?.from ?? username, home.hostPort);
    return pingTrunk(clock, route, `sip:${home.hostPort}`, from);
  }

  function startRegistration(): Registration | undefined {
    const wanted = parsed.trunk?.register;
    if (!wanted || !home || !trunkUri) return undefined;
    if (username === undefined)
      throw new OffhookError("INVALID_OPTION", "Registering needs trunk.username.");
    const given = wanted === true ? undefined : wanted.expiresSeconds;
    const addressOfRecord = fromUriOf(username, home.hostPort);
    return new Registration({
      clock,
      logger,
      registrar: `sip:${home.hostPort}`,
      addressOfRecord,
      expiresSeconds: given ?? DEFAULT_REGISTRATION_SECONDS,
      findRoute: async () => {
        const [route] = await endpoint.routes(trunkUri, "trunk");
        if (!route) throw new OffhookError("ADDRESS_UNRESOLVED", "The trunk has no address.");
        return route;
      },
    });
  }

  return {
    clock,
    registration,
    health,
    ...(profile === undefined ? {} : { profile }),
    parseDestination: (to) => parseDestination(to, home),
    placeCall(request, sink) {
      const requestUri = requestUriOf(request, home?.hostPort, protocol);
      const leg = new SipOutboundLeg(
        settings,
        {
          callId: request.callId,
          requestUri,
          fromUri: fromUriOf(
            request.from ?? parsed.trunk?.from ?? username,
            home?.hostPort ?? formatHost(endpoint.localAddress),
          ),
          extraHeaders: Object.entries(request.headers ?? {}).map(([name, value]) =>
            headerLine(name, value),
          ),
          localAddress: endpoint.localAddress,
          findRoutes: async (uri, over) => {
            try {
              const target = parseUri(uri);
              if (!target) throw new OffhookError("INVALID_DESTINATION", "No SIP address to call.");
              return await endpoint.routes(target, over);
            } catch (error) {
              throw new Error(routeFailure(error));
            }
          },
        },
        sink,
        () => legs.delete(leg),
      );
      legs.add(leg);
      return leg;
    },
    receiveCalls(wanted: (offer: SipInboundOffer & InboundOffer) => void) {
      receiver = wanted;
      return () => {
        if (receiver === wanted) receiver = undefined;
      };
    },
    ping: pingOnce,
    ready: async () => ({ addresses: await endpoint.ready }),
    close() {
      closing ??= (async () => {
        health?.stop();
        for (const leg of [...legs]) leg.release();
        await registration?.stop();
        // A withdrawn call still needs its leg: its CANCEL waits for a provisional.
        await endpoint.close();
        for (const leg of legs) leg.drop();
        await mediaPlane.close();
      })();
      return closing;
    },
  };
}

/** zod says `undefined` where our own types say absent. */
function withoutUndefined(tls: z.infer<typeof tlsSchema>): TlsSettings {
  return Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
}

/** Behind NAT the address that peers are told is none that a socket could bind to. */
function defaultMediaPlane(localAddress: string | undefined, logger: Logger): MediaPlane {
  if (localAddress === undefined) return createMediaPlane({ logger });
  return createMediaPlane({ logger, bindAddress: isIPv6(localAddress) ? "::" : "0.0.0.0" });
}

function parseOptions(options: SipCarrierOptions): z.infer<typeof optionsSchema> {
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

function requestUriOf(
  request: PlaceCallRequest,
  home: string | undefined,
  protocol: TransportProtocol | undefined,
): string {
  const { address, kind } = request.destination;
  if (kind === "sip") return address;
  const transport =
    protocol === undefined || protocol === "UDP" ? "" : `;transport=${protocol.toLowerCase()}`;
  return `sip:${address}@${home ?? "invalid"}${transport}`;
}

function fromUriOf(from: string | undefined, domain: string): string {
  if (from === undefined) return `sip:offhook@${domain}`;
  if (/^(?:sips?|tel):/i.test(from)) return from;
  if (from.includes("@")) return `sip:${from}`;
  return `sip:${encodeURIComponent(from).replace(/%2B/gi, "+")}@${domain}`;
}
