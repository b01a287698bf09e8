import type { IncomingRequestMessage, IncomingResponseMessage } from "sip.js/lib/core/index.js";
import { parseParams, parseVia, type ViaValue } from "../message/header-value.js";
import { headerOf, type ParsedRequest, type ParsedResponse } from "../message/parse.js";
import { formatHost, type HostPort } from "../transport/wire.js";

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
  let value = field.value.replace(/;\s*(?:received|rport)\s*(?:=\s*[^;,\s]*)?/gi, "");
  if (wantsPort) value += `;rport=${from.port}`;
  if (wantsPort || differs) value += `;received=${from.address}`;
  field.value = value;
  return parseVia(value);
}

/**
 * Gives a response to INVITE what sip.js insists on before it will tell anybody: a To tag on an 18x
 * and a Contact on an 18x or 2xx.
 */
export function normalizeResponse(response: ParsedResponse, peer: HostPort | undefined): void {
  if (response.method !== "INVITE" || response.status <= 100 || response.status >= 300) return;
  const to = response.headers.find((header) => header.name === "to");
  if (to && !/;\s*tag\s*=/i.test(to.value)) to.value += ";tag=untagged";
  if (headerOf(response, "contact") === undefined && peer)
    response.headers.push({
      name: "contact",
      value: `<sip:${formatHost(peer.address)}:${peer.port}>`,
    });
}

/**
 * Leaves one body that sip.js can read: the SDP of a multipart, a body without Content-Type that is
 * plainly SDP, or none. False when a request holds only what we must refuse with 415.
 */
export function normalizeBody(message: IncomingRequestMessage | IncomingResponseMessage): boolean {
  if (message.body === "" || message.body === undefined) return true;
  const contentType = message.getHeader("content-type");
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
  message.headers["Content-Type"] = [{ raw: type, parsed: type }];
}
