import { sequenceDelta, timestampDelta } from "./rtp.js";

/** Sequence numbers further apart than this belong to another stream (RFC 3550 A.1). */
const MAX_DROPOUT = 3000;
/** How far back a packet can be known to have come before; a power of two. */
const REMEMBERED = 1024;

/**
 * Counts one incoming stream as RFC 3550 A.1, A.3 and A.8 do, except that a packet that came twice
 * does not make up for one that was lost. Counts go on over a change of SSRC.
 */
export class ReceiveStatistics {
  received = 0;
  /** Packets that came a second time; they count as received too. */
  duplicates = 0;
  private highest = -1;
  private expectedNow = 0;
  private receivedNow = 0;
  private duplicatesNow = 0;
  private lostBefore = 0;
  /** The sequence numbers that came of late, each at its own place. */
  private readonly seen = new Float64Array(REMEMBERED).fill(-1);
  private jitterTicks = 0;
  private clockRate = 8000;
  private lastTimestamp: number | undefined;
  private lastArrivalMs = 0;

  /** Packets that never came, however often others came twice. */
  get lost(): number {
    return this.lostBefore + this.lostNow;
  }

  /** Packets that were sent to us, as far as can be known. */
  get expected(): number {
    return this.lost + this.received - this.duplicates;
  }

  /** Interarrival jitter (RFC 3550 6.4.1). */
  get jitterMs(): number {
    return (this.jitterTicks * 1000) / this.clockRate;
  }

  /** The same in units of the RTP clock, as a report block carries it. */
  get jitter(): number {
    return Math.floor(this.jitterTicks);
  }

  /** The highest sequence number so far, with its cycles above the low 16 bits. */
  get highestSequence(): number {
    return Math.max(0, this.highest - 0x1_0000);
  }

  /** Begins to count a new stream. */
  restart(): void {
    this.lostBefore = this.lost;
    this.highest = -1;
    this.expectedNow = 0;
    this.receivedNow = 0;
    this.duplicatesNow = 0;
    this.seen.fill(-1);
    this.lastTimestamp = undefined;
  }

  count(sequence: number, timestamp: number, clockRate: number, arrivalMs: number): void {
    this.received += 1;
    this.receivedNow += 1;
    const ahead = this.highest < 0 ? 1 : sequenceDelta(sequence, this.highest & 0xffff);
    if (Math.abs(ahead) > MAX_DROPOUT) {
      this.receivedNow -= 1;
      this.restart();
      this.receivedNow = 1;
    }
    if (this.highest < 0) {
      // A cycle up, so that a packet from before the first one has a number too.
      this.highest = sequence + 0x1_0000;
      this.expectedNow = 1;
    } else if (ahead > 0) {
      this.highest += ahead;
      this.expectedNow += ahead;
    }
    this.noteDuplicate(ahead > 0 ? this.highest : this.highest + ahead);
    this.measureJitter(timestamp, clockRate, arrivalMs);
  }

  private noteDuplicate(sequence: number): void {
    const at = sequence & (REMEMBERED - 1);
    if (this.seen[at] === sequence) {
      this.duplicates += 1;
      this.duplicatesNow += 1;
    }
    this.seen[at] = sequence;
  }

  private get lostNow(): number {
    return Math.max(0, this.expectedNow - (this.receivedNow - this.duplicatesNow));
  }

  private measureJitter(timestamp: number, clockRate: number, arrivalMs: number): void {
    if (clockRate !== this.clockRate) {
      this.jitterTicks = (this.jitterTicks * clockRate) / this.clockRate;
      this.clockRate = clockRate;
      this.lastTimestamp = undefined;
    }
    if (this.lastTimestamp !== undefined && timestamp !== this.lastTimestamp) {
      const sent = timestampDelta(timestamp, this.lastTimestamp);
      const arrived = ((arrivalMs - this.lastArrivalMs) * clockRate) / 1000;
      const difference = Math.abs(arrived - sent);
      // A jump of the sender's timestamp is not jitter of the network.
      if (difference < clockRate) this.jitterTicks += (difference - this.jitterTicks) / 16;
    }
    this.lastTimestamp = timestamp;
    this.lastArrivalMs = arrivalMs;
  }
}
