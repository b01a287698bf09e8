import { isIP } from "node:net";
import type { ParsedUri } from "../message/header-value.js";
import type { HostPort, TransportProtocol } from "../transport/wire.js";

/** Turns the host of a URI into addresses to try, in order. */
export interface Resolver {
  /** @throws ADDRESS_UNRESOLVED */
  resolve(uri: ParsedUri, protocol: TransportProtocol): Promise<readonly HostPort[]>;
  /**
   * The same for a `sip:` URI that leaves open by which transport (RFC 3263 4.1). Without this it is
   * UDP.
   * @throws ADDRESS_UNRESOLVED
   */
  locate?(uri: ParsedUri): Promise<readonly Located[]>;
}

export interface Located extends HostPort {
  readonly protocol: TransportProtocol;
}

/** Whether the DNS may say by which transport this host is reached: neither the URI nor a port does. */
export function isOpenTransport(uri: ParsedUri): boolean {
  const named = uri.params["transport"] !== undefined || uri.port !== undefined;
  return uri.scheme === "sip" && !named && literalAddress(uri, "UDP") === undefined;
}

export function defaultPort(protocol: TransportProtocol): number {
  if (protocol === "TLS") return 5061;
  if (protocol === "WS") return 80;
  if (protocol === "WSS") return 443;
  return 5060;
}

/** The address of a URI whose host is an address already. */
export function literalAddress(uri: ParsedUri, protocol: TransportProtocol): HostPort | undefined {
  const host = (uri.params["maddr"] ?? uri.host).replace(/^\[|\]$/g, "");
  if (isIP(host) === 0) return undefined;
  return { address: host, port: uri.port ?? defaultPort(protocol) };
}
