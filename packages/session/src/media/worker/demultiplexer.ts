import { looksLikeRtcp, RTP_HEADER_BYTES, uint32 } from "../rtp/rtp.js";
import type { MediaAddress } from "../rtp/source-latch.js";

/** A leg as the port sees it that it shares with others. */
export interface Addressee {
  /** Where its packets may come from without having to prove themselves. */
  readonly sources: readonly MediaAddress[];
  /** Its source is found: no packet from elsewhere can be for it. */
  readonly isSettled: boolean;
  /** What its peer sends by, and what it sends by itself. */
  readonly heardSsrc: number | undefined;
  readonly ssrc: number;
  /** Where its reports go, which is where its peer's come from. */
  readonly reportTarget: MediaAddress | undefined;
}

interface Source<Leg> extends MediaAddress {
  readonly leg: Leg;
}

/** Someone whose call is over may go on sending for a while. */
interface Retired extends MediaAddress {
  /** Only what comes by this; anything when undefined. */
  readonly ssrc: number | undefined;
  readonly untilMs: number;
}

const RETIRED_MS = 30_000;
const MAX_RETIRED = 256;

/**
 * Finds out which of the legs on one local port a datagram is for. By the address it comes from,
 * which makes a 5-tuple with ours; by its SSRC where two legs have a peer at one address; and what
 * comes from an address that nobody has named is for the one leg that still waits for its source,
 * if there is just one and it does not come from a call that has ended. Everything else is nobody's.
 */
export class Demultiplexer<Leg extends Addressee> {
  private readonly members = new Set<Leg>();
  private readonly byPort = new Map<number, Source<Leg>[]>();
  private retired: Retired[] = [];

  get legs(): ReadonlySet<Leg> {
    return this.members;
  }

  add(leg: Leg): void {
    this.members.add(leg);
    this.refresh(leg);
  }

  /** To be called when the leg's `sources` may have changed. */
  refresh(leg: Leg): void {
    this.forget(leg);
    if (!this.members.has(leg)) return;
    for (const { address, port } of leg.sources) {
      const there = this.byPort.get(port) ?? [];
      there.push({ address, port, leg });
      this.byPort.set(port, there);
    }
  }

  /** From now on what its peer still sends is for nobody. */
  remove(leg: Leg, nowMs: number): void {
    if (!this.members.delete(leg)) return;
    this.forget(leg);
    const untilMs = nowMs + RETIRED_MS;
    const fresh = this.retired.filter((entry) => entry.untilMs > nowMs);
    const [announced, proved] = leg.sources;
    if (announced) fresh.push({ ...announced, ssrc: undefined, untilMs });
    // Behind a NAT the next call's peer may well be at the same address.
    if (proved) fresh.push({ ...proved, ssrc: leg.heardSsrc, untilMs });
    this.retired = fresh.slice(-MAX_RETIRED);
  }

  /** Whether another leg with this source would be mistaken for one that is here. */
  isTaken(source: MediaAddress): boolean {
    const { address, port } = source;
    return this.byPort.get(port)?.some((other) => other.address === address) ?? false;
  }

  /** Whose a datagram on the RTP port is; undefined for a stranger's. */
  find(datagram: Uint8Array, address: string, port: number, nowMs: number): Leg | undefined {
    let found: Leg | undefined;
    for (const source of this.byPort.get(port) ?? []) {
      if (source.address !== address) continue;
      if (found) return this.findAmongMany(datagram, address, port);
      found = source.leg;
    }
    if (found) return found;
    if (looksLikeRtcp(datagram)) return this.findForReport(datagram, address, port);
    return this.findWaiting(datagram, address, port, nowMs);
  }

  /** Whose a datagram on the RTCP port is; undefined for a stranger's. */
  findForReport(datagram: Uint8Array, address: string, port: number): Leg | undefined {
    if (this.members.size === 1) return this.first();
    const ssrc = datagram.length >= 8 ? uint32(datagram, 4) : undefined;
    const at = (source: MediaAddress | undefined) => source?.address === address;
    return (
      this.only((leg) => at(leg.reportTarget) && leg.reportTarget?.port === port) ??
      this.only((leg) => leg.heardSsrc === ssrc && (leg.sources.some(at) || at(leg.reportTarget)))
    );
  }

  private findAmongMany(datagram: Uint8Array, address: string, port: number): Leg | undefined {
    if (looksLikeRtcp(datagram)) return this.findForReport(datagram, address, port);
    const ssrc = ssrcOf(datagram);
    const isHere = (leg: Leg) => leg.sources.some((source) => isAt(source, address, port));
    return (
      // Some peers send everything back to where it came from.
      this.only((leg) => isHere(leg) && (leg.heardSsrc === ssrc || leg.ssrc === ssrc)) ??
      this.only((leg) => isHere(leg) && leg.heardSsrc === undefined)
    );
  }

  private findWaiting(
    datagram: Uint8Array,
    address: string,
    port: number,
    nowMs: number,
  ): Leg | undefined {
    const ssrc = ssrcOf(datagram);
    if (this.isRetired(address, port, ssrc, nowMs)) return undefined;
    // With the port to itself, a leg judges for itself what is a stranger's.
    if (this.members.size === 1) return this.first();
    const waits = (leg: Leg) => !leg.isSettled;
    return (
      this.only(waits) ??
      this.only((leg) => waits(leg) && leg.heardSsrc !== undefined && leg.heardSsrc === ssrc) ??
      this.only((leg) => waits(leg) && leg.sources.some((source) => source.address === address))
    );
  }

  private isRetired(address: string, port: number, ssrc: number | undefined, nowMs: number) {
    return this.retired.some(
      (entry) =>
        entry.untilMs > nowMs &&
        isAt(entry, address, port) &&
        (entry.ssrc === undefined || entry.ssrc === ssrc),
    );
  }

  /** The one leg of which this is true, if there is just one. */
  private only(isIt: (leg: Leg) => boolean): Leg | undefined {
    let found: Leg | undefined;
    for (const leg of this.members) {
      if (!isIt(leg)) continue;
      if (found) return undefined;
      found = leg;
    }
    return found;
  }

  private first(): Leg | undefined {
    return this.members.values().next().value;
  }

  private forget(leg: Leg): void {
    for (const [port, sources] of this.byPort) {
      const others = sources.filter((source) => source.leg !== leg);
      if (others.length === sources.length) continue;
      if (others.length > 0) this.byPort.set(port, others);
      else this.byPort.delete(port);
    }
  }
}

function ssrcOf(datagram: Uint8Array): number | undefined {
  return datagram.length >= RTP_HEADER_BYTES ? uint32(datagram, 8) : undefined;
}

function isAt(source: MediaAddress, address: string, port: number): boolean {
  return source.port === port && source.address === address;
}
