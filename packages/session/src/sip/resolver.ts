import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { OffhookError } from "../errors.js";
import type { ParsedUri } from "./header-value.js";
import type { HostPort, TransportProtocol } from "./transport/wire.js";

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

/** Resolves through the operating system, hosts file included. */
export function systemResolver(): Resolver {
  return {
    async resolve(uri, protocol) {
      const literal = literalAddress(uri, protocol);
      if (literal) return [literal];
      const port = uri.port ?? defaultPort(protocol);
      try {
        const found = await lookup(uri.host, { all: true });
        if (found.length > 0) return found.map(({ address }) => ({ address, port }));
      } catch (error) {
        throw unresolved(uri.host, error);
      }
      throw unresolved(uri.host);
    },
  };
}

function unresolved(host: string, cause?: unknown): OffhookError {
  return new OffhookError("ADDRESS_UNRESOLVED", `The host name ${host} has no address.`, {
    remedy: "Check the spelling of the trunk's host and the machine's DNS.",
    cause,
  });
}
