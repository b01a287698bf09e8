import type { MediaStats } from "../media/call-audio.js";
import type { CallFacts } from "./facts.js";

/** What went over the wire in the whole call; up to a second old where a media thread counts. */
export interface MediaReport extends MediaStats {
  /** We spoke in a call that was up, and not one packet ever came back: mostly NAT or a firewall. */
  readonly oneWay?: "nothing_received";
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
  return { ...report, ...(isOneWay(stats, facts) ? { oneWay: "nothing_received" } : {}) };
}

/** The first audio is told at once, the counters from time to time: both have to agree. */
function isOneWay({ packetsSent, packetsReceived }: MediaStats, facts: CallFacts): boolean {
  const heardNothing = packetsReceived === 0 && facts.firstAudioAtMs === undefined;
  return facts.connectedAtMs !== undefined && packetsSent > 0 && heardNothing;
}
