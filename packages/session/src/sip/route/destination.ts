import { parsePhoneNumberFromString } from "libphonenumber-js/max";
import type { Destination } from "../../carrier.js";
import { OffhookError } from "../../errors.js";
import { maskNumber } from "../../logger.js";
import { parseUri } from "../message/header-value.js";

/** Where short numbers and users of a PBX live. */
export interface HomeDomain {
  /** Host and port as the trunk's URI has them. */
  readonly hostPort: string;
}

/** What a PBX takes as an extension: digits with * and #, or a user name. */
const extension = /^[0-9*#][0-9*#]{0,23}$|^[A-Za-z][A-Za-z0-9._-]{0,63}$/;
const visualSeparators = /[\s().-]/g;

/**
 * Parses what somebody wants to dial: E.164 with its plus, a `sip:`, `sips:` or `tel:` URI, or,
 * given a trunk, an extension of it. Numbers are held against the numbering plan's lengths rather
 * than its ranges, which lag behind and leave out numbers reserved for fiction.
 * @throws INVALID_DESTINATION
 */
export function parseDestination(to: string, home: HomeDomain | undefined): Destination {
  const text = to.trim();
  if (/^(?:sips?|tel):/i.test(text)) return parseUriDestination(text, home);
  if (text.startsWith("+")) return parseNumber(text);
  if (extension.test(text)) {
    if (!home) throw invalid(text, "An extension needs a trunk; give a sip: URI or configure one.");
    return { address: `sip:${text.replace(/#/g, "%23")}@${home.hostPort}`, kind: "sip" };
  }
  throw invalid(text, "Write a plus, the country code and the number, or a sip: URI.");
}

function parseUriDestination(text: string, home: HomeDomain | undefined): Destination {
  const uri = parseUri(text);
  if (!uri) throw invalid(text, "Write sip:user@host or sip:user@host:port.");
  if (uri.scheme !== "tel") return { address: uri.text, kind: "sip" };
  const number = uri.user ?? "";
  if (number.startsWith("+")) return parseNumber(number);
  if (!home) throw invalid(text, "A local tel: number needs a trunk; write it with a plus.");
  return { address: `sip:${number.replace(/#/g, "%23")}@${home.hostPort}`, kind: "sip" };
}

function parseNumber(text: string): Destination {
  const written = text.replace(visualSeparators, "");
  const number = /^\+\d{1,15}$/.test(written) ? parsePhoneNumberFromString(written) : undefined;
  if (!number?.isPossible())
    throw invalid(text, "Write the whole number: a plus, the country code, then all digits.");
  return { address: number.number, kind: "e164" };
}

function invalid(text: string, remedy: string): OffhookError {
  const shown = text === "" ? "An empty destination" : `"${maskNumber(text)}"`;
  return new OffhookError("INVALID_DESTINATION", `${shown} is no number or address to dial.`, {
    remedy,
  });
}
