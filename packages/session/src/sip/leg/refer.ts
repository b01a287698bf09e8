import type { TransferProgress } from "../../vocabulary.js";
import { parseNameAddr } from "../message/header-value.js";

/** One dialog as a Replaces header names it (RFC 3891 3), seen from our side. */
export interface DialogName {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** The far side's Contact. */
  readonly remoteTarget: string;
}

/** The `Refer-To` header that sends the far side to `target`, taking over `replaces` (RFC 3515 2.1). */
export function referToHeader(target: string, replaces?: DialogName): string {
  if (!replaces) return `Refer-To: <${target}>`;
  // The receiver of the INVITE is the far side of that dialog, so its tag is `to-tag`.
  const value = `${replaces.callId};to-tag=${replaces.remoteTag};from-tag=${replaces.localTag}`;
  const separator = target.includes("?") ? "&" : "?";
  return `Refer-To: <${target}${separator}Replaces=${encodeURIComponent(value)}>`;
}

/**
 * What one NOTIFY says about a transfer (RFC 3515 2.4.5): the status line of the far side's own
 * INVITE. Undefined when it says nothing.
 */
export function readTransferNotify(
  event: string | undefined,
  body: string,
  subscriptionState: string | undefined,
): TransferProgress | undefined {
  if (!/^\s*refer\b/i.test(event ?? "")) return undefined;
  const line = /^\s*SIP\/2\.0\s+([1-6]\d\d)\b/i.exec(body);
  const ended = /^\s*terminated\b/i.test(subscriptionState ?? "");
  if (!line) return ended ? { status: "failed" } : undefined;
  const sipStatus = Number(line[1]);
  if (sipStatus >= 300) return { status: "failed", sipStatus };
  if (sipStatus >= 200) return { status: "completed", sipStatus };
  if (ended) return { status: "failed", sipStatus };
  return { status: sipStatus > 100 ? "ringing" : "trying", sipStatus };
}

/** Whom a REFER wants us to call. */
export interface ReferTarget {
  readonly uri: string;
  /** The `Replaces` header that our INVITE is to carry (RFC 5589 7). */
  readonly replaces?: string;
  readonly referredBy?: string;
  /** Whom we were to the far side: the caller id that the new call keeps. */
  readonly from?: string;
}

/** Reads a REFER (RFC 3515 2.4.2), or says with which status it is to be refused. */
export function readRefer(
  referTo: readonly string[],
  referredBy: string | undefined,
): ReferTarget | { readonly refusal: number } {
  const [value, second] = referTo;
  if (value === undefined || second !== undefined) return { refusal: 400 };
  const uri = parseNameAddr(value)?.uri;
  // Readable, but no telephone: a web page, say.
  if (!uri) return { refusal: /^[^<]*<?(?!sips?:|tel:)[a-z][a-z+.-]*:/i.test(value) ? 416 : 400 };
  const method = uri.params["method"];
  if (method && method.toUpperCase() !== "INVITE") return { refusal: 501 };
  const [target = "", headers] = uri.text.split("?", 2);
  // Of the headers that the far side would write into our INVITE, only this one is heeded.
  const replaces = replacesAmong(headers);
  if (replaces === "") return { refusal: 400 };
  const by = parseNameAddr(referredBy ?? "")?.uri.text;
  return {
    uri: target.replace(/;method=INVITE/i, ""),
    ...(replaces === undefined ? {} : { replaces }),
    ...(by === undefined ? {} : { referredBy: by }),
  };
}

/** Undefined where there is none, empty where it cannot be read. */
function replacesAmong(headers: string | undefined): string | undefined {
  for (const header of headers?.split("&") ?? []) {
    const [name = "", value = ""] = header.split("=", 2);
    if (name.toLowerCase() !== "replaces") continue;
    try {
      return decodeURIComponent(value).replace(/[\r\n]+/g, " ");
    } catch {
      return "";
    }
  }
  return undefined;
}
