import { type ParsedUri, parseUri, type ViaValue } from "../message/header-value.js";
import type { HostPort } from "../transport/wire.js";
import type { OutgoingMessage } from "./outgoing.js";
import type { TransactionKey } from "./reliability.js";

/** The transaction a message of ours belongs to. */
export function keyOf(message: OutgoingMessage): TransactionKey {
  const { branch, via, method } = message;
  return { branch, sentBy: sentBy(via), method };
}

/** As RFC 3261 17.2.3 compares it. */
export function sentBy(via: ViaValue): string {
  return `${via.host}:${via.port ?? ""}`;
}

/** Where the next request of a dialog goes: the first Route, else the Request-URI (RFC 3261 8.1.2). */
export function nextUri(message: OutgoingMessage): ParsedUri | undefined {
  const route = message.route?.match(/<([^>]*)>/)?.[1];
  return parseUri(route ?? message.requestUri);
}

/** Where a response goes by its topmost Via (RFC 3261 18.2.2, RFC 3581 4). */
export function responseTarget(via: ViaValue, datagram: boolean): HostPort {
  const host = via.params["received"] ?? (datagram ? via.params["maddr"] : undefined) ?? via.host;
  const rport = via.params["rport"];
  const port = rport ? Number(rport) : (via.port ?? (via.transport === "TLS" ? 5061 : 5060));
  return { address: host.replace(/^\[|\]$/g, ""), port };
}
