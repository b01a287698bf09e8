import { isIPv6 } from "node:net";
import { DEFAULT_LIMITS } from "../call/call-settings.js";
import type {
  Carrier,
  CarrierHealth,
  Destination,
  InboundOffer,
  LegSink,
  PlaceCallRequest,
} from "../carrier.js";
import { systemClock } from "../clock.js";
import { OffhookError } from "../errors.js";
import { extended } from "../extended.js";
import { LiveSet } from "../live-set.js";
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
import { InboundCalls } from "./inbound-calls.js";
import type { SipInboundLeg } from "./leg/inbound-leg.js";
import type { SipInboundOffer } from "./leg/inbound-offer.js";
import type { LegMedia } from "./leg/leg-media.js";
import type { LegSettings } from "./leg/leg-settings.js";
import { SipOutboundLeg } from "./leg/outbound-leg.js";
import type { ReferTarget } from "./leg/refer.js";
import { headerLine } from "./leg/refuse-invite.js";
import { EndedDialogs } from "./leg/replaces.js";
import { parseUri } from "./message/header-value.js";
import { type CallerId, readCallerId } from "./route/caller-id.js";
import { parseDestination } from "./route/destination.js";
import { HopTroubles } from "./route/hop-troubles.js";
import { type Route, routeFailure } from "./route/route.js";
import { srvResolver } from "./route/srv-resolver.js";
import { systemDns } from "./route/system-dns.js";
import {
  type InboundSettings,
  parseOptions,
  type SipCarrierOptions,
  type SipTrunk,
  withoutUndefined,
} from "./sip-carrier-options.js";
import {
  formatHost,
  hostPortKey,
  type TransportProtocol,
  transportParam,
} from "./transport/wire.js";
import { type PingOptions, type PingResult, pingRoutes, pingTrunk } from "./trunk/options-ping.js";
import { Registration } from "./trunk/registration.js";
import { TrunkHealth } from "./trunk/trunk-health.js";

export type { InboundSettings, SipCarrierOptions, SipTrunk };

const DEFAULT_REGISTRATION_SECONDS = 300;
/** Four sendings of an INVITE: at 0, 0.5, 1.5 and 3.5 s (Timer A). */
const DEFAULT_FAILOVER_MS = 5_000;
/** What nearly every phone and trunk sends. */
const DEFAULT_PACKET_MS = 20;

/** A SIP endpoint as a carrier. */
export interface SipCarrier extends Carrier {
  receiveCalls(receiver: (offer: SipInboundOffer) => void): () => void;
  /** Settles once all `listen` addresses are bound. @throws ADDRESS_IN_USE, TRANSPORT_FAILED */
  ready(): Promise<{ readonly addresses: readonly ListenAddress[] }>;
  /**
   * Asks the trunk with OPTIONS, or with a REGISTER that changes nothing, whether it is there, and
   * with our credentials where it wants them.
   * @throws WRONG_STATE without a trunk, ADDRESS_UNRESOLVED, ADDRESS_IN_USE, TRANSPORT_FAILED
   */
  ping(options?: PingOptions): Promise<PingResult>;
  /** How the registration stands; undefined without `trunk.register`. */
  readonly registration: Pick<Registration, "state" | "registered"> | undefined;
  /** Whether the trunk was there at the last look; undefined without `trunk.healthCheckMs`. */
  readonly health: CarrierHealth | undefined;
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
    packetMs: parsed.packetMs ?? DEFAULT_PACKET_MS,
    failoverMs: parsed.trunk?.failoverMs ?? DEFAULT_FAILOVER_MS,
    digitsByInfo: parsed.trunk?.digits === "info",
    endedDialogs: new EndedDialogs(),
    troubles: new HopTroubles(clock),
    follow,
  };
  const { uri: trunkUri, path } = parsed.trunk ? parseTrunkUri(parsed.trunk.uri) : {};
  const protocol: TransportProtocol | undefined =
    trunkUri &&
    (parsed.trunk?.transport
      ? (parsed.trunk.transport.toUpperCase() as TransportProtocol)
      : protocolOf(trunkUri));
  const home = trunkUri && {
    hostPort: trunkUri.host + (trunkUri.port === undefined ? "" : `:${trunkUri.port}`),
  };
  const { username, password } = parsed.trunk ?? {};
  const legs = new LiveSet<SipInboundLeg | SipOutboundLeg>();
  const guard = new InboundGuard(options.inbound ?? {}, clock);
  const inbound = new InboundCalls({
    settings,
    guard,
    nonces: new NonceBook(clock, random),
    credentials: options.inbound?.credentials,
    legs,
  });
  let closing: Promise<void> | undefined;

  const endpoint = new Endpoint({
    settings,
    resolver,
    userAgent: parsed.userAgent ?? "offhook",
    listen: (parsed.listen ?? []).map(parseListen),
    ...(trunkUri && protocol
      ? {
          trunk: {
            uri: trunkUri,
            protocol,
            isProtocolGiven: parsed.trunk?.transport !== undefined,
            ...(path === undefined ? {} : { path }),
          },
        }
      : {}),
    ...(username === undefined ? {} : { credentials: { username, password: password ?? "" } }),
    ...(parsed.localAddress === undefined ? {} : { localAddress: parsed.localAddress }),
    ...(parsed.tls === undefined ? {} : { tls: withoutUndefined(parsed.tls) }),
    ...(options.openWire ? { openWire: options.openWire } : {}),
    admits: (from) => guard.admits(from.address),
    refusal: () => inbound.refusal,
    onInvite: (binding, request, arrival) => inbound.take(binding, request, arrival),
  });

  const registration = startRegistration();
  const everyMs = parsed.trunk?.healthCheckMs;
  const health =
    everyMs === undefined ? undefined : new TrunkHealth({ clock, logger, everyMs, ping: pingOnce });

  async function pingOnce(how?: PingOptions): Promise<PingResult> {
    if (!trunkUri || !home)
      throw new OffhookError("WRONG_STATE", "There is no trunk to ask.", {
        remedy: "Give the carrier a trunk.",
      });
    const routes = await endpoint.routes(trunkUri, "trunk");
    const from =
      how?.method === "REGISTER"
        ? addressOfRecord(home.hostPort)
        : callerIdOf(parsed.trunk?.from ?? username, home.hostPort).uri;
    const { failoverMs, troubles } = settings;
    const result = await pingRoutes(
      routes,
      (route, each) => pingTrunk(clock, route, `sip:${home.hostPort}`, from, each),
      { ...how, failoverMs, troubles },
    );
    if (!result) throw new OffhookError("ADDRESS_UNRESOLVED", "The trunk has no address.");
    return result;
  }

  function addressOfRecord(domain: string): string {
    const wanted = parsed.trunk?.register;
    const user = typeof wanted === "object" ? wanted.user : undefined;
    return callerIdOf(user ?? username, domain).uri;
  }

  function startRegistration(): Registration | undefined {
    const wanted = parsed.trunk?.register;
    if (!wanted || !home || !trunkUri) return undefined;
    if (username === undefined)
      throw new OffhookError("INVALID_OPTION", "Registering needs trunk.username.");
    const given = wanted === true ? undefined : wanted.expiresSeconds;
    return new Registration({
      clock,
      logger,
      registrar: `sip:${home.hostPort}`,
      addressOfRecord: addressOfRecord(home.hostPort),
      expiresSeconds: given ?? DEFAULT_REGISTRATION_SECONDS,
      random,
      findRoutes: () => endpoint.routes(trunkUri, "trunk"),
      failoverMs: settings.failoverMs,
      troubles: settings.troubles,
    });
  }

  function place(
    { callId, requestUri, from, headers = {} }: PlacedCall,
    sink: LegSink,
    media?: LegMedia,
    onOver?: () => void,
  ): SipOutboundLeg {
    const localAddress = endpoint.localAddressTowards(parseUri(requestUri)?.host);
    const domain = home?.hostPort ?? formatHost(localAddress);
    const leg = new SipOutboundLeg(
      settings,
      {
        callId,
        requestUri,
        from: callerIdOf(from ?? parsed.trunk?.from ?? username, domain),
        extraHeaders: Object.entries(headers).map(([name, value]) => headerLine(name, value)),
        localAddress,
        uriOfNumber,
        findRoutes: async (uri, over) => {
          try {
            const target = parseUri(uri);
            if (!target?.host)
              throw new OffhookError("INVALID_DESTINATION", "No SIP address to call.");
            const flow = over === "trunk" ? registration?.flow : undefined;
            // A way that is open needs no DNS.
            const found = endpoint.routes(target, over);
            return viaFlow(await (flow ? found.catch(() => []) : found), flow);
          } catch (error) {
            throw new Error(routeFailure(error));
          }
        },
      },
      sink,
      () => {
        forget();
        onOver?.();
      },
      media,
    );
    const forget = legs.add(leg);
    return leg;
  }

  /** Whom a `tel:` URI means, at the trunk; undefined for any other, and without a trunk. */
  function uriOfNumber(uri: string): string | undefined {
    const number = parseUri(uri);
    if (number?.scheme !== "tel" || !home) return undefined;
    return requestUriOf({ kind: "e164", address: number.user ?? "" }, home.hostPort, protocol);
  }

  /** A REFER names a URI and not a number that somebody typed. */
  function follow(target: ReferTarget, sink: LegSink, media: LegMedia, onOver: () => void) {
    const { uri, replaces, referredBy, from } = target;
    const requestUri = uriOfNumber(uri) ?? uri;
    const headers = {
      ...(referredBy === undefined ? {} : { "Referred-By": `<${referredBy}>` }),
      ...(replaces === undefined ? {} : { Replaces: replaces, Require: "replaces" }),
    };
    const call = {
      callId: `followed-${random.hex(4)}`,
      requestUri,
      headers,
      ...(from === undefined ? {} : { from }),
    };
    return place(call, sink, media, onOver);
  }

  return {
    clock,
    registration,
    health,
    ...(profile === undefined ? {} : { profile }),
    parseDestination: (to) => parseDestination(to, home),
    placeCall({ destination, ...request }, sink) {
      const requestUri = requestUriOf(destination, home?.hostPort, protocol);
      return place(extended(request, { requestUri }), sink);
    },
    receiveCalls: (wanted: (offer: SipInboundOffer & InboundOffer) => void) =>
      inbound.receive(wanted),
    ping: pingOnce,
    ready: async () => ({ addresses: await endpoint.ready }),
    close() {
      closing ??= (async () => {
        inbound.stop();
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

/** The trunk takes our calls where it sends its own: over the flow that we registered by (RFC 5626 4.3). */
function viaFlow(routes: readonly Route[], flow: Route | undefined): readonly Route[] {
  if (!flow) return routes;
  const isFlow = ({ hop }: Route) => hostPortKey(hop) === hostPortKey(flow.hop);
  return [routes.find(isFlow) ?? flow, ...routes.filter((route) => !isFlow(route))];
}

/** A call to place, whose address is found already. */
interface PlacedCall extends Omit<PlaceCallRequest, "destination"> {
  readonly requestUri: string;
}

function requestUriOf(
  { address, kind }: Destination,
  home: string | undefined,
  protocol: TransportProtocol | undefined,
): string {
  if (kind === "sip") return address;
  const transport =
    protocol === undefined || protocol === "UDP" ? "" : `;transport=${transportParam(protocol)}`;
  return `sip:${address}@${home ?? "invalid"}${transport}`;
}

/** Nobody in particular, where nothing is known, or what is cannot be written: the INVITE fails then. */
function callerIdOf(from: string | undefined, domain: string): CallerId {
  if (from === undefined) return { uri: `sip:offhook@${domain}` };
  return readCallerId(from, domain) ?? { uri: "" };
}
