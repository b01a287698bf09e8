import type { Buffer } from "node:buffer";
import { plainName } from "./header-names.js";
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
  /** The number of CSeq; NaN where it cannot be read. */
  readonly cseq: number;
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
  "remote-party-id",
]);

/** Headers without which nothing can be made of a message, each with a bit of its own. */
const required = new Map(
  ["via", "from", "to", "call-id", "cseq"].map((name, at) => [name, 1 << at] as const),
);
const ALL_REQUIRED = (1 << required.size) - 1;
/** Headers of which one is all there may be; RFC 4475 3.3.8 wants a second one refused. */
const singles = new Map(
  ["from", "to", "call-id", "cseq", "max-forwards"].map((name, at) => [name, 1 << at] as const),
);

const requestLine = /^([A-Za-z0-9\-.!%*_+`'~]+) (\S+) SIP\/2\.0$/i;
const statusLine = /^SIP\/2\.0 ([1-6]\d\d)(?: (.*))?$/i;
/** A request line with white space where none may be, or of another version of SIP. */
const brokenRequestLine = /^([A-Za-z0-9\-.!%*_+`'~]+)[ \t]+(\S.*?)[ \t]+SIP\/(\d{1,9}\.\d{1,9})$/i;
const viaStart = /^SIP\s*\/\s*\d/i;
const cseqValue = /^(\d{1,10})\s+(\S+)$/;
const lengthValue = /^\d{1,9}$/;
const loneCr = /\r(?!\n)/;
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
  const { head, bodyBytes, bodyOf } = decode(data);
  // A backslash makes a NUL part of a quoted string (RFC 3261 25.1).
  if (head.includes("\0") && /(?:^|[^\\])\0/.test(head))
    return failure("a NUL character in the header");
  const firstEnd = endOfLine(head, 0);
  const first = head.slice(0, firstEnd).trimEnd();
  const whole = requestLine.exec(first);
  const status = whole ? null : statusLine.exec(first);
  const request = whole ?? (status ? null : brokenRequestLine.exec(first));
  if (!request && !status) return failure("the first line is no SIP request or status line");
  const headers = readHeaders(head, firstEnd + 1);
  if (headers.length > MAX_HEADERS) return failure("too many headers");

  const cseq = cseqValue.exec(firstValue(headers, "cseq") ?? "");
  const length = firstValue(headers, "content-length");
  const declared =
    length === undefined ? bodyBytes : lengthValue.test(length) ? Number(length) : -1;
  const body = declared > 0 ? bodyOf(Math.min(declared, bodyBytes)) : "";
  const cseqNumber = cseq ? Number(cseq[1]) : Number.NaN;

  const complaint = (): string | undefined => {
    if (request && !whole)
      return request[3] === "2.0" ? "a request line with too much white space" : "no SIP/2.0";
    const wrong = wrongCount(headers);
    if (wrong !== undefined) return wrong;
    if (!cseq || cseqNumber >= 2 ** 31) return "a CSeq that is no number and method";
    if (declared < 0) return "a Content-Length that is no length";
    for (const { name, value } of headers)
      if (name === "content-length" && value !== length)
        return "more than one content-length header";
      else if (name === "via" && !viaStart.test(value))
        return "a via header that names no transport";
    if (declared > bodyBytes) return "fewer bytes than Content-Length says";
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
      cseq: cseqNumber,
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
      cseq: cseqNumber,
    },
  };
}

/** The first value of a header, by its lower-case full name. */
export function headerOf(message: MessageParts, name: string): string | undefined {
  return firstValue(message.headers, name);
}

/** All values of a header, in order. */
export function headersOf(message: MessageParts, name: string): string[] {
  const values: string[] = [];
  for (const field of message.headers) if (field.name === name) values.push(field.value);
  return values;
}

function failure(reason: string): ParseResult {
  return { ok: false, reason };
}

function firstValue(headers: readonly HeaderField[], name: string): string | undefined {
  for (const field of headers) if (field.name === name) return field.value;
  return undefined;
}

/** What is lacking, empty or there twice. */
function wrongCount(headers: readonly HeaderField[]): string | undefined {
  let filled = 0;
  let seen = 0;
  let repeated: string | undefined;
  for (const { name, value } of headers) {
    const single = singles.get(name) ?? 0;
    if (seen & single) repeated ??= name;
    else if (value !== "") filled |= required.get(name) ?? 0;
    seen |= single;
  }
  if (filled !== ALL_REQUIRED)
    for (const [name, bit] of required) if (!(filled & bit)) return `no ${name} header`;
  return repeated === undefined ? undefined : `more than one ${repeated} header`;
}

interface Decoded {
  /** The first line and the headers. */
  readonly head: string;
  readonly bodyBytes: number;
  /** The first so many bytes of the body as text. */
  readonly bodyOf: (bytes: number) => string;
}

/** Decodes everything at once where a byte is a character, as it nearly always is. */
function decode(data: Buffer): Decoded {
  const start = skipBlankLines(data);
  const text = data.toString("utf8", start);
  const isPlain = text.length === data.length - start;
  const { headEnd, bodyStart } = isPlain ? findBody(text, 0) : findBody(data, start);
  const head = isPlain ? text.slice(0, headEnd) : data.toString("utf8", start, headEnd);
  return {
    // A CR of its own ends a line too, or it would get into what we write.
    head: loneCr.test(head) ? head.replace(/\r(?!\n)/g, "\n") : head,
    bodyBytes: (isPlain ? text : data).length - bodyStart,
    bodyOf: (bytes) =>
      isPlain
        ? text.slice(bodyStart, bodyStart + bytes)
        : data.toString("utf8", bodyStart, bodyStart + bytes),
  };
}

function readHeaders(head: string, start: number): HeaderField[] {
  const headers: HeaderField[] = [];
  let at = start;
  while (at < head.length) {
    let end = endOfLine(head, at);
    let next = end + 1;
    let folded: string | undefined;
    // A line that starts with white space goes on with the one before (RFC 3261 7.3.1).
    while (isBlank(head, next)) {
      folded ??= head.slice(at, end).trimEnd();
      end = endOfLine(head, next);
      folded += ` ${head.slice(next, end).trim()}`;
      next = end + 1;
    }
    if (folded === undefined) addField(headers, head, at, end);
    else addField(headers, folded, 0, folded.length);
    at = next;
  }
  return headers;
}

function addField(headers: HeaderField[], text: string, start: number, end: number): void {
  const colon = text.indexOf(":", start);
  if (colon <= start || colon >= end) return;
  const name = plainName(text.slice(start, colon));
  const value = text.slice(colon + 1, end).trim();
  if (!lists.has(name)) headers.push({ name, value });
  else
    for (const part of splitOutsideQuotes(value, ","))
      if (part.trim() !== "") headers.push({ name, value: part.trim() });
}

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;

function isBlank(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === SPACE || code === TAB;
}

function endOfLine(text: string, start: number): number {
  const at = text.indexOf("\n", start);
  return at < 0 ? text.length : at;
}

function skipBlankLines(data: Buffer): number {
  let at = 0;
  while (at < data.length && (data[at] === CR || data[at] === LF)) at++;
  return at;
}

function findBody(message: string | Buffer, start: number): { headEnd: number; bodyStart: number } {
  const crlf = message.indexOf("\r\n\r\n", start);
  if (crlf >= 0) return { headEnd: crlf, bodyStart: crlf + 4 };
  const lf = message.indexOf("\n\n", start);
  if (lf >= 0) return { headEnd: lf, bodyStart: lf + 2 };
  return { headEnd: message.length, bodyStart: message.length };
}
