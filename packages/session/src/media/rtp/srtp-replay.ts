import { sequenceDelta } from "./rtp.js";

/** Packets older than this are refused, whether they were seen or not. */
const WINDOW = 128;

/** Which packets of one stream have been accepted, by index (RFC 3711 3.3.1 and 3.3.2). */
export class SrtpReplayWindow {
  private highest = -1;
  private readonly seen = new Set<number>();

  /** Nothing of this stream was accepted yet. */
  get isUnheard(): boolean {
    return this.highest < 0;
  }

  /** The 48-bit index a 16-bit sequence number stands for. */
  indexOf(sequence: number): number {
    if (this.highest < 0) return sequence;
    const index = this.highest + sequenceDelta(sequence, this.highest & 0xffff);
    return index < 0 ? index + 0x1_0000 : index;
  }

  isFresh(index: number): boolean {
    return this.highest < 0 || (index > this.highest - WINDOW && !this.seen.has(index));
  }

  /** To be called once the packet has proved genuine. */
  accept(index: number): void {
    this.seen.add(index);
    this.highest = Math.max(this.highest, index);
    if (this.seen.size <= 2 * WINDOW) return;
    for (const old of this.seen) if (old <= this.highest - WINDOW) this.seen.delete(old);
  }
}
