import type { RtpPacket } from "../rtp/rtp.js";

/**
 * Which of the streams that come from the peer is heard. Another SSRC takes over with its second
 * packet in order, and only when nothing of the current stream came between (RFC 3550 8.2): two
 * sources at once must not break each other.
 */
export class StreamChoice {
  /** Packets of streams that did not take over. */
  dropped = 0;
  private current: number | undefined;
  /** First packet of a stream that may take over. */
  private candidate: RtpPacket | undefined;

  get ssrc(): number | undefined {
    return this.current;
  }

  /** Whether a packet is of the stream that is heard; the packet before it when it has just taken over. */
  admit(packet: RtpPacket): boolean | RtpPacket {
    this.current ??= packet.ssrc;
    const first = this.candidate;
    this.candidate = undefined;
    if (packet.ssrc === this.current) return true;
    if (first?.ssrc === packet.ssrc && packet.sequence === ((first.sequence + 1) & 0xffff)) {
      this.current = packet.ssrc;
      return first;
    }
    if (first) this.dropped += 1;
    this.candidate = packet;
    return false;
  }
}
