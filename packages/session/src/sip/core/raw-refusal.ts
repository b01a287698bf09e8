import { headerOf, headersOf, type ParsedRequest } from "../message/parse.js";

const phrases: Readonly<Record<number, string>> = {
  400: "Bad Request",
  416: "Unsupported URI Scheme",
  501: "Not Implemented",
  505: "Version Not Supported",
};

/**
 * A refusal of a request that is too broken for sip.js (RFC 3261 8.2.6.2). What the request lacks,
 * the answer lacks too: its Via is enough to find the way back (RFC 4475 3.3.1).
 */
export function rawRefusal(
  request: ParsedRequest,
  status: number,
  why: string,
  tag: string,
): string {
  const to = headerOf(request, "to");
  const copied = (name: string, label: string) => {
    const value = headerOf(request, name);
    return value === undefined ? [] : [`${label}: ${value}`];
  };
  return [
    `SIP/2.0 ${status} ${phrases[status] ?? "Refused"} (${why})`,
    ...headersOf(request, "via").map((value) => `Via: ${value}`),
    ...copied("from", "From"),
    ...(to === undefined ? [] : [`To: ${to}${/;\s*tag=/i.test(to) ? "" : `;tag=${tag}`}`]),
    ...copied("call-id", "Call-ID"),
    ...copied("cseq", "CSeq"),
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
}
