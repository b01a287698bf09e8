import type { MediaStats } from "../call-audio.js";
import { DeliveryWatch } from "./delivery-watch.js";
import type { ReceiveStatistics } from "./receive-statistics.js";
import { appendBye, parseRtcp, type ReportBlock, writeRtcpReport } from "./rtcp.js";

/** RFC 3550 6.2: five seconds, by chance half as long or half as long again. */
const INTERVAL_MS = 5_000;
const NTP_EPOCH_OFFSET_SECONDS = 2_208_988_800;

/** What RTCP says of the other direction and of the way. */
export type RemoteView = Pick<
  MediaStats,
  "roundTripMs" | "remoteLossRate" | "remoteJitterMs" | "delivery"
>;

/** What we send, as the peer's reports speak of it. */
interface OwnStream {
  readonly ssrc: number;
  readonly clockRate: number;
  readonly packetsSent: number;
}

/** One leg's sender and receiver reports. */
export class RtcpSession {
  malformed = 0;
  private readonly cname: string;
  private readonly random: () => number;
  private nextReportMs: number | undefined;
  private expectedBefore = 0;
  private lostBefore = 0;
  private lastSenderReport = 0;
  private lastSenderReportMs = 0;
  private view: RemoteView = {};
  readonly deliveryWatch = new DeliveryWatch();
  private left: readonly number[] = [];
  private hasWritten = false;

  /** `random` is uniform in [0, 1). */
  constructor(random: () => number) {
    this.random = random;
    this.cname = Math.floor(random() * 0x1_0000_0000_0000).toString(36);
  }

  get remote(): RemoteView {
    const { delivery } = this.deliveryWatch;
    return delivery === undefined ? this.view : { ...this.view, delivery };
  }

  /** Something of ours went out. */
  get hasReported(): boolean {
    return this.hasWritten;
  }

  /** The sources that said goodbye since this was asked last (RFC 3550 6.6). */
  takeLeft(): readonly number[] {
    const { left } = this;
    if (left.length > 0) this.left = [];
    return left;
  }

  /** Takes a datagram; false when it is not RTCP. */
  receive(datagram: Uint8Array, own: OwnStream, nowMs: number): boolean {
    const packets = parseRtcp(datagram);
    if (!packets) {
      this.malformed += 1;
      return false;
    }
    const blocks: ReportBlock[] = [];
    let reports = 0;
    for (const packet of packets) {
      if (packet.type === "bye") {
        this.left = [...this.left, ...packet.ssrcs];
        continue;
      }
      reports += 1;
      blocks.push(...packet.blocks);
      if (packet.sender) this.noteSender(packet.sender.ntpMiddle, nowMs);
    }
    const block = blocks.find(({ ssrc }) => ssrc === own.ssrc);
    if (block) this.look(block, own.clockRate, nowMs);
    if (reports > 0)
      this.deliveryWatch.note(block, { ...own, hasBlocks: blocks.length > 0 }, nowMs);
    return true;
  }

  /** Whether a report should go out now. */
  isDue(nowMs: number): boolean {
    this.nextReportMs ??= nowMs + (INTERVAL_MS / 2) * (0.5 + this.random());
    if (nowMs < this.nextReportMs) return false;
    this.nextReportMs = nowMs + INTERVAL_MS * (0.5 + this.random());
    return true;
  }

  /** Writes our report, which `ends` with a goodbye when it is the last; returns its length. */
  write(
    into: Uint8Array,
    from: {
      readonly ssrc: number;
      readonly rtpTimestamp: number;
      readonly packetsSent: number;
      readonly bytesSent: number;
      readonly heardSsrc: number | undefined;
      readonly statistics: ReceiveStatistics;
    },
    nowMs: number,
    ends = false,
  ): number {
    const { ssrc, heardSsrc, statistics } = from;
    this.hasWritten = true;
    const sender = {
      ...ntpTime(nowMs),
      rtpTimestamp: from.rtpTimestamp,
      packets: from.packetsSent,
      bytes: from.bytesSent,
    };
    const length = writeRtcpReport(into, {
      ssrc,
      cname: this.cname,
      sender: from.packetsSent > 0 ? sender : undefined,
      block: heardSsrc === undefined ? undefined : this.block(heardSsrc, statistics, nowMs),
    });
    return ends ? appendBye(into, length, ssrc) : length;
  }

  private block(ssrc: number, statistics: ReceiveStatistics, nowMs: number): ReportBlock {
    const expected = statistics.expected - this.expectedBefore;
    const lost = statistics.lost - this.lostBefore;
    this.expectedBefore = statistics.expected;
    this.lostBefore = statistics.lost;
    const fraction = expected > 0 && lost > 0 ? Math.min(255, (256 * lost) / expected) : 0;
    return {
      ssrc,
      fractionLost: Math.floor(fraction),
      cumulativeLost: statistics.lost,
      highestSequence: statistics.highestSequence,
      jitter: statistics.jitter,
      lastSenderReport: this.lastSenderReport,
      delaySinceLast:
        this.lastSenderReport === 0
          ? 0
          : Math.round(((nowMs - this.lastSenderReportMs) * 65_536) / 1000),
    };
  }

  private noteSender(ntpMiddle: number, nowMs: number): void {
    this.lastSenderReport = ntpMiddle;
    this.lastSenderReportMs = nowMs;
  }

  private look(block: ReportBlock, clockRate: number, nowMs: number): void {
    const roundTripMs = roundTripOf(block, nowMs) ?? this.view.roundTripMs;
    this.view = {
      ...(roundTripMs === undefined ? {} : { roundTripMs }),
      remoteLossRate: block.fractionLost / 256,
      remoteJitterMs: (block.jitter * 1000) / clockRate,
    };
  }
}

/** RFC 3550 6.4.1: arrival, less when our report left, less how long it lay with the peer. */
function roundTripOf(block: ReportBlock, nowMs: number): number | undefined {
  if (block.lastSenderReport === 0) return undefined;
  const { ntpSeconds, ntpFraction } = ntpTime(nowMs);
  const nowMiddle = (((ntpSeconds & 0xffff) << 16) | (ntpFraction >>> 16)) >>> 0;
  const units = (nowMiddle - block.lastSenderReport - block.delaySinceLast) | 0;
  const ms = (units * 1000) / 65_536;
  // Clocks are rounded differently: a little below nothing is nothing, anything else is a lie.
  return ms < -5 || ms > 30_000 ? undefined : Math.max(0, ms);
}

/**
 * Any clock will do, as long as it is the same for all our reports (RFC 3550 4): ours is the
 * monotonic one, so that setting the machine's time does not look like a long way.
 */
function ntpTime(nowMs: number): { readonly ntpSeconds: number; readonly ntpFraction: number } {
  const seconds = Math.floor(nowMs / 1000);
  return {
    ntpSeconds: (NTP_EPOCH_OFFSET_SECONDS + seconds) % 0x1_0000_0000,
    ntpFraction: Math.floor(((nowMs % 1000) / 1000) * 0x1_0000_0000),
  };
}
