import {
  Grammar,
  IncomingRequestMessage,
  IncomingResponseMessage,
  NameAddrHeader,
  URI,
} from "sip.js/lib/core/index.js";
import {
  type HeaderParams,
  type NameAddr,
  type ParsedUri,
  parseAnyUri,
  parseNameAddr,
  parseParams,
  parseUri,
  type ViaValue,
} from "./header-value.js";
import { headerOf, type ParsedMessage } from "./parse.js";
import { sipjsName } from "./sipjs-names.js";

/**
 * A URI that is written back exactly as it came. sip.js would decode, re-escape and re-order it,
 * and cannot hold `tel:` at all. Never changed after construction, so a clone is itself.
 */
export class VerbatimUri extends URI {
  readonly text: string;

  constructor(parsed: ParsedUri) {
    super(parsed.scheme, parsed.user ?? "", parsed.host || "tel.invalid", parsed.port, {
      ...parsed.params,
    });
    this.text = parsed.text;
  }

  override clone(): URI {
    return this;
  }

  override toString(): string {
    return this.text;
  }

  override toRaw(): string {
    return this.text;
  }
}

/** Any URI that our reader or, failing that, sip.js's grammar understands. */
export function toSipjsUri(text: string): URI | undefined {
  const parsed = parseUri(text);
  return parsed ? new VerbatimUri(parsed) : Grammar.URIParse(text);
}

/**
 * Hands a message to sip.js without its grammar, which costs some 430 µs a header. All headers that
 * sip.js would parse later are given to it parsed. Undefined when an address cannot be read.
 */
export function toSipjsMessage(
  parsed: ParsedMessage,
  via: ViaValue,
): IncomingRequestMessage | IncomingResponseMessage | undefined {
  const message =
    parsed.kind === "request" ? new IncomingRequestMessage() : new IncomingResponseMessage();
  message.data = parsed.text;
  message.method = parsed.method;
  for (const { name, value } of parsed.headers) {
    const key = sipjsName(name);
    const values = message.headers[key];
    const entry: { raw: string; parsed?: unknown } = { raw: value };
    const meaning = parsedValue(name, value);
    if (meaning !== undefined) entry.parsed = meaning;
    if (values) values.push(entry);
    else message.headers[key] = [entry];
  }
  message.via = { ...via, port: via.port ?? 0 };
  message.viaBranch = via.branch ?? "";
  message.callId = headerOf(parsed, "call-id") ?? "";
  message.cseq = Number.parseInt(headerOf(parsed, "cseq") ?? "", 10);
  const from = message.headers["From"]?.[0]?.parsed as NameAddrHeader | undefined;
  const to = message.headers["To"]?.[0]?.parsed as NameAddrHeader | undefined;
  if (!from || !to) return undefined;
  message.from = from;
  message.to = to;
  message.fromTag = from.getParam("tag") ?? "";
  message.toTag = to.getParam("tag") ?? "";
  message.body = parsed.body;
  if (message instanceof IncomingResponseMessage && parsed.kind === "response") {
    message.statusCode = parsed.status;
    message.reasonPhrase = parsed.phrase;
  }
  return message;
}

/** What sip.js asks `parseHeader` for; anything else stays raw. */
function parsedValue(name: string, value: string): unknown {
  switch (name) {
    case "from":
    case "to":
      // Whoever calls or is called may have a URI that no SIP request could go to (RFC 4475 3.3.4).
      return toNameAddrHeader(value, parseAnyUri);
    case "contact":
    case "refer-to":
    case "record-route":
      return toNameAddrHeader(value);
    case "content-type":
      return mediaType(value);
    case "content-disposition":
      return { type: mediaType(value) };
    case "event":
      return { event: mediaType(value), params: paramsAfterFirst(value) };
    default:
      return undefined;
  }
}

function toNameAddrHeader(value: string, readUri = parseUri): NameAddrHeader | undefined {
  const parsed: NameAddr | undefined = parseNameAddr(value, readUri);
  if (!parsed) return Grammar.nameAddrHeaderParse(value);
  return new NameAddrHeader(new VerbatimUri(parsed.uri), parsed.displayName ?? "", {
    ...parsed.params,
  } as Record<string, string>);
}

function mediaType(value: string): string {
  return (value.split(";", 1)[0] ?? "").trim().toLowerCase();
}

function paramsAfterFirst(value: string): HeaderParams {
  const semicolon = value.indexOf(";");
  return semicolon < 0 ? {} : parseParams(value.slice(semicolon));
}
