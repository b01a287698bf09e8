/** One RTP packet (RFC 3550 5.1) as read. `payload` is a view into the datagram. */
export interface RtpPacket {
  readonly payloadType: number;
  readonly marker: boolean;
  /** 16 bits. */
  readonly sequence: number;
  /** 32 bits, unsigned. */
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload: Uint8Array;
}

export const RTP_HEADER_BYTES = 12;
const VERSION_BITS = 2 << 6;

/** Reads a datagram; undefined when it is not well-formed RTP of version 2. */
export function parseRtp(datagram: Uint8Array): RtpPacket | undefined {
  const length = datagram.length;
  if (length < RTP_HEADER_BYTES) return undefined;
  const first = byteAt(datagram, 0);
  if ((first & 0xc0) !== VERSION_BITS) return undefined;
  const second = byteAt(datagram, 1);
  let start = RTP_HEADER_BYTES + 4 * (first & 0x0f);
  if ((first & 0x10) !== 0) {
    if (start + 4 > length) return undefined;
    start += 4 + 4 * uint16(datagram, start + 2);
  }
  if (start > length) return undefined;
  let end = length;
  if ((first & 0x20) !== 0) {
    const padding = byteAt(datagram, length - 1);
    if (padding === 0 || start + padding > length) return undefined;
    end -= padding;
  }
  return {
    payloadType: second & 0x7f,
    marker: (second & 0x80) !== 0,
    sequence: uint16(datagram, 2),
    timestamp: uint32(datagram, 4),
    ssrc: uint32(datagram, 8),
    payload: datagram.subarray(start, end),
  };
}

/** RTCP on the RTP port (RFC 5761 4): its second byte is a packet type of 192 to 223. */
export function looksLikeRtcp(datagram: Uint8Array): boolean {
  const type = byteAt(datagram, 1);
  return datagram.length >= 8 && (byteAt(datagram, 0) & 0xc0) === VERSION_BITS && isRtcpType(type);
}

function isRtcpType(type: number): boolean {
  return type >= 192 && type <= 223;
}

/** Writes the twelve header bytes. */
export function writeRtpHeader(into: Uint8Array, header: Omit<RtpPacket, "payload">): void {
  const { payloadType, marker, sequence, timestamp, ssrc } = header;
  into[0] = VERSION_BITS;
  into[1] = (marker ? 0x80 : 0) | payloadType;
  into[2] = sequence >>> 8;
  into[3] = sequence;
  writeUint32(into, 4, timestamp);
  writeUint32(into, 8, ssrc);
}

/** How far `later` is ahead of `earlier` on a 16-bit wheel; negative when it is behind. */
export function sequenceDelta(later: number, earlier: number): number {
  return ((later - earlier) << 16) >> 16;
}

/** How far `later` is ahead of `earlier` on a 32-bit wheel; negative when it is behind. */
export function timestampDelta(later: number, earlier: number): number {
  return (later - earlier) | 0;
}

export function uint16(bytes: Uint8Array, at: number): number {
  return (byteAt(bytes, at) << 8) | byteAt(bytes, at + 1);
}

export function uint32(bytes: Uint8Array, at: number): number {
  return ((uint16(bytes, at) << 16) | uint16(bytes, at + 2)) >>> 0;
}

export function writeUint32(into: Uint8Array, at: number, value: number): void {
  into[at] = value >>> 24;
  into[at + 1] = value >>> 16;
  into[at + 2] = value >>> 8;
  into[at + 3] = value;
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}
