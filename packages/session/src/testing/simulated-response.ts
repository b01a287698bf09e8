import { readReasonHeaders } from "../sip/message/reason-header.js";
import { readRetarget } from "../sip/message/retarget.js";
import type { FinalResponse, RetargetEvidence } from "../vocabulary.js";
import { phraseOf } from "./response-phrases.js";

/** A final response as a real leg would have read it. */
export function finalResponseOf(given: {
  readonly status: number;
  readonly phrase?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly reasonHeaders: readonly string[];
}): FinalResponse {
  const headers = lowerCased(given.headers ?? {});
  const retryAfter = Number.parseInt(headers["retry-after"] ?? "", 10);
  const written = headers["reason"];
  const reasons = written === undefined ? given.reasonHeaders : [...given.reasonHeaders, written];
  return {
    status: given.status,
    phrase: given.phrase ?? phraseOf(given.status),
    ...readReasonHeaders(reasons),
    ...(headers["warning"] === undefined ? {} : { warning: headers["warning"] }),
    ...(Number.isNaN(retryAfter) ? {} : { retryAfter }),
    ...(given.status === 608 && headers["call-info"] ? { redress: headers["call-info"] } : {}),
    ...retargetOf(headers),
  };
}

/** What the headers of a response say about being sent elsewhere. */
export function retargetOf(given: Readonly<Record<string, string>>): {
  retarget?: RetargetEvidence;
} {
  const headers = lowerCased(given);
  const list = (value: string | undefined) => (value === undefined ? [] : [value]);
  const retarget = readRetarget(list(headers["diversion"]), list(headers["history-info"]));
  return retarget ? { retarget } : {};
}

function lowerCased(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
