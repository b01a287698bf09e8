import type { Clock } from "../../clock.js";
import { type HostPort, hostPortKey } from "../transport/wire.js";

/** A server that failed is asked after the others for so long. */
const TROUBLE_MS = 30_000;
const MAX_TROUBLE_MS = 600_000;
const MAX_HOPS = 1_000;

/**
 * Which servers failed lately: silent, out of reach, or 503. The next calls ask the others first
 * (RFC 3261 21.5.4), rather than find out again one by one; where there is no other they are asked all
 * the same.
 */
export class HopTroubles {
  private readonly clock: Clock;
  private readonly untilMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** It failed, and will not be back for `forMs` by its own account. */
  add(hop: HostPort, forMs = TROUBLE_MS): void {
    if (this.untilMs.size >= MAX_HOPS) this.untilMs.clear();
    this.untilMs.set(hostPortKey(hop), this.clock.nowMs() + Math.min(forMs, MAX_TROUBLE_MS));
  }

  /** It answered. */
  end(hop: HostPort): void {
    if (this.untilMs.size > 0) this.untilMs.delete(hostPortKey(hop));
  }

  /** The same servers, those in trouble last. */
  inOrder<Hop extends HostPort>(hops: readonly Hop[]): readonly Hop[] {
    if (this.untilMs.size === 0) return hops;
    const nowMs = this.clock.nowMs();
    const inTrouble = (hop: Hop) => (this.untilMs.get(hostPortKey(hop)) ?? 0) > nowMs;
    return [...hops.filter((hop) => !inTrouble(hop)), ...hops.filter(inTrouble)];
  }
}
