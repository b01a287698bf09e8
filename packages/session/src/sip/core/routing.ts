import type { ViaValue } from "../message/header-value.js";
import type { HostPort } from "../transport/wire.js";

/** A longer request goes over a stream, where the peer takes one (RFC 3261 18.1.1). */
export const MAX_DATAGRAM_BYTES = 1_300;

/** As RFC 3261 17.2.3 compares it. */
export function sentBy(via: ViaValue): string {
  return `${via.host}:${via.port ?? ""}`;
}

/** Where a response goes by its topmost Via (RFC 3261 18.2.2, RFC 3581 4). */
export function responseTarget(via: ViaValue, datagram: boolean): HostPort {
  const host = via.params["received"] ?? (datagram ? via.params["maddr"] : undefined) ?? via.host;
  const rport = via.params["rport"];
  return { address: bare(host), port: rport ? Number(rport) : listeningPort(via) };
}

/** Where the sender of a request listens, once the connection that it came by is gone (RFC 3261 18.2.2). */
export function responseTargetAnew(via: ViaValue): HostPort {
  return { address: bare(via.params["received"] ?? via.host), port: listeningPort(via) };
}

function listeningPort({ port, transport }: ViaValue): number {
  return port ?? (transport === "TLS" ? 5061 : 5060);
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, "");
}
