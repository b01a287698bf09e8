/** A datagram as it came, before anybody could tell what it is. */
export interface HeldDatagram {
  readonly datagram: Uint8Array;
  readonly address: string;
  readonly port: number;
  readonly atMs: number;
}

/** About a second of packets; the oldest give way. */
const MAX_HELD = 50;

/**
 * What a peer sent before its answer was read. Media may overtake signalling (RFC 3264 5.1), and
 * the first word after an answer is often all that somebody says.
 */
export class HeldDatagrams {
  private held: HeldDatagram[] = [];

  /** False when an older one had to go. */
  keep(held: HeldDatagram): boolean {
    this.held.push(held);
    if (this.held.length <= MAX_HELD) return true;
    this.held.shift();
    return false;
  }

  /** Hands everything out, oldest first. */
  takeAll(): readonly HeldDatagram[] {
    const { held } = this;
    this.held = [];
    return held;
  }
}
