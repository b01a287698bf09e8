import { z } from "zod";
import { parseUri, unquote } from "../message/header-value.js";

/** Who we say we are. Private data. */
export interface CallerId {
  readonly uri: string;
  readonly displayName?: string;
}

const named = /^\s*("(?:[^"\\]|\\.)*"|[^"<>]*?)\s*<([^<>]+)>\s*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not stand there
const unspeakable = /[\u0000-\u001f\u007f]/;

/**
 * Reads a caller id: E.164, a SIP user, `user@host`, a `sip:`, `sips:` or `tel:` URI, or any of them as
 * `Name <…>`. What has no host of its own is at `domain`. Undefined for what nobody could be called by.
 */
export function readCallerId(text: string, domain: string): CallerId | undefined {
  if (unspeakable.test(text)) return undefined;
  const [, name = "", address = text] = named.exec(text) ?? [];
  const uri = uriOf(address.trim(), domain);
  const displayName = unquote(name.trim());
  if (!parseUri(uri)) return undefined;
  return { uri, ...(displayName === "" ? {} : { displayName }) };
}

export const callerIdSchema = z
  .string()
  .min(1)
  .max(1_000)
  .refine(
    (text) => readCallerId(text, "invalid") !== undefined,
    "is no number, user or SIP URI to call as",
  );

function uriOf(address: string, domain: string): string {
  if (/^(?:sips?|tel):/i.test(address)) return address;
  if (address.includes("@")) return `sip:${address}`;
  // A user may be anything, but for what ends it.
  if (/[<>"]/.test(address)) return "";
  return `sip:${encodeURIComponent(address).replace(/%2B/gi, "+")}@${domain}`;
}
