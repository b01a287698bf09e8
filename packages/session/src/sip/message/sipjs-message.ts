import {
  Grammar,
  type IncomingMessage,
  IncomingRequestMessage,
  IncomingResponseMessage,
  NameAddrHeader,
  URI,
} from "sip.js/lib/core/index.js";
import { keepOnce } from "../core/sipjs-patches.js";
import type { Wire } from "../transport/wire.js";
import { sdpOf } from "./evidence.js";
import { plainName, sipjsName } from "./header-names.js";
import {
  detached,
  type HeaderParams,
  type ParsedUri,
  parseAnyUri,
  parseNameAddr,
  parseParams,
  parseUri,
  type ViaValue,
} from "./header-value.js";
import {
  headerOf,
  headersOf,
  type ParsedMessage,
  type ParsedRequest,
  type ParsedResponse,
} from "./parse.js";
import { SdpText } from "./sdp-text.js";

/**
 * A URI that is written back exactly as it came. sip.js would decode, re-escape and re-order it,
 * and cannot hold `tel:` at all. Never changed after construction, so a clone is itself.
 */
export class VerbatimUri extends URI {
  readonly parsed: ParsedUri;

  constructor(parsed: ParsedUri) {
    super(parsed.scheme, parsed.user ?? "", parsed.host || "tel.invalid", parsed.port, {
      ...parsed.params,
    });
    this.parsed = parsed;
    keepOnce(this);
  }

  override clone(): URI {
    return this;
  }

  override toString(): string {
    return this.parsed.text;
  }

  override toRaw(): string {
    return this.parsed.text;
  }
}

/** Any URI that our reader or, failing that, sip.js's grammar understands. */
export function toSipjsUri(text: string): URI | undefined {
  const parsed = parseUri(text);
  return parsed ? new VerbatimUri(parsed) : Grammar.URIParse(text);
}

/**
 * Hands a request to sip.js without its grammar, which costs some 430 µs a header; headers are made
 * sense of when they are asked for. Undefined when an address cannot be read.
 */
export function toSipjsRequest(
  parsed: ParsedRequest,
  via: ViaValue,
): IncomingRequestMessage | undefined {
  const message = fill(new ReadRequest(), parsed, via);
  // A dialog is built from them without another look.
  return message?.toTag || (message?.from && message.to) ? message : undefined;
}

/** The same for a response. */
export function toSipjsResponse(
  parsed: ParsedResponse,
  via: ViaValue,
): IncomingResponseMessage | undefined {
  const message = fill(new ReadResponse(), parsed, via);
  if (!message) return undefined;
  message.statusCode = parsed.status;
  message.reasonPhrase = parsed.phrase;
  return message;
}

function fill<Message extends ReadRequest | ReadResponse>(
  message: Message,
  parsed: ParsedMessage,
  via: ViaValue,
): Message | undefined {
  const fromTag = tagIn(headerOf(parsed, "from") ?? "");
  const toTag = tagIn(headerOf(parsed, "to") ?? "");
  if (fromTag === undefined || toTag === undefined) return undefined;
  message.source = parsed;
  message.topVia = via;
  // Only what sip.js makes up itself has none.
  message.data = "";
  message.method = parsed.method;
  message.via = { ...via, port: via.port ?? 0 };
  message.viaBranch = via.branch ?? "";
  message.callId = headerOf(parsed, "call-id") ?? "";
  message.cseq = parsed.cseq;
  message.fromTag = fromTag;
  // Dialogs keep it for as long as they last, and the address in Contact.
  message.toTag = detached(toTag);
  message.body = parsed.body;
  return message;
}

/** The topmost Via of a message that came through here. */
export function viaOf(message: IncomingRequestMessage): ViaValue | undefined {
  return message instanceof ReadRequest ? message.topVia : undefined;
}

/** The offer or answer in a request, read once. */
export function sdpIn(message: IncomingRequestMessage): SdpText | undefined {
  const text = sdpOf(message);
  if (text === undefined) return undefined;
  if (!(message instanceof ReadRequest)) return new SdpText(text);
  if (message.sdp?.text !== text) message.sdp = new SdpText(text);
  return message.sdp;
}

/** The headers that somebody made up for a purpose of their own, by their names in lower case. */
export function customHeadersOf(message: IncomingRequestMessage): Readonly<Record<string, string>> {
  const custom: Record<string, string> = {};
  if (message instanceof ReadRequest)
    for (const { name, value } of message.source.headers)
      if (name.startsWith("x-"))
        custom[name] = custom[name] === undefined ? value : `${custom[name]}, ${value}`;
  return custom;
}

/** Says by which wire a request came, where that is not the one of its dialog's core. */
export function setWire(message: IncomingRequestMessage, wire: Wire): void {
  if (message instanceof ReadRequest) message.wire = wire;
}

/** That wire, and the way back for the answer. */
export function wireOf(message: IncomingRequestMessage): Wire | undefined {
  return message instanceof ReadRequest ? message.wire : undefined;
}

class ReadRequest extends IncomingRequestMessage {
  declare source: ParsedMessage;
  declare topVia: ViaValue;
  wire: Wire | undefined;
  sdp: SdpText | undefined;
}

class ReadResponse extends IncomingResponseMessage {
  declare source: ParsedMessage;
  declare topVia: ViaValue;
}

interface ReadMessage extends IncomingMessage {
  source: ParsedMessage;
  /** What was made sense of already. */
  meanings?: Meaning[];
}

interface Meaning {
  readonly name: string;
  readonly value: string;
  readonly meaning: unknown;
}

interface SipjsHeader {
  readonly raw: string;
}

/** Lists of tokens, which are one list however many lines they stand on (RFC 3261 7.3.1). */
const tokenLists: ReadonlySet<string> = new Set(["allow", "require", "supported"]);

/** What sip.js keeps in tables that it fills in advance, read from the message at each look. */
const reading: PropertyDescriptorMap & ThisType<ReadMessage> = {
  getHeader: {
    value(this: ReadMessage, name: string): string | undefined {
      const plain = plainName(name);
      return tokenLists.has(plain)
        ? headersOf(this.source, plain).join(", ") || undefined
        : headerOf(this.source, plain);
    },
  },
  getHeaders: {
    value(this: ReadMessage, name: string): string[] {
      return headersOf(this.source, plainName(name));
    },
  },
  hasHeader: {
    value(this: ReadMessage, name: string): boolean {
      return headerOf(this.source, plainName(name)) !== undefined;
    },
  },
  parseHeader: {
    value(this: ReadMessage, name: string, index = 0): unknown {
      const plain = plainName(name);
      const value = index === 0 ? headerOf(this.source, plain) : this.getHeaders(plain)[index];
      if (value === undefined) return undefined;
      this.meanings ??= [];
      for (const kept of this.meanings)
        if (kept.name === plain && kept.value === value) return kept.meaning;
      const meaning = meaningOf(plain, value);
      this.meanings.push({ name: plain, value, meaning });
      return meaning;
    },
  },
  setHeader: {
    value(this: ReadMessage, name: string, value: string): void {
      const plain = plainName(name);
      const { headers } = this.source;
      const field = headers.find((candidate) => candidate.name === plain);
      if (field) field.value = value;
      else headers.push({ name: plain, value });
    },
  },
  headers: {
    get(this: ReadMessage): Record<string, SipjsHeader[]> {
      const table: Record<string, SipjsHeader[]> = {};
      for (const { name, value } of this.source.headers) {
        const key = sipjsName(name);
        const values = table[key];
        if (values) values.push({ raw: value });
        else table[key] = [{ raw: value }];
      }
      return table;
    },
    // sip.js starts every message with an empty table.
    set() {},
  },
  from: {
    get(this: ReadMessage): unknown {
      return this.parseHeader("from");
    },
  },
  to: {
    get(this: ReadMessage): unknown {
      return this.parseHeader("to");
    },
  },
};
Object.defineProperties(ReadRequest.prototype, reading);
Object.defineProperties(ReadResponse.prototype, reading);

/** The value of a header as sip.js's grammar would give it. */
function meaningOf(name: string, value: string): unknown {
  switch (name) {
    case "from":
    case "to":
      // Whoever calls or is called may have a URI that no SIP request could go to (RFC 4475 3.3.4).
      return toNameAddrHeader(value, parseAnyUri);
    case "contact":
      return toNameAddrHeader(detached(value));
    case "refer-to":
    case "record-route":
      return toNameAddrHeader(value);
    case "content-type":
      return mediaType(value);
    case "content-disposition":
      return { type: mediaType(value) };
    case "event":
      return { event: mediaType(value), params: paramsAfterFirst(value) };
    default: {
      const meaning: unknown = Grammar.parse(value, sipjsName(name).replaceAll("-", "_"));
      return meaning === -1 ? undefined : meaning;
    }
  }
}

function toNameAddrHeader(value: string, readUri = parseUri): NameAddrHeader | undefined {
  const parsed = parseNameAddr(value, readUri);
  if (!parsed) return Grammar.nameAddrHeaderParse(value);
  return new NameAddrHeader(new VerbatimUri(parsed.uri), parsed.displayName ?? "", {
    ...parsed.params,
  } as Record<string, string>);
}

/** An address as nearly everybody writes it, with no parameter but the tag. */
const plainAddress =
  /^(?:"[^"\\]*"|[^<>"]*)<[a-z][a-z0-9+.-]*:[^<>"\s]+>(?:\s*;\s*tag\s*=\s*([^\s;,"<>]+))?\s*$/i;

/** The tag of a From or To, empty where it has none; undefined when the address cannot be read. */
function tagIn(value: string): string | undefined {
  const plain = plainAddress.exec(value);
  if (plain) return plain[1] ?? "";
  const header = toNameAddrHeader(value, parseAnyUri);
  return header && (header.getParam("tag") ?? "");
}

function mediaType(value: string): string {
  return (value.split(";", 1)[0] ?? "").trim().toLowerCase();
}

function paramsAfterFirst(value: string): HeaderParams {
  const semicolon = value.indexOf(";");
  return semicolon < 0 ? {} : parseParams(value.slice(semicolon));
}
