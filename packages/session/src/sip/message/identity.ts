import { parseNameAddr } from "./header-value.js";

/** Who calls, by every header that may say so. Private data. */
export interface CallerIdentity {
  readonly displayName?: string;
  /** P-Asserted-Identity (RFC 3325): what a network that we trust vouches for. */
  readonly asserted: readonly string[];
  /** Remote-Party-ID, the older way. */
  readonly remoteParty?: string;
  /** The caller asks not to be shown (RFC 3323). */
  readonly private: boolean;
  /** Who was called first: Diversion (RFC 5806) and History-Info (RFC 7044), as sent. */
  readonly diversion: readonly string[];
  readonly historyInfo: readonly string[];
}

interface Headers {
  getHeader(name: string): string | undefined;
  getHeaders(name: string): string[];
}

export function identityOf(message: Headers): CallerIdentity {
  const from = parseNameAddr(message.getHeader("from") ?? "");
  const remote = parseNameAddr(message.getHeader("remote-party-id") ?? "");
  const remoteParty = remote && (remote.uri.user ?? remote.uri.text);
  const privacy = message.getHeader("privacy") ?? "";
  return {
    ...(from?.displayName === undefined ? {} : { displayName: from.displayName }),
    asserted: message
      .getHeaders("p-asserted-identity")
      .flatMap((value) => parseNameAddr(value) ?? [])
      .map(({ uri }) => uri.user ?? uri.text),
    ...(remoteParty === undefined ? {} : { remoteParty }),
    private: /\b(?:id|user|header|full)\b/i.test(privacy) || remote?.params["privacy"] === "full",
    diversion: message.getHeaders("diversion"),
    historyInfo: message.getHeaders("history-info"),
  };
}
