import type { Buffer } from "node:buffer";
import { splitOutsideQuotes } from "./header-value.js";

/** One header field; a folded one is joined, a comma-separated one split. */
export interface HeaderField {
  /** In lower case, never the compact form. */
  readonly name: string;
  value: string;
}

interface MessageParts {
  readonly headers: HeaderField[];
  readonly body: string;
  /** The message as text, as it came. */
  readonly text: string;
}

export interface ParsedRequest extends MessageParts {
  readonly kind: "request";
  readonly method: string;
  readonly requestUri: string;
}

export interface ParsedResponse extends MessageParts {
  readonly kind: "response";
  readonly status: number;
  readonly phrase: string;
  /** From CSeq. */
  readonly method: string;
}

export type ParsedMessage = ParsedRequest | ParsedResponse;

export type ParseResult =
  | { readonly ok: true; readonly message: ParsedMessage }
  | {
      readonly ok: false;
      /** Why, in words that hold nothing of the message. */
      readonly reason: string;
      /** What could be read of a request that deserves an answer all the same (RFC 3261 8.2.6). */
      readonly request?: ParsedRequest;
      /** That answer. */
      readonly status?: 400 | 501 | 505;
    };

const compactNames: Readonly<Record<string, string>> = {
  a: "accept-contact",
  b: "referred-by",
  c: "content-type",
  d: "request-disposition",
  e: "content-encoding",
  f: "from",
  i: "call-id",
  j: "reject-contact",
  k: "supported",
  l: "content-length",
  m: "contact",
  o: "event",
  r: "refer-to",
  s: "subject",
  t: "to",
  u: "allow-events",
  v: "via",
  x: "session-expires",
  y: "identity",
};

/** Headers whose comma-separated values are read one by one. */
const lists = new Set([
  "via",
  "contact",
  "route",
  "record-route",
  "path",
  "service-route",
  "diversion",
  "history-info",
  "p-asserted-identity",
]);

/** Headers of which one is all there may be; RFC 4475 3.3.8 wants a second one refused. */
const singles = ["from", "to", "call-id", "cseq", "max-forwards"] as const;

const requestLine = /^([A-Za-z0-9\-.!%*_+`'~]+) (\S+) SIP\/2\.0$/i;
const statusLine = /^SIP\/2\.0 ([1-6]\d\d)(?: (.*))?$/i;
const viaStart = /^SIP\s*\/\s*\d/i;
/** A request line with white space where none may be, or of another version of SIP. */
const brokenRequestLine = /^([A-Za-z0-9\-.!%*_+`'~]+)[ \t]+(\S.*?)[ \t]+SIP\/(\d{1,9}\.\d{1,9})$/i;
const token = /^[A-Za-z0-9\-.!%*_+`'~]+$/;
const MAX_HEADERS = 256;
/** Methods that some RFC knows; any other is answered with 501. */
const methods = new Set(
  "ACK BYE CANCEL INFO INVITE MESSAGE NOTIFY OPTIONS PRACK PUBLISH REFER REGISTER SUBSCRIBE UPDATE".split(
    " ",
  ),
);

/**
 * Reads one SIP message (RFC 3261 7) as peers write them: bare LF, leading blank lines, compact and
 * folded headers. Makes no sense of header values beyond what routing needs.
 */
export function parseMessage(data: Buffer): ParseResult {
  const start = skipBlankLines(data);
  const { headEnd, bodyStart } = findBody(data, start);
  const head = data.toString("utf8", start, headEnd);
  // A backslash makes a NUL part of a quoted string (RFC 3261 25.1).
  if (head.includes("\0") && /(?:^|[^\\])\0/.test(head))
    return failure("a NUL character in the header");
  const lines = head.split(/\r\n|\n|\r/);
  const first = (lines[0] ?? "").trimEnd();
  const whole = requestLine.exec(first);
  const status = whole ? null : statusLine.exec(first);
  const request = whole ?? (status ? null : brokenRequestLine.exec(first));
  if (!request && !status) return failure("the first line is no SIP request or status line");
  const headers = readHeaders(lines);
  if (headers.length > MAX_HEADERS) return failure("too many headers");
  const get = (name: string) => headers.find((header) => header.name === name)?.value;

  const cseq = /^(\d{1,10})\s+(\S+)$/.exec(get("cseq") ?? "");
  const length = get("content-length");
  const available = data.length - bodyStart;
  const declared =
    length === undefined ? available : /^\d{1,9}$/.test(length) ? Number(length) : -1;
  const body =
    declared > 0 ? data.toString("utf8", bodyStart, bodyStart + Math.min(declared, available)) : "";
  const text = data.toString("utf8", start);

  const complaint = (): string | undefined => {
    if (request && !whole)
      return request[3] === "2.0" ? "a request line with too much white space" : "no SIP/2.0";
    for (const name of ["via", "from", "to", "call-id", "cseq"])
      if (!get(name)) return `no ${name} header`;
    if (!cseq || Number(cseq[1]) >= 2 ** 31) return "a CSeq that is no number and method";
    for (const name of singles) {
      const first = headers.findIndex((header) => header.name === name);
      if (headers.findIndex((header, at) => at > first && header.name === name) > 0)
        return `more than one ${name} header`;
    }
    if (declared < 0) return "a Content-Length that is no length";
    if (headers.some(({ name, value }) => name === "content-length" && value !== length))
      return "more than one content-length header";
    for (const { name, value } of headers)
      if (name === "via" && !viaStart.test(value)) return "a via header that names no transport";
    if (declared > available) return "fewer bytes than Content-Length says";
    if (request && cseq[2]?.toUpperCase() !== request[1]?.toUpperCase())
      return "a CSeq method that is not the request's";
    return undefined;
  };
  const reason = complaint();
  if (request) {
    const message: ParsedRequest = {
      kind: "request",
      method: (request[1] ?? "").toUpperCase(),
      requestUri: request[2] ?? "",
      headers,
      body,
      text,
    };
    if (reason === undefined) return { ok: true, message };
    const ofOtherVersion = !whole && request[3] !== "2.0";
    const refusal = ofOtherVersion ? 505 : methods.has(message.method) ? 400 : 501;
    return { ok: false, reason, request: message, status: refusal };
  }
  if (reason !== undefined) return failure(reason);
  const method = (cseq?.[2] ?? "").toUpperCase();
  if (!token.test(method)) return failure("a CSeq without a method");
  return {
    ok: true,
    message: {
      kind: "response",
      status: Number(status?.[1]),
      phrase: status?.[2]?.trim() ?? "",
      method,
      headers,
      body,
      text,
    },
  };
}

/** The first value of a header, by its lower-case full name. */
export function headerOf(message: MessageParts, name: string): string | undefined {
  return message.headers.find((header) => header.name === name)?.value;
}

/** All values of a header, in order. */
export function headersOf(message: MessageParts, name: string): string[] {
  return message.headers.filter((header) => header.name === name).map((header) => header.value);
}

function failure(reason: string): ParseResult {
  return { ok: false, reason };
}

function readHeaders(lines: readonly string[]): HeaderField[] {
  const headers: HeaderField[] = [];
  const add = (line: string) => {
    const colon = line.indexOf(":");
    if (colon < 1) return;
    const written = line.slice(0, colon).trim().toLowerCase();
    const name = (written.length === 1 && compactNames[written]) || written;
    const value = line.slice(colon + 1).trim();
    if (!lists.has(name)) headers.push({ name, value });
    else
      for (const part of splitOutsideQuotes(value, ","))
        if (part.trim() !== "") headers.push({ name, value: part.trim() });
  };
  let current: string | undefined;
  for (let at = 1; at < lines.length; at++) {
    const line = lines[at] ?? "";
    // A line that starts with white space goes on with the one before (RFC 3261 7.3.1).
    if (current !== undefined && /^[ \t]/.test(line)) current += ` ${line.trim()}`;
    else {
      if (current !== undefined) add(current);
      current = line;
    }
  }
  if (current !== undefined) add(current);
  return headers;
}

const CR = 13;
const LF = 10;

function skipBlankLines(data: Buffer): number {
  let at = 0;
  while (at < data.length && (data[at] === CR || data[at] === LF)) at++;
  return at;
}

function findBody(data: Buffer, start: number): { headEnd: number; bodyStart: number } {
  const crlf = data.indexOf("\r\n\r\n", start);
  if (crlf >= 0) return { headEnd: crlf, bodyStart: crlf + 4 };
  const lf = data.indexOf("\n\n", start);
  if (lf >= 0) return { headEnd: lf, bodyStart: lf + 2 };
  return { headEnd: data.length, bodyStart: data.length };
}
