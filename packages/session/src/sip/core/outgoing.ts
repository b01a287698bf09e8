import { parseVia, splitOutsideQuotes, type ViaValue } from "../message/header-value.js";
import { isUniqueBranch, legacyBranch } from "./legacy-transaction.js";

/** What routing and retransmission need to know of a message that sip.js wrote. */
export interface OutgoingMessage {
  /** 0 for a request. */
  readonly status: number;
  /** The request's, or from a response's CSeq. */
  readonly method: string;
  /** Empty for a response. */
  readonly requestUri: string;
  readonly via: ViaValue;
  /** The Via's, or what stands for it in a response to an RFC 2543 client. */
  readonly branch: string;
  readonly callId: string;
  readonly hasToTag: boolean;
  /** The first Route value. */
  readonly route: string | undefined;
}

/** Reads a message of our own making, whose form is known; undefined when it is none. */
export function describeOutgoing(text: string): OutgoingMessage | undefined {
  const headEnd = text.indexOf("\r\n\r\n");
  const firstEnd = text.indexOf("\r\n");
  const first = text.slice(0, firstEnd);
  const field = (name: string): string | undefined => {
    const at = text.indexOf(`\r\n${name}: `);
    if (at < 0 || (headEnd >= 0 && at > headEnd)) return undefined;
    const start = at + name.length + 4;
    return text.slice(start, text.indexOf("\r\n", start));
  };
  const via = parseVia(splitOutsideQuotes(field("Via") ?? "", ",")[0] ?? "");
  if (!via) return undefined;
  const response = first.startsWith("SIP/2.0 ");
  const [method = "", requestUri = ""] = response ? [] : first.split(" ", 2);
  const route = field("Route");
  const { branch = "" } = via;
  const callId = field("Call-ID") ?? "";
  return {
    status: response ? Number(first.slice(8, 11)) : 0,
    method: response ? (field("CSeq")?.split(" ")[1] ?? "") : method,
    requestUri,
    via,
    branch:
      response && !isUniqueBranch(branch)
        ? legacyBranch(branch, callId, field("CSeq"), field("From"))
        : branch,
    callId,
    hasToTag: /;tag=/i.test(field("To") ?? ""),
    route: route ? splitOutsideQuotes(route, ",")[0] : undefined,
  };
}
