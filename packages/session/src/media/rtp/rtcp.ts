import { uint16, uint32, writeUint32 } from "./rtp.js";

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const SOURCE_DESCRIPTION = 202;
const BYE = 203;
const CNAME = 1;
const BLOCK_BYTES = 24;
const SENDER_INFO_BYTES = 20;

/** One report block (RFC 3550 6.4.1): how a receiver hears one sender. */
export interface ReportBlock {
  readonly ssrc: number;
  /** Loss since the report before, 0 to 255 in 256ths. */
  readonly fractionLost: number;
  readonly cumulativeLost: number;
  readonly highestSequence: number;
  /** In units of the RTP clock. */
  readonly jitter: number;
  /** Middle 32 bits of the NTP time of the last sender report; 0 when there was none. */
  readonly lastSenderReport: number;
  /** Since that report, in 65,536ths of a second. */
  readonly delaySinceLast: number;
}

export type RtcpPacket =
  | {
      readonly type: "report";
      readonly ssrc: number;
      /** Set in a sender report only. */
      readonly sender?: {
        /** Middle 32 bits of the NTP time. */
        readonly ntpMiddle: number;
        readonly rtpTimestamp: number;
        readonly packets: number;
        readonly bytes: number;
      };
      readonly blocks: readonly ReportBlock[];
    }
  | { readonly type: "bye"; readonly ssrcs: readonly number[] };

/**
 * Reads a compound RTCP datagram, or one of reduced size (RFC 5506). Packets of other types are
 * passed over; undefined when the datagram is not well-formed (RFC 3550 A.2).
 */
export function parseRtcp(datagram: Uint8Array): readonly RtcpPacket[] | undefined {
  const packets: RtcpPacket[] = [];
  let at = 0;
  while (at < datagram.length) {
    if (at + 4 > datagram.length) return undefined;
    const first = datagram[at] ?? 0;
    const type = datagram[at + 1] ?? 0;
    const end = at + 4 + 4 * uint16(datagram, at + 2);
    if (first >> 6 !== 2 || end > datagram.length) return undefined;
    const body = datagram.subarray(at + 4, end);
    const count = first & 0x1f;
    if (type === SENDER_REPORT || type === RECEIVER_REPORT) {
      const report = readReport(body, count, type === SENDER_REPORT);
      if (!report) return undefined;
      packets.push(report);
    } else if (type === BYE) {
      if (body.length < 4 * count) return undefined;
      const ssrcs = Array.from({ length: count }, (_, index) => uint32(body, 4 * index));
      packets.push({ type: "bye", ssrcs });
    }
    at = end;
  }
  return at > 0 ? packets : undefined;
}

function readReport(body: Uint8Array, count: number, sent: boolean): RtcpPacket | undefined {
  const blocksAt = 4 + (sent ? SENDER_INFO_BYTES : 0);
  if (body.length < blocksAt + count * BLOCK_BYTES) return undefined;
  const blocks = Array.from({ length: count }, (_, index) =>
    readBlock(body, blocksAt + index * BLOCK_BYTES),
  );
  const report = { type: "report", ssrc: uint32(body, 0), blocks } as const;
  if (!sent) return report;
  const ntpMiddle = ((uint16(body, 6) << 16) | uint16(body, 8)) >>> 0;
  const sender = {
    ntpMiddle,
    rtpTimestamp: uint32(body, 12),
    packets: uint32(body, 16),
    bytes: uint32(body, 20),
  };
  return { ...report, sender };
}

function readBlock(body: Uint8Array, at: number): ReportBlock {
  return {
    ssrc: uint32(body, at),
    fractionLost: body[at + 4] ?? 0,
    // Signed 24 bits: duplicates can make it negative.
    cumulativeLost: (uint32(body, at + 4) << 8) >> 8,
    highestSequence: uint32(body, at + 8),
    jitter: uint32(body, at + 12),
    lastSenderReport: uint32(body, at + 16),
    delaySinceLast: uint32(body, at + 20),
  };
}

export interface SenderInfo {
  /** NTP time: seconds since 1900, and 2^32ths of a second. */
  readonly ntpSeconds: number;
  readonly ntpFraction: number;
  readonly rtpTimestamp: number;
  readonly packets: number;
  readonly bytes: number;
}

/** Writes a report (a sender report when `sender` is given) with CNAME; returns its length. */
export function writeRtcpReport(
  into: Uint8Array,
  report: {
    readonly ssrc: number;
    readonly cname: string;
    readonly sender?: SenderInfo | undefined;
    readonly block?: ReportBlock | undefined;
  },
): number {
  const { ssrc, cname, sender, block } = report;
  writeUint32(into, 4, ssrc);
  let at = 8;
  if (sender) {
    writeUint32(into, at, sender.ntpSeconds);
    writeUint32(into, at + 4, sender.ntpFraction);
    writeUint32(into, at + 8, sender.rtpTimestamp);
    writeUint32(into, at + 12, sender.packets);
    writeUint32(into, at + 16, sender.bytes);
    at += SENDER_INFO_BYTES;
  }
  if (block) {
    writeUint32(into, at, block.ssrc);
    const lost = Math.max(-0x80_0000, Math.min(0x7f_ffff, block.cumulativeLost));
    writeUint32(into, at + 4, ((block.fractionLost << 24) | (lost & 0xff_ffff)) >>> 0);
    writeUint32(into, at + 8, block.highestSequence);
    writeUint32(into, at + 12, block.jitter);
    writeUint32(into, at + 16, block.lastSenderReport);
    writeUint32(into, at + 20, block.delaySinceLast);
    at += BLOCK_BYTES;
  }
  writeRtcpHeader(into, 0, block ? 1 : 0, sender ? SENDER_REPORT : RECEIVER_REPORT, at);
  return writeCname(into, at, ssrc, cname);
}

/** Appends what says that a source is gone for good (RFC 3550 6.6); returns the new length. */
export function appendBye(into: Uint8Array, at: number, ssrc: number): number {
  writeUint32(into, at + 4, ssrc);
  writeRtcpHeader(into, at, 1, BYE, 8);
  return at + 8;
}

function writeCname(into: Uint8Array, from: number, ssrc: number, cname: string): number {
  writeUint32(into, from + 4, ssrc);
  into[from + 8] = CNAME;
  into[from + 9] = cname.length;
  for (let index = 0; index < cname.length; index++) {
    into[from + 10 + index] = cname.charCodeAt(index);
  }
  // At least one zero byte ends the items, and fills up to a whole word.
  const itemsEnd = from + 10 + cname.length;
  const end = from + 4 * Math.floor((itemsEnd - from) / 4 + 1);
  into.fill(0, itemsEnd, end);
  writeRtcpHeader(into, from, 1, SOURCE_DESCRIPTION, end - from);
  return end;
}

function writeRtcpHeader(
  into: Uint8Array,
  at: number,
  count: number,
  type: number,
  length: number,
): void {
  into[at] = 0x80 | count;
  into[at + 1] = type;
  into[at + 2] = (length / 4 - 1) >>> 8;
  into[at + 3] = length / 4 - 1;
}
