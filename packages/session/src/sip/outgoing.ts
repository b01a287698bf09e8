import { parseVia, splitOutsideQuotes, type ViaValue } from "./header-value.js";

/** What routing and retransmission need to know of a message that sip.js wrote. */
export interface OutgoingMessage {
  /** 0 for a request. */
  readonly status: number;
  /** The request's, or from a response's CSeq. */
  readonly method: string;
  /** Empty for a response. */
  readonly requestUri: string;
  readonly via: ViaValue;
  readonly callId: string;
  readonly hasToTag: boolean;
  /** The first Route value. */
  readonly route: string | undefined;
}

/** Reads a message of our own making; undefined when it is none. */
export function describeOutgoing(text: string): OutgoingMessage | undefined {
  const headEnd = text.indexOf("\r\n\r\n");
  const firstEnd = text.indexOf("\r\n");
  const first = firstEnd < 0 ? text : text.slice(0, firstEnd);
  const response = first.startsWith("SIP/2.0 ");
  const [method = "", requestUri = ""] = first.split(" ");
  const field = (name: string): string | undefined => {
    const before = text.indexOf(`\r\n${name}: `);
    if (before < 0 || (headEnd >= 0 && before > headEnd)) return undefined;
    const start = before + name.length + 4;
    const end = text.indexOf("\r\n", start);
    return end < 0 ? text.slice(start) : text.slice(start, end);
  };
  const via = parseVia(splitOutsideQuotes(field("Via") ?? "", ",")[0] ?? "");
  if (!via) return undefined;
  const route = field("Route");
  return {
    status: response ? Number(first.slice(8, 11)) : 0,
    method: response ? (field("CSeq")?.split(" ")[1] ?? "") : method,
    requestUri: response ? "" : requestUri,
    via,
    callId: field("Call-ID") ?? "",
    hasToTag: /;tag=/i.test(field("To") ?? ""),
    route: route ? splitOutsideQuotes(route, ",")[0] : undefined,
  };
}
