import type { IncomingRequestMessage } from "sip.js/lib/core/index.js";
import type { Clock } from "../../clock.js";

const WINDOW_MS = 32_000;

/**
 * Notices the same request that came by two ways (RFC 3261 8.2.2.2), by an index; sip.js would
 * compare each new request with all live transactions.
 */
export class MergedRequests {
  private readonly clock: Clock;
  private readonly seen = new Map<string, { branch: string; expiresMs: number }>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** For a request outside a dialog. */
  isMerged(message: IncomingRequestMessage): boolean {
    if (message.method === "ACK" || message.method === "CANCEL") return false;
    const nowMs = this.clock.nowMs();
    const name = `${message.fromTag}|${message.callId}|${message.cseq}|${message.method}`;
    const known = this.seen.get(name);
    if (known && known.expiresMs > nowMs) return known.branch !== message.viaBranch;
    for (const [old, entry] of this.seen) {
      if (entry.expiresMs > nowMs) break;
      this.seen.delete(old);
    }
    this.seen.set(name, { branch: message.viaBranch, expiresMs: nowMs + WINDOW_MS });
    return false;
  }
}
