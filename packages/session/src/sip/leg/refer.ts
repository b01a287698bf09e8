import type { TransferProgress } from "../../vocabulary.js";

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
