/**
 * Tolerant readers for the values of SIP headers (RFC 3261 25). They take what peers really send
 * and return undefined where no meaning can be found.
 */

export type HeaderParams = Readonly<Record<string, string | null>>;

export interface ParsedUri {
  /** In lower case: `sip`, `sips`, `tel`. */
  readonly scheme: string;
  /** Percent-decoded; the number of a `tel:`. Private data. */
  readonly user: string | undefined;
  /** In lower case; IPv6 keeps its brackets. Empty for `tel:`. */
  readonly host: string;
  readonly port: number | undefined;
  readonly params: HeaderParams;
  /** Exactly as it was sent. */
  readonly text: string;
}

export interface NameAddr {
  readonly displayName: string | undefined;
  readonly uri: ParsedUri;
  readonly params: HeaderParams;
}

export interface ViaValue {
  /** `UDP`, `TCP`, `TLS`, `WS`, `WSS`. */
  readonly transport: string;
  readonly host: string;
  readonly port: number | undefined;
  readonly params: HeaderParams;
  readonly branch: string | undefined;
}

const sipUri =
  /^(sips?):(?:([^@<>"\s]*)@)?(\[[0-9a-f:.%]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?((?:;[^?<>"\s]*)?)(\?[^<>"\s]*)?$/i;
const telUri = /^tel:(\+?[0-9a-f*#().-]+)((?:;[^<>"\s]*)?)$/i;
const anyUri = /^([a-z][a-z0-9+.-]*):[^<>"\s]+$/i;
const viaSyntax =
  /^SIP\s*\/\s*\d{1,9}\.\d{1,9}\s*\/\s*([\w-]+)\s+(\[[0-9a-f:.%]+\]|[^\s;:,[\]]+)\s*(?::\s*(\d{1,5}))?\s*(;.*)?$/is;

/** A `sip:`, `sips:` or `tel:` URI (RFC 3261 19.1, RFC 3966). */
export function parseUri(text: string): ParsedUri | undefined {
  const sip = sipUri.exec(text);
  if (sip) {
    const port = sip[4] === undefined ? undefined : Number(sip[4]);
    if (port !== undefined && port > 65_535) return undefined;
    // The password is no part of who is called.
    const user = sip[2]?.split(":", 1)[0];
    return {
      scheme: (sip[1] ?? "sip").toLowerCase(),
      user: user ? percentDecode(user) : undefined,
      host: (sip[3] ?? "").toLowerCase(),
      port,
      params: sip[5] ? parseParams(sip[5]) : noParams,
      text,
    };
  }
  const tel = telUri.exec(text);
  if (!tel) return undefined;
  return {
    scheme: "tel",
    user: (tel[1] ?? "").replace(/[().-]/g, ""),
    host: "",
    port: undefined,
    params: tel[2] ? parseParams(tel[2]) : noParams,
    text,
  };
}

/** A URI of any scheme; one that is no `sip:`, `sips:` or `tel:` has neither user nor host. */
export function parseAnyUri(text: string): ParsedUri | undefined {
  const known = parseUri(text);
  const scheme = known ? undefined : anyUri.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined || /^(?:sips?|tel)$/.test(scheme)) return known;
  return { scheme, user: undefined, host: "", port: undefined, params: noParams, text };
}

/** `"Name" <uri>;params`, `Name <uri>;params` or `uri;params` (RFC 3261 20.10). */
export function parseNameAddr(value: string, readUri = parseUri): NameAddr | undefined {
  const open = indexOutsideQuotes(value, "<");
  if (open < 0) {
    const semicolon = value.indexOf(";");
    const uri = readUri((semicolon < 0 ? value : value.slice(0, semicolon)).trim());
    if (!uri) return undefined;
    const params = semicolon < 0 ? noParams : parseParams(value.slice(semicolon));
    return { displayName: undefined, uri, params };
  }
  const close = value.indexOf(">", open);
  if (close < 0) return undefined;
  const uri = readUri(value.slice(open + 1, close).trim());
  if (!uri) return undefined;
  const displayName = unquote(value.slice(0, open).trim());
  const rest = value.slice(close + 1).trim();
  return {
    displayName: displayName === "" ? undefined : displayName,
    uri,
    params: rest === "" ? noParams : parseParams(rest),
  };
}

/** The value of one Via (RFC 3261 20.42). */
export function parseVia(value: string): ViaValue | undefined {
  const match = viaSyntax.exec(value);
  if (!match) return undefined;
  const port = match[3] === undefined ? undefined : Number(match[3]);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  const params = match[4] ? parseParams(match[4]) : noParams;
  return {
    transport: (match[1] ?? "").toUpperCase(),
    host: (match[2] ?? "").toLowerCase(),
    port,
    params,
    branch: params["branch"] ?? undefined,
  };
}

/** `;name=value;flag`, names in lower case, quoted values unquoted. Later duplicates are ignored. */
export function parseParams(text: string, separator = ";"): HeaderParams {
  const params: Record<string, string | null> = {};
  for (const part of splitOutsideQuotes(text, separator)) {
    const equals = part.indexOf("=");
    const name = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase();
    if (name === "" || Object.hasOwn(params, name)) continue;
    params[name] = equals < 0 ? null : unquote(part.slice(equals + 1).trim());
  }
  return params;
}

const needsCare = /["<]/;

/** Splits at `separator` wherever it stands outside quotes and angle brackets. */
export function splitOutsideQuotes(value: string, separator: string): string[] {
  if (!value.includes(separator)) return [value];
  if (!needsCare.test(value)) return value.split(separator);
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  let angle = false;
  for (let at = 0; at < value.length; at++) {
    const char = value[at];
    if (quoted) {
      if (char === "\\") at++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === "<") angle = true;
    else if (char === ">") angle = false;
    else if (char === separator && !angle) {
      parts.push(value.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(value.slice(start));
  return parts;
}

/** Takes the quotes and backslashes off a quoted string; leaves anything else as it is. */
export function unquote(text: string): string {
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return text;
  return text.slice(1, -1).replace(/\\(.)/gs, "$1");
}

/** The text as a quoted string, safe inside a header. */
export function quote(text: string): string {
  return `"${text.replace(/[\r\n]+/g, " ").replace(/["\\]/g, "\\$&")}"`;
}

/** A copy of its own: a piece of a message keeps all of the message in memory. */
export function detached(text: string): string {
  return text.length < SHORTEST_PIECE ? text : Buffer.from(text).toString();
}

/** V8 copies what is shorter. */
const SHORTEST_PIECE = 13;

const noParams: HeaderParams = Object.freeze({});

function indexOutsideQuotes(value: string, wanted: string): number {
  let quoted = false;
  for (let at = 0; at < value.length; at++) {
    const char = value[at];
    if (quoted) {
      if (char === "\\") at++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === wanted) return at;
  }
  return -1;
}

function percentDecode(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
