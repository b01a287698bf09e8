import { createHash } from "node:crypto";
import type { IncomingRequestMessage } from "sip.js/lib/core/index.js";
import type { Clock } from "../../clock.js";

const WINDOW_MS = 32_000;
/** In a flood the oldest are forgotten early: a request that comes by two ways comes at once. */
const MAX_SEEN = 100_000;
/** A longer name than any honest peer's is kept as its hash. */
const LONG_NAME = 256;

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

  /** How many are remembered. */
  get size(): number {
    return this.seen.size;
  }

  /** For a request outside a dialog. */
  isMerged(message: IncomingRequestMessage): boolean {
    if (message.method === "ACK" || message.method === "CANCEL") return false;
    const nowMs = this.clock.nowMs();
    const name = nameOf(message);
    const known = this.seen.get(name);
    if (known && known.expiresMs > nowMs) return known.branch !== message.viaBranch;
    for (const [old, entry] of this.seen) {
      if (entry.expiresMs > nowMs && this.seen.size < MAX_SEEN) break;
      this.seen.delete(old);
    }
    this.seen.set(name, { branch: message.viaBranch, expiresMs: nowMs + WINDOW_MS });
    return false;
  }
}

function nameOf({ fromTag, callId, cseq, method }: IncomingRequestMessage): string {
  const name = `${fromTag}|${callId}|${cseq}|${method}`;
  return name.length > LONG_NAME ? createHash("sha256").update(name).digest("base64") : name;
}
