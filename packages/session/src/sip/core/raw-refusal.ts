import { headerOf, headersOf, type ParsedRequest } from "../message/parse.js";

/**
 * A refusal of a request that is too broken for sip.js (RFC 3261 8.2.6.2); undefined where not even
 * an answer can be put together.
 */
export function rawRefusal(
  request: ParsedRequest,
  status: number,
  why: string,
  tag: string,
): string | undefined {
  const [from, to, callId, cseq] = ["from", "to", "call-id", "cseq"].map((name) =>
    headerOf(request, name),
  );
  if (!from || !to || !callId || !cseq) return undefined;
  return [
    `SIP/2.0 ${status} Bad Request (${why})`,
    ...headersOf(request, "via").map((value) => `Via: ${value}`),
    `From: ${from}`,
    `To: ${to}${/;\s*tag=/i.test(to) ? "" : `;tag=${tag}`}`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq}`,
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
}
