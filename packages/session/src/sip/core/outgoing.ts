import type { IncomingRequestMessage, URI } from "sip.js/lib/core/index.js";
import {
  type ParsedUri,
  parseUri,
  parseVia,
  splitOutsideQuotes,
  type ViaValue,
} from "../message/header-value.js";
import { VerbatimUri, viaOf } from "../message/sipjs-message.js";
import { isUniqueBranch, legacyBranch } from "./legacy-transaction.js";
import { OwnRequest } from "./own-request.js";
import { sentBy } from "./routing.js";
import { isLooseRoute } from "./strict-route.js";

/** What routing and retransmission need to know of a message that sip.js wrote. */
export type OutgoingMessage = OutgoingRequest | OutgoingResponse;

export interface OutgoingRequest {
  readonly kind: "request";
  readonly method: string;
  readonly branch: string;
  readonly callId: string;
  /** Within a dialog, the far side's tag; else empty. */
  readonly toTag: string;
  readonly hasRoute: boolean;
  /** The first Route, else or towards a strict router the Request-URI (RFC 3261 8.1.2). */
  readonly nextUri: ParsedUri | undefined;
}

export interface OutgoingResponse {
  readonly kind: "response";
  readonly status: number;
  /** From CSeq. */
  readonly method: string;
  readonly via: ViaValue;
  /** The Via's, or what stands for it in a response to an RFC 2543 client. */
  readonly branch: string;
}

/** What sip.js sends a message for: its own request, or the one it answers. */
export type Origin = OwnRequest | IncomingRequestMessage;

/**
 * Says what `text` is: by its origin where that tells, else by reading what was just written.
 * Undefined when it is no message of ours.
 */
export function describeOutgoing(text: string, origin?: Origin): OutgoingMessage | undefined {
  if (origin instanceof OwnRequest)
    // An ACK is written for the INVITE that it ends.
    return text.startsWith(`${origin.method} `) ? describeRequest(origin) : readOutgoing(text);
  const via = origin && viaOf(origin);
  if (!origin || !via) return readOutgoing(text);
  return {
    kind: "response",
    status: statusOf(text),
    method: origin.method,
    via,
    branch: origin.viaBranch.slice(0, -sentBy(via).length - 1),
  };
}

function describeRequest(request: OwnRequest): OutgoingRequest {
  const { method, callId, ruri } = request;
  const route = request.headers["Route"]?.[0];
  return {
    kind: "request",
    method,
    branch: request.branch ?? "",
    callId,
    toTag: request.toTag ?? "",
    hasRoute: route !== undefined,
    nextUri: firstRoute(route) ?? parsedUri(ruri),
  };
}

/** Reads a message of our own making, whose form is known. */
function readOutgoing(text: string): OutgoingMessage | undefined {
  const headEnd = text.indexOf("\r\n\r\n");
  const field = (name: string): string | undefined => {
    const at = text.indexOf(`\r\n${name}: `);
    if (at < 0 || (headEnd >= 0 && at > headEnd)) return undefined;
    const start = at + name.length + 4;
    return text.slice(start, text.indexOf("\r\n", start));
  };
  const via = parseVia(splitOutsideQuotes(field("Via") ?? "", ",")[0] ?? "");
  if (!via) return undefined;
  const { branch = "" } = via;
  const callId = field("Call-ID") ?? "";
  if (text.startsWith("SIP/2.0 ")) {
    const cseq = field("CSeq");
    return {
      kind: "response",
      status: statusOf(text),
      method: cseq?.split(" ")[1] ?? "",
      via,
      branch: isUniqueBranch(branch) ? branch : legacyBranch(branch, callId, cseq, field("From")),
    };
  }
  const [method = "", requestUri = ""] = text.slice(0, text.indexOf("\r\n")).split(" ", 2);
  const route = field("Route");
  return {
    kind: "request",
    method,
    branch,
    callId,
    toTag: /;tag=([^;\s]*)/i.exec(field("To") ?? "")?.[1] ?? "",
    hasRoute: route !== undefined,
    nextUri: firstRoute(route) ?? parseUri(requestUri),
  };
}

function statusOf(text: string): number {
  return Number(text.slice("SIP/2.0 ".length, "SIP/2.0 200".length));
}

/** What no loose router is named by comes from `strictlyRouted`: the Request-URI says where to. */
function firstRoute(value: string | undefined): ParsedUri | undefined {
  if (value === undefined) return undefined;
  const first = splitOutsideQuotes(value, ",")[0] ?? "";
  if (!isLooseRoute(first)) return undefined;
  return parseUri(/<([^>]*)>/.exec(first)?.[1] ?? first.trim());
}

function parsedUri(uri: URI): ParsedUri | undefined {
  return uri instanceof VerbatimUri ? uri.parsed : parseUri(uri.toRaw());
}
