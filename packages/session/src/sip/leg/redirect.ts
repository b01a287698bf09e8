import { parseNameAddr } from "../message/header-value.js";

/** A call may be sent on this often (RFC 3261 8.1.3.4 leaves the number to us). */
export const MAX_REDIRECTS = 5;

/** Where a 3xx may send one call: each place once, and not for ever. */
export class RedirectGuard {
  private readonly tried = new Set<string>();
  private followed = 0;

  constructor(first: string) {
    this.tried.add(first);
  }

  /**
   * The places a 3xx names that were not tried yet, best first (RFC 3261 20.10, `q`); empty once
   * the call runs in circles or was sent on too often. A number may be among them (RFC 3966).
   */
  next(contacts: readonly string[]): string[] {
    if (this.followed >= MAX_REDIRECTS) return [];
    const targets = contacts
      .flatMap((contact) => parseNameAddr(contact) ?? [])
      .map(({ uri, params }) => ({ uri: withoutHeaders(uri.text), q: quality(params["q"]) }))
      .filter(({ uri }) => !this.tried.has(uri))
      .sort((left, right) => right.q - left.q)
      .map(({ uri }) => uri);
    if (targets.length === 0) return [];
    this.followed += 1;
    for (const uri of targets) this.tried.add(uri);
    return targets;
  }
}

function quality(text: string | null | undefined): number {
  const value = Number(text ?? "1");
  return value >= 0 && value <= 1 ? value : 1;
}

/** A redirecting server must not write headers into our INVITE. */
function withoutHeaders(uri: string): string {
  return uri.split("?", 1)[0] ?? uri;
}
