import type { CallerIdentity } from "../../carrier.js";
import { type ParsedUri, parseNameAddr } from "./header-value.js";
import { subscriberOf } from "./subscriber.js";

/** A message's headers, by lower-case name. */
export interface Headers {
  getHeader(name: string): string | undefined;
  getHeaders(name: string): string[];
}

export function identityOf(message: Headers): CallerIdentity {
  const from = parseNameAddr(message.getHeader("from") ?? "");
  const remote = parseNameAddr(message.getHeader("remote-party-id") ?? "");
  const remoteParty = remote && whom(remote.uri);
  const privacy = message.getHeader("privacy") ?? "";
  return {
    asserted: message
      .getHeaders("p-asserted-identity")
      .flatMap((value) => parseNameAddr(value) ?? [])
      .map(({ uri }) => whom(uri)),
    private: /\b(?:id|user|header|full)\b/i.test(privacy) || remote?.params["privacy"] === "full",
    diversion: message.getHeaders("diversion"),
    historyInfo: message.getHeaders("history-info"),
    ...(from?.displayName === undefined ? {} : { displayName: from.displayName }),
    ...(remoteParty === undefined ? {} : { remoteParty }),
  };
}

function whom({ user, text }: ParsedUri): string {
  return user === undefined ? text : subscriberOf(user);
}
