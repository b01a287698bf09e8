import { isIP } from "node:net";
import type { IncomingInviteRequest } from "sip.js/lib/core/index.js";
import type { TimerHandle } from "../clock.js";
import { messageOf, OffhookError } from "../errors.js";
import type { Logger } from "../logger.js";
import type { Binding } from "./binding.js";
import { Binding as SipBinding } from "./binding.js";
import type { Elsewhere } from "./core/hand-over.js";
import type { Arrival } from "./core/receiver.js";
import type { DigestCredentials } from "./credentials/digest.js";
import type { Refusal } from "./credentials/inbound-guard.js";
import type { LegSettings } from "./leg/leg-settings.js";
import { type ParsedUri, parseUri } from "./message/header-value.js";
import { discoverLocalAddress, guessLocalAddress, isWildcard } from "./route/local-address.js";
import { isOpenTransport, type Located, type Resolver } from "./route/resolver.js";
import type { Route } from "./route/route.js";
import { certifiableName, type TlsSettings } from "./transport/secure.js";
import { openStreamWire } from "./transport/stream.js";
import { openUdpWire } from "./transport/udp.js";
import { openWebSocketWire } from "./transport/websocket.js";
import {
  type HostPort,
  hostPortKey,
  type TransportProtocol,
  type Wire,
  type WireEvents,
} from "./transport/wire.js";

export interface ListenAddress {
  readonly protocol: TransportProtocol;
  readonly address: string;
  readonly port: number;
}

export interface Trunk {
  readonly uri: ParsedUri;
  readonly protocol: TransportProtocol;
  /** Somebody said so; else the DNS may know better. */
  readonly isProtocolGiven: boolean;
  /** Of its WebSocket. */
  readonly path?: string;
}

export interface EndpointOptions {
  readonly settings: LegSettings;
  readonly resolver: Resolver;
  readonly userAgent: string;
  readonly listen: readonly ListenAddress[];
  readonly trunk?: Trunk;
  readonly credentials?: DigestCredentials;
  readonly tls?: TlsSettings;
  /** Instead of sockets. */
  readonly openWire?: WireOpener;
  /** The host peers are told, where it is not what a socket says. */
  readonly localAddress?: string;
  /** False has a request from this address dropped. */
  readonly admits?: (from: HostPort) => boolean;
  /** How every call to us would be refused now, if it would. */
  readonly refusal?: () => Refusal | undefined;
  readonly onInvite: (binding: Binding, request: IncomingInviteRequest, arrival: Arrival) => void;
}

/** Opens the transport of one address, for tests of bad networks. */
export type WireOpener = (listen: ListenAddress, events: WireEvents) => Promise<Wire>;

const CONNECT_TIMEOUT_MS = 10_000;
/** One call tries at most this many addresses of a trunk (RFC 3263 4.3). */
const MAX_ROUTES = 8;
/** How long a request that is too large for UDP waits for a stream; a firewall may say nothing. */
const STREAM_WAIT_MS = 2_000;
/** A peer that took no stream is not asked again so soon. */
const NO_STREAM_FOR_MS = 600_000;
const MAX_REMEMBERED_PEERS = 1_000;

/** The bindings of one carrier, and which of them a call goes out over. */
export class Endpoint {
  readonly ready: Promise<readonly ListenAddress[]>;
  private readonly options: EndpointOptions;
  private readonly logger: Logger;
  private readonly bindings: Binding[] = [];
  private readonly onDemand = new Map<string, Promise<Binding>>();
  /** Until when a peer counts as having no stream for us. */
  private readonly withoutStream = new Map<string, number>();
  /** Where the trunk was found to be so far. */
  private readonly trunkAddresses = new Set<string>();
  private closed = false;

  constructor(options: EndpointOptions) {
    this.options = options;
    this.logger = options.settings.logger;
    this.ready = this.open();
    // Whoever places a call or waits for `ready` learns of it.
    this.ready.catch(() => undefined);
  }

  /** The best word on our own address, towards a host, while nothing is bound yet. */
  localAddressTowards(host: string | undefined): string {
    const { localAddress, listen, trunk } = this.options;
    const [bound] = this.bindings;
    return (
      localAddress ??
      bound?.advertised.address ??
      listen.find((candidate) => !isWildcard(candidate.address))?.address ??
      guessLocalAddress(trunk?.uri.host ?? host)
    );
  }

  /**
   * The ways to reach `uri`, best first: over the trunk where there is one and `over` says so, else
   * straight to the host.
   * @throws ADDRESS_UNRESOLVED, ADDRESS_IN_USE, TRANSPORT_FAILED
   */
  async routes(uri: ParsedUri, over: "trunk" | "direct"): Promise<readonly Route[]> {
    await this.ready;
    const { trunk, resolver } = this.options;
    const viaTrunk = over === "trunk" ? trunk : undefined;
    const next = viaTrunk?.uri ?? uri;
    const protocol = viaTrunk?.protocol ?? protocolOf(uri);
    const isGiven = viaTrunk?.isProtocolGiven ?? false;
    const hops: readonly (HostPort | Located)[] =
      resolver.locate && !isGiven && isOpenTransport(next)
        ? await resolver.locate(next)
        : await resolver.resolve(next, protocol);
    if (viaTrunk) for (const { address } of hops) this.trunkAddresses.add(address);
    const routes: Route[] = [];
    let failure: unknown;
    for (const found of this.options.settings.troubles.inOrder(hops.slice(0, MAX_ROUTES)))
      try {
        const by = "protocol" in found ? found.protocol : protocol;
        const hop = named(found, by, next.host);
        const binding = await this.bindingFor(by, hop);
        // Connections are made one by one, as they are needed.
        if (!binding.wire.reliable) await binding.prepare(hop);
        routes.push({
          binding,
          hop,
          ...(by === "UDP" ? { overStream: () => this.overStream(hop) } : {}),
        });
      } catch (error) {
        // A machine without IPv6 can still reach the IPv4 addresses of a name.
        failure = error;
      }
    if (routes.length === 0 && failure !== undefined) throw failure;
    return routes;
  }

  /** The same hop over TCP, where it accepts a connection (RFC 3261 18.1.1). */
  private async overStream(hop: HostPort): Promise<Route | undefined> {
    const { clock } = this.options.settings;
    const peer = hostPortKey(hop);
    if ((this.withoutStream.get(peer) ?? 0) > clock.nowMs()) return undefined;
    let timer: TimerHandle | undefined;
    try {
      const binding = await this.bindingFor("TCP", hop);
      const late = new Promise<void>((resolve) => {
        timer = clock.setTimeout(resolve, STREAM_WAIT_MS);
      });
      await Promise.race([binding.prepare(hop), late]);
      if (binding.wire.isOpen?.(hop)) return { binding, hop };
    } catch (error) {
      this.logger.debug({ error: messageOf(error) }, "no TCP for a large request");
    } finally {
      clock.clear(timer);
    }
    if (this.withoutStream.size >= MAX_REMEMBERED_PEERS) this.withoutStream.clear();
    this.withoutStream.set(peer, clock.nowMs() + NO_STREAM_FOR_MS);
    return undefined;
  }

  private elsewhere(one: Binding): Elsewhere {
    const offer = (take: (other: Elsewhere) => boolean) =>
      this.bindings.some((other) => other !== one && take(other.claims));
    return {
      takeResponse: (response, branch) => offer((other) => other.takeResponse(response, branch)),
      takeRequest: (request, dialogId, from, over) =>
        offer((other) => other.takeRequest(request, dialogId, from, over)),
    };
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.ready.catch(() => undefined);
    await Promise.allSettled([...this.onDemand.values()]);
    await Promise.all(this.bindings.map((binding) => binding.close()));
  }

  private async open(): Promise<readonly ListenAddress[]> {
    const { listen } = this.options;
    try {
      for (const address of listen) await this.bind(address, undefined);
    } catch (error) {
      await Promise.all(this.bindings.splice(0).map((binding) => binding.close()));
      throw error;
    }
    this.findTrunk();
    return this.bindings.map(({ wire }) => ({ protocol: wire.protocol, ...wire.local }));
  }

  /** Who calls us may be the trunk before we ever called it. */
  private findTrunk(): void {
    const { trunk, credentials, listen, resolver } = this.options;
    if (!trunk || !credentials || listen.length === 0) return;
    resolver
      .resolve(trunk.uri, trunk.protocol)
      .then((hops) => {
        for (const { address } of hops) this.trunkAddresses.add(address);
      })
      .catch(() => this.logger.debug({}, "the trunk has no address yet"));
  }

  private bindingFor(protocol: TransportProtocol, hop: HostPort): Promise<Binding> {
    const family = isIP(hop.address) === 6 ? 6 : 4;
    const fits = this.bindings.find(
      ({ wire }) =>
        wire.protocol === protocol && (isIP(wire.local.address) === 6 ? 6 : 4) === family,
    );
    if (fits) return Promise.resolve(fits);
    const key = `${protocol}${family}`;
    const opening = this.onDemand.get(key);
    if (opening) return opening;
    const opened = discoverLocalAddress(hop).then((address) =>
      this.bind({ protocol, address, port: 0 }, hop),
    );
    this.onDemand.set(key, opened);
    // A failure must not stand in the way of the next attempt.
    opened.catch(() => this.onDemand.delete(key));
    return opened;
  }

  private async bind(listen: ListenAddress, peer: HostPort | undefined): Promise<Binding> {
    const { settings, resolver, userAgent, credentials, localAddress, tls } = this.options;
    const { admits, refusal, onInvite } = this.options;
    if (this.closed) throw new OffhookError("TRANSPORT_FAILED", "The carrier is closed.");
    if (peer === undefined && /^(?:TLS|WSS)$/.test(listen.protocol) && !(tls?.cert && tls.key))
      throw new OffhookError("INVALID_OPTION", "Listening with TLS needs a certificate.", {
        remedy: "Give tls.cert and tls.key in PEM.",
      });
    const advertisedAddress =
      localAddress ??
      (isWildcard(listen.address)
        ? peer
          ? await discoverLocalAddress(peer)
          : await this.outwardAddress(listen.address)
        : listen.address);
    const binding = await SipBinding.open({
      openWire: (events) =>
        this.options.openWire
          ? this.options.openWire(listen, events)
          : this.openSockets(listen, peer === undefined, events),
      advertisedAddress,
      clock: settings.clock,
      random: settings.random,
      logger: this.logger,
      resolver,
      userAgent,
      ...(credentials ? { credentials } : {}),
      hooks: {
        onInvite,
        ...(admits ? { admits } : {}),
        ...(refusal ? { refusal } : {}),
        isTrunk: (address) => this.trunkAddresses.has(address),
        elsewhere: (one) => this.elsewhere(one),
        overStream: async (hop) => (await this.overStream(hop))?.binding.wire,
      },
    });
    this.bindings.push(binding);
    return binding;
  }

  private openSockets(listen: ListenAddress, listens: boolean, events: WireEvents): Promise<Wire> {
    const { settings, tls = {}, trunk } = this.options;
    const { protocol, address, port } = listen;
    const bind = { address, port };
    const usualName = trunk && certifiableName(trunk.uri.host);
    const path = trunk?.path;
    const shared = {
      bind,
      clock: settings.clock,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      ...(usualName === undefined ? {} : { usualName }),
    };
    const sockets = { ...shared, listen: listens, ...(path === undefined ? {} : { path }) };
    switch (protocol) {
      case "UDP":
        return openUdpWire(bind, events);
      case "TCP":
        return openStreamWire(shared, events);
      case "TLS":
        return openStreamWire({ ...shared, tls }, events);
      case "WS":
        return openWebSocketWire({ ...sockets, secure: false }, events);
      case "WSS":
        return openWebSocketWire({ ...sockets, secure: true, tls }, events);
    }
  }

  /** For a wildcard: the address that faces the trunk, else that of the first interface. */
  private async outwardAddress(wildcard: string): Promise<string> {
    const { trunk, resolver } = this.options;
    if (trunk)
      try {
        const [hop] = await resolver.resolve(trunk.uri, trunk.protocol);
        if (hop) return await discoverLocalAddress(hop);
      } catch {
        // The trunk's name may resolve later; calls will say so.
      }
    return guessLocalAddress(wildcard === "::" ? "[2001:db8::1]" : undefined);
  }
}

/** A certificate is for the name that somebody asked for, not for what the DNS made of it (RFC 5922 7). */
function named(hop: HostPort, protocol: TransportProtocol, host: string): HostPort {
  const name = protocol === "TLS" || protocol === "WSS" ? certifiableName(host) : undefined;
  const { address, port } = hop;
  return name === undefined ? { address, port } : { address, port, name };
}

/** The transport a URI asks for (RFC 3261 19.1.1). */
export function protocolOf(uri: ParsedUri): TransportProtocol {
  const wanted = uri.params["transport"]?.toUpperCase();
  if (wanted === "TCP" || wanted === "TLS" || wanted === "WS" || wanted === "WSS") return wanted;
  return uri.scheme === "sips" ? "TLS" : "UDP";
}

/** `udp:127.0.0.1:5060`, `tcp:[::1]:0`, `udp:0.0.0.0`. @throws INVALID_OPTION */
export function parseListen(text: string): ListenAddress {
  const match = /^(udp|tcp|tls|ws|wss):(\[[0-9a-fA-F:]+\]|[^:[\]]+)(?::(\d{1,5}))?$/i.exec(
    text.trim(),
  );
  const address = match?.[2]?.replace(/^\[|\]$/g, "") ?? "";
  const port = match?.[3] === undefined ? 5060 : Number(match[3]);
  if (!match || port > 65_535 || (isIP(address) === 0 && address !== "localhost"))
    throw new OffhookError("INVALID_OPTION", `"${text}" is no address to listen on.`, {
      remedy: 'Write "udp:127.0.0.1:5060", "tcp:[::1]:0" or the like.',
    });
  return {
    protocol: (match[1] ?? "udp").toUpperCase() as TransportProtocol,
    address: address === "localhost" ? "127.0.0.1" : address,
    port,
  };
}

/** `sip:HOST:PORT`, the bare host and port, or `wss://HOST:PORT/PATH`. @throws INVALID_OPTION */
export function parseTrunkUri(text: string): { readonly uri: ParsedUri; readonly path?: string } {
  const web = /^(wss?):\/\/([^/@?#\s]+)(\/[^\s#]*)?$/i.exec(text);
  const sip = /^sips?:/i.test(text) ? text : `sip:${text}`;
  const uri = parseUri(web ? `sip:${web[2]};transport=${web[1]?.toLowerCase()}` : sip);
  if (!uri || uri.host === "")
    throw new OffhookError("INVALID_OPTION", "The trunk's address cannot be read.", {
      remedy: "Write sip:HOST or sip:HOST:PORT, or wss://HOST:PORT/PATH.",
    });
  return { uri, ...(web?.[3] === undefined ? {} : { path: web[3] }) };
}
