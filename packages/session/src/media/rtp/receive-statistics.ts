import { sequenceDelta, timestampDelta } from "./rtp.js";

/** Sequence numbers further apart than this belong to another stream (RFC 3550 A.1). */
const MAX_DROPOUT = 3000;

/** Counts one incoming stream as RFC 3550 A.1, A.3 and A.8 do. Counts go on over a change of SSRC. */
export class ReceiveStatistics {
  received = 0;
  private highest = -1;
  private expectedNow = 0;
  private receivedNow = 0;
  private lostBefore = 0;
  private jitterTicks = 0;
  private clockRate = 8000;
  private lastTimestamp: number | undefined;
  private lastArrivalMs = 0;

  /** Packets that never came. A duplicate counts as one that did (RFC 3550 A.3). */
  get lost(): number {
    return this.lostBefore + Math.max(0, this.expectedNow - this.receivedNow);
  }

  get expected(): number {
    return this.lost + this.received;
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
    return Math.max(0, this.highest);
  }

  /** Begins to count a new stream. */
  restart(): void {
    this.lostBefore = this.lost;
    this.highest = -1;
    this.expectedNow = 0;
    this.receivedNow = 0;
    this.lastTimestamp = undefined;
  }

  count(sequence: number, timestamp: number, clockRate: number, arrivalMs: number): void {
    this.received += 1;
    this.receivedNow += 1;
    const ahead = this.highest < 0 ? 1 : sequenceDelta(sequence, this.highest & 0xffff);
    if (Math.abs(ahead) > MAX_DROPOUT) {
      this.restart();
      this.receivedNow = 1;
    }
    if (this.highest < 0) {
      this.highest = sequence;
      this.expectedNow = 1;
    } else if (ahead > 0) {
      this.highest += ahead;
      this.expectedNow += ahead;
    }
    this.measureJitter(timestamp, clockRate, arrivalMs);
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
