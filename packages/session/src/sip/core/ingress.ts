import type { IncomingRequestMessage, IncomingResponseMessage } from "sip.js/lib/core/index.js";
import { UNTAGGED } from "../message/evidence.js";
import { parseParams, parseVia, type ViaValue } from "../message/header-value.js";
import { headerOf, type ParsedRequest, type ParsedResponse } from "../message/parse.js";
import { formatHost, type HostPort } from "../transport/wire.js";
import { isUniqueBranch, legacyBranch } from "./legacy-transaction.js";

/** What sip.js would trip over is put right here, before it sees a message. */

/**
 * Notes in the topmost Via where the request really came from (RFC 3261 18.2.1, RFC 3581 4). On a
 * stream both are always noted, because the answer has to find the same connection again.
 */
export function stampVia(
  request: ParsedRequest,
  from: HostPort,
  stream: boolean,
): ViaValue | undefined {
  const field = request.headers.find((header) => header.name === "via");
  const via = field && parseVia(field.value);
  if (!field || !via) return undefined;
  const wantsPort = stream || Object.hasOwn(via.params, "rport");
  const differs = via.host.replace(/^\[|\]$/g, "") !== from.address;
  const told = Object.hasOwn(via.params, "received") || Object.hasOwn(via.params, "rport");
  if (!wantsPort && !differs && !told) return via;
  let value = field.value;
  if (told) value = value.replace(/;\s*(?:received|rport)\s*(?:=\s*[^;,\s]*)?/gi, "");
  if (wantsPort) value += `;rport=${from.port}`;
  if (wantsPort || differs) value += `;received=${from.address}`;
  field.value = value;
  return parseVia(value);
}

/**
 * What names the transaction of a request. An RFC 2543 client has no branch for it and may leave the
 * Contact out; then the address it called from is where it can be reached (RFC 4475 3.4.1).
 */
export function transactionBranch(request: ParsedRequest, via: ViaValue, from: HostPort): string {
  const { branch = "" } = via;
  if (isUniqueBranch(branch)) return branch;
  const get = (name: string) => headerOf(request, name);
  if (request.method === "INVITE" && get("contact") === undefined)
    request.headers.push({ name: "contact", value: contactAt(from) });
  return legacyBranch(branch, get("call-id"), get("cseq"), get("from"));
}

/** The status for a Request-URI that cannot be read: 416 for a scheme that is not ours. */
export function unreadableUriStatus(requestUri: string): 400 | 416 {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(requestUri)?.[1];
  return scheme === undefined || /^(?:sips?|tel)$/i.test(scheme) ? 400 : 416;
}

/** The status and headers that refuse a request for what it insists on, if it does. */
export function refusedDemand(
  message: IncomingRequestMessage,
  supported: readonly string[],
): { readonly status: number; readonly headers: string[] } | undefined {
  if (message.method === "ACK" || message.method === "CANCEL") return undefined;
  const required = message.getHeaders("require");
  if (required.length > 0) {
    const unknown = required
      .flatMap((value) => value.split(","))
      .map((tag) => tag.trim())
      .filter((tag) => tag !== "" && !supported.includes(tag.toLowerCase()));
    // RFC 3261 8.2.2.3.
    if (unknown.length > 0) return { status: 420, headers: [`Unsupported: ${unknown.join(", ")}`] };
  }
  if (message.method !== "INVITE") return undefined;
  // The answer to an INVITE holds SDP (RFC 3261 21.4.7, RFC 4475 3.3.15).
  const accept = message.getHeaders("accept").join(",").trim();
  if (accept === "" || /application\/(?:sdp|\*)|\*\/\*|multipart\//i.test(accept)) return undefined;
  return { status: 406, headers: [] };
}

/** Marks a Contact that the peer did not write. */
export const ASSUMED_PARAM = "assumed-by-offhook";

function contactAt(peer: HostPort): string {
  return `<sip:${formatHost(peer.address)}:${peer.port}>;${ASSUMED_PARAM}`;
}

/**
 * Gives a response to INVITE what sip.js insists on before it will tell anybody: a To tag on an 18x
 * and a Contact on an 18x or 2xx.
 */
export function normalizeResponse(response: ParsedResponse, peer: HostPort | undefined): void {
  if (response.method !== "INVITE" || response.status <= 100 || response.status >= 300) return;
  const to = response.headers.find((header) => header.name === "to");
  if (to && !/;\s*tag\s*=/i.test(to.value)) to.value += `;tag=${UNTAGGED}`;
  if (headerOf(response, "contact") === undefined && peer)
    response.headers.push({
      name: "contact",
      value: contactAt(peer),
    });
}

/** Whether the body of a request is packed in a way that we cannot undo (RFC 3261 20.12). */
export function isEncoded(message: IncomingRequestMessage): boolean {
  if (!message.body || message.method === "ACK") return false;
  return !/^\s*(?:identity\s*)?$/i.test(message.getHeader("content-encoding") ?? "");
}

/**
 * Leaves one body that sip.js can read: the SDP of a multipart, a body without Content-Type that is
 * plainly SDP, or none. False when a request holds only what we must refuse with 415.
 */
export function normalizeBody(message: IncomingRequestMessage | IncomingResponseMessage): boolean {
  if (message.body === "" || message.body === undefined) return true;
  const contentType = message.getHeader("content-type");
  if (contentType === "application/sdp") return true;
  const type = (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (type.startsWith("multipart/")) {
    const sdp = sdpOfMultipart(message.body, contentType ?? "");
    setBody(message, sdp ?? "", "application/sdp");
    return sdp !== undefined || message.method !== "INVITE";
  }
  if (contentType === undefined) {
    const isSdp = /^v=0\s/.test(message.body);
    setBody(message, isSdp ? message.body : "", "application/sdp");
    return true;
  }
  if (message.method === "INVITE" && type !== "application/sdp") {
    const optional = /handling\s*=\s*optional/i.test(
      message.getHeader("content-disposition") ?? "",
    );
    setBody(message, "", "application/sdp");
    return optional;
  }
  return true;
}

/** The SDP part of a multipart body (RFC 2046 5.1). */
export function sdpOfMultipart(body: string, contentType: string): string | undefined {
  const boundary = parseParams(contentType.slice(contentType.indexOf(";")))["boundary"];
  if (!boundary) return undefined;
  for (const part of body.split(`--${boundary}`)) {
    const split = /\r?\n\r?\n/.exec(part);
    if (!split) continue;
    const head = part.slice(0, split.index);
    if (!/^content-type\s*:\s*application\/sdp/im.test(head)) continue;
    return `${part.slice(split.index + split[0].length).replace(/\r?\n$/, "")}\r\n`;
  }
  return undefined;
}

function setBody(
  message: IncomingRequestMessage | IncomingResponseMessage,
  body: string,
  type: string,
): void {
  message.body = body;
  message.setHeader("content-type", type);
}
