import type { IncomingRequestMessage, ResponseOptions } from "sip.js/lib/core/index.js";
import { getReasonPhrase } from "sip.js/lib/core/messages/utils.js";

/** What is in each of our responses. */
export interface ResponseSource {
  readonly supported: readonly string[];
  readonly userAgent: string;
}

/** A response to `request` as text (RFC 3261 8.2.6), with `toTag` where the request has none. */
export function writeResponse(
  request: IncomingRequestMessage,
  { statusCode, reasonPhrase, extraHeaders = [], body }: ResponseOptions,
  toTag: string | undefined,
  { supported, userAgent }: ResponseSource,
): string {
  const to = request.getHeader("to") ?? "";
  const lines = [`SIP/2.0 ${statusCode} ${reasonPhrase || getReasonPhrase(statusCode)}`];
  for (const via of request.getHeaders("via")) lines.push(`Via: ${via}`);
  lines.push(
    `From: ${request.getHeader("from")}`,
    `To: ${request.toTag === "" && toTag ? `${to};tag=${toTag}` : to}`,
    `CSeq: ${request.cseq} ${request.method}`,
    `Call-ID: ${request.callId}`,
    `Supported: ${supported.join(", ")}`,
    `User-Agent: ${userAgent}`,
  );
  for (const line of extraHeaders) lines.push(line.trim());
  const content = body?.content ?? "";
  if (body) lines.push(`Content-Type: ${body.contentType}`);
  lines.push(`Content-Length: ${Buffer.byteLength(content)}`, "", content);
  return lines.join("\r\n");
}
