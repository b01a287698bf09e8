import { isIPv6 } from "node:net";
import { DEFAULT_LIMITS } from "../call/call-settings.js";
import type { Carrier, InboundOffer, PlaceCallRequest } from "../carrier.js";
import { systemClock } from "../clock.js";
import { messageOf, OffhookError } from "../errors.js";
import { type Logger, silentLogger } from "../logger.js";
import { createMediaPlane } from "../media/create-media-plane.js";
import type { MediaPlane } from "../media/media-plane.js";
import { systemRandom } from "../random.js";
import { InboundGuard } from "./credentials/inbound-guard.js";
import { NonceBook } from "./credentials/nonce-book.js";
import {
  Endpoint,
  type ListenAddress,
  parseListen,
  parseTrunkUri,
  protocolOf,
} from "./endpoint.js";
import { headerLine, refuseInvite, SipInboundLeg } from "./leg/inbound-leg.js";
import { makeOffer, type SipInboundOffer } from "./leg/inbound-offer.js";
import { couldAnswer } from "./leg/leg-media.js";
import type { LegSettings } from "./leg/leg-settings.js";
import { SipOutboundLeg } from "./leg/outbound-leg.js";
import { tooBrief } from "./leg/session-keeper.js";
import { sdpOf } from "./message/evidence.js";
import { parseUri } from "./message/header-value.js";
import { parseDestination } from "./route/destination.js";
import { routeFailure } from "./route/route.js";
import { srvResolver } from "./route/srv-resolver.js";
import { systemDns } from "./route/system-dns.js";
import {
  type InboundSettings,
  parseOptions,
  type SipCarrierOptions,
  type SipTrunk,
  withoutUndefined,
} from "./sip-carrier-options.js";
import { formatHost, type TransportProtocol } from "./transport/wire.js";
import { type PingResult, pingTrunk } from "./trunk/options-ping.js";
import { Registration } from "./trunk/registration.js";
import { TrunkHealth } from "./trunk/trunk-health.js";

export type { InboundSettings, SipCarrierOptions, SipTrunk };

const DEFAULT_REGISTRATION_SECONDS = 300;

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
      const localAddress = endpoint.localAddressTowards(parseUri(requestUri)?.host);
      const leg = new SipOutboundLeg(
        settings,
        {
          callId: request.callId,
          requestUri,
          fromUri: fromUriOf(
            request.from ?? parsed.trunk?.from ?? username,
            home?.hostPort ?? formatHost(localAddress),
          ),
          extraHeaders: Object.entries(request.headers ?? {}).map(([name, value]) =>
            headerLine(name, value),
          ),
          localAddress,
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

/** Behind NAT the address that peers are told is none that a socket could bind to. */
function defaultMediaPlane(localAddress: string | undefined, logger: Logger): MediaPlane {
  if (localAddress === undefined) return createMediaPlane({ logger });
  return createMediaPlane({ logger, bindAddress: isIPv6(localAddress) ? "::" : "0.0.0.0" });
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
