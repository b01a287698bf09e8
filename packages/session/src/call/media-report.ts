import type { MediaStats } from "../media/call-audio.js";
import type { CallFacts } from "./facts.js";

/** What went over the wire in the whole call; up to a second old where a media thread counts. */
export interface MediaReport extends MediaStats {
  /**
   * One side was never heard in a call that was up, mostly for a NAT or a firewall: not one packet came
   * while we spoke, or packets came with reports that none of ours did.
   */
  readonly oneWay?: "nothing_received" | "nothing_delivered";
}

/** What every leg counts. */
const COUNTERS = [
  "packetsSent",
  "packetsReceived",
  "packetsLost",
  "packetsDropped",
  "jitterMs",
] as const satisfies (keyof MediaStats)[];

/** What the record says about the audio; undefined for a call that never agreed on any. */
export function mediaReportOf(stats: MediaStats, facts: CallFacts): MediaReport | undefined {
  if (stats.codec === undefined) return undefined;
  // A counter of somebody's own leg may be anything, and a journal can hold finite numbers only.
  if (!COUNTERS.every((name) => Number.isFinite(stats[name]))) return undefined;
  const finite = Object.entries(stats).filter(
    ([, value]) => typeof value === "string" || Number.isFinite(value),
  );
  const report = Object.fromEntries(finite) as unknown as MediaStats;
  const oneWay = oneWayOf(stats, facts);
  return { ...report, ...(oneWay ? { oneWay } : {}) };
}

function oneWayOf(stats: MediaStats, facts: CallFacts): MediaReport["oneWay"] {
  if (facts.connectedAtMs === undefined || stats.packetsSent === 0) return undefined;
  // The first audio is told at once, the counters from time to time: both have to agree.
  if (stats.packetsReceived === 0 && facts.firstAudioAtMs === undefined) return "nothing_received";
  return stats.delivery === "never_arrived" ? "nothing_delivered" : undefined;
}
