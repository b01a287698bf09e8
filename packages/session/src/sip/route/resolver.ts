import { isIP } from "node:net";
import type { ParsedUri } from "../message/header-value.js";
import type { HostPort, TransportProtocol } from "../transport/wire.js";

/** Turns the host of a URI into addresses to try, in order. */
export interface Resolver {
  /** @throws ADDRESS_UNRESOLVED */
  resolve(uri: ParsedUri, protocol: TransportProtocol): Promise<readonly HostPort[]>;
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
