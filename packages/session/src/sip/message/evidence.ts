import type { IncomingResponseMessage } from "sip.js/lib/core/index.js";
import type {
  FinalResponse,
  ProvisionalResponse,
  ReasonEvidence,
  RetargetEvidence,
} from "../../vocabulary.js";
import { readReasonHeaders } from "./reason-header.js";
import { readRetarget } from "./retarget.js";

/** What one message says, as the vocabulary has it. */

interface Headers {
  getHeaders(name: string): string[];
}

export function reasonOf(message: Headers): ReasonEvidence {
  return readReasonHeaders(message.getHeaders("reason"));
}

export function retargetOf(message: Headers): { retarget?: RetargetEvidence } {
  const retarget = readRetarget(
    message.getHeaders("diversion"),
    message.getHeaders("history-info"),
  );
  return retarget ? { retarget } : {};
}

export function provisionalOf(message: IncomingResponseMessage): ProvisionalResponse {
  const toTag = tagOf(message);
  return {
    status: message.statusCode ?? 0,
    phrase: message.reasonPhrase ?? "",
    ...(toTag === undefined ? {} : { toTag }),
    hasSdp: sdpOf(message) !== undefined,
    ...retargetOf(message),
  };
}

export function finalOf(message: IncomingResponseMessage): FinalResponse {
  const warning = message.getHeader("warning");
  const retryAfter = /^\s*(\d{1,9})(?!\d)/.exec(message.getHeader("retry-after") ?? "")?.[1];
  // A 608 names where to object in a Call-Info with purpose=jwscard (RFC 8688 3.2).
  const redress = message
    .getHeaders("call-info")
    .map((value) =>
      /purpose\s*=\s*"?jwscard/i.test(value) ? /<([^>]+)>/.exec(value)?.[1] : undefined,
    )
    .find((uri) => uri !== undefined);
  return {
    status: message.statusCode ?? 0,
    phrase: message.reasonPhrase ?? "",
    ...reasonOf(message),
    ...(warning === undefined ? {} : { warning }),
    ...(retryAfter === undefined ? {} : { retryAfter: Number(retryAfter) }),
    ...(redress === undefined ? {} : { redress }),
    ...retargetOf(message),
  };
}

/** Stands for the tag of an RFC 2543 peer, which has none (RFC 3261 12.1.2); it never leaves us. */
export const UNTAGGED = "untagged";

/** The fork's tag; absent where the peer gave none. */
export function tagOf(message: IncomingResponseMessage): string | undefined {
  return message.toTag === "" || message.toTag === UNTAGGED ? undefined : message.toTag;
}

/** sip.js makes up a 408 or 503 when a timer runs out or a send fails; only real ones have text. */
export function isSynthetic(message: IncomingResponseMessage): boolean {
  return message.data === undefined;
}

/** The SDP of a message; other bodies do not count. */
export function sdpOf(message: {
  readonly body: string | undefined;
  getHeader(name: string): string | undefined;
}): string | undefined {
  if (!message.body) return undefined;
  return /^\s*application\/sdp/i.test(message.getHeader("content-type") ?? "")
    ? message.body
    : undefined;
}
