import { type RtpPacket, sequenceDelta, timestampDelta } from "../rtp/rtp.js";
import { DelayEstimator } from "./delay-estimator.js";

/** A packet in its place: sequence and timestamp counted on past their wrap. */
export interface BufferedPacket {
  readonly sequence: number;
  readonly timestamp: number;
  readonly durationTicks: number;
  readonly payloadType: number;
  readonly payload: Uint8Array;
}

/**
 * What there is to be heard next: a packet; `lost` and `paused`, which take `gapTicks` of the
 * sender's time (audio is missing; the sender was silent); or `idle`, when no stream is running.
 */
export type Pulled = BufferedPacket | "lost" | "paused" | "idle";

/** Where a stream ended that was waited for in vain. */
interface Held {
  readonly after: number | undefined;
  readonly ticks: number;
}

const MIN_DELAY_MS = 10;
const MAX_DELAY_MS = 300;
const MAX_PACKETS = 128;
/** So far back a packet is known to have come before; a power of two above `MAX_PACKETS`. */
const REMEMBERED = 256;
/** A timestamp that is off by more than this is a jump, not a pause or a delay. */
const JUMP_MS = 2_000;
/** Without a packet for this long the stream is over; the next packet begins a new one. */
const STREAM_OVER_MS = 1_000;
/** So many packets in a row that come too late say that the sender's time has shifted. */
const LATE_IN_A_ROW = 5;

/**
 * Puts the packets of one stream back into order and time. `push` what arrives, `pull` when the
 * next audio is needed. The delay follows the measured jitter; when nothing is there in time the
 * stream is held rather than skipped, so that words come late instead of never, and the receiver
 * makes up for it by `excessMs`.
 */
export class JitterBuffer {
  /** Sender's time covered by the last `lost` or `paused`. */
  gapTicks = 0;
  /** The last packet that was pulled follows the one before: no audio is missing between them. */
  followsOn = false;
  late = 0;
  duplicates = 0;
  private readonly delay = new DelayEstimator({ minMs: MIN_DELAY_MS, maxMs: MAX_DELAY_MS });
  private readonly clockRate: number;
  /** In order of sequence, without gaps in the array. */
  private packets: BufferedPacket[] = [];
  /** The newest seen, from which 16 and 32 bit counters are counted on. */
  private newestSequence: number | undefined;
  private newestTimestamp = 0;
  /** Numbers that went to packets without audio: digits, comfort noise. */
  private readonly others = new Float64Array(REMEMBERED).fill(-1);
  private readonly seen = new Float64Array(REMEMBERED).fill(-1);
  private playing = false;
  private firstArrivalMs = 0;
  private lastArrivalMs = Number.NEGATIVE_INFINITY;
  private nextTimestamp = 0;
  private playedSequence: number | undefined;
  /** The same over the end of a stream. */
  private pulledSequence: number | undefined;
  /** How much was concealed since the buffer ran empty. */
  private heldTicks = 0;
  /** The same for a stream that was over before anything came. */
  private heldAtEnd: Held | undefined;
  private pausedTicks = 0;
  private lateInARow = 0;

  constructor(clockRate: number) {
    this.clockRate = clockRate;
  }

  get targetMs(): number {
    return this.delay.targetMs;
  }

  get bufferedPackets(): number {
    return this.packets.length;
  }

  /** Forgets the stream but not the jitter: a new SSRC, or a sender that started over. */
  restart(): void {
    this.packets = [];
    this.newestSequence = undefined;
    this.pulledSequence = undefined;
    this.seen.fill(-1);
    this.others.fill(-1);
    this.stop();
    this.delay.rebase();
  }

  /** False when the packet was dropped: a duplicate, or too late. */
  push(packet: RtpPacket, durationTicks: number, nowMs: number): boolean {
    if (this.hasJumped(packet)) {
      // A long pause looks like a jump of the timestamp.
      const isNext = sequenceDelta(packet.sequence, (this.newestSequence ?? 0) & 0xffff) === 1;
      if (isNext) this.pausedTicks += this.heldAtEnd?.ticks ?? 0;
      this.restart();
    }
    // The clock of some senders stands still on hold: what came before says nothing of delays now.
    if (nowMs - this.lastArrivalMs >= STREAM_OVER_MS) this.delay.rebase();
    this.lastArrivalMs = nowMs;
    const placed = this.place(packet, durationTicks);
    if (this.isDuplicate(placed.sequence)) {
      this.duplicates += 1;
      return false;
    }
    this.delay.observe(nowMs - this.toMs(placed.timestamp), nowMs);
    if (this.playing && placed.timestamp + durationTicks <= this.nextTimestamp) {
      this.late += 1;
      this.lateInARow += 1;
      const startedOver = packet.marker || this.lateInARow >= LATE_IN_A_ROW;
      if (!startedOver || this.packets.length > 0) return false;
      this.restart();
      return this.push(packet, durationTicks, nowMs);
    }
    this.lateInARow = 0;
    if (!this.playing && this.packets.length === 0) this.firstArrivalMs = nowMs;
    this.insert(placed);
    return true;
  }

  /** A packet that carried no audio has this number: it is not missing. */
  skip(packet: RtpPacket): void {
    if (this.newestSequence === undefined) return;
    const sequence = this.countOn(packet.sequence, this.newestSequence);
    this.others[sequence & (REMEMBERED - 1)] = sequence;
    if (sequence > this.newestSequence) this.newestSequence = sequence;
  }

  /** The sender said that it is silent: what comes next begins anew, once all was heard. */
  rest(): void {
    if (this.packets.length === 0) this.stop();
  }

  /** `needTicks` is how much of the sender's time is wanted at most when there is a gap. */
  pull(nowMs: number, needTicks: number): Pulled {
    const head = this.packets[0];
    if (!this.playing) {
      if (!head || nowMs - this.firstArrivalMs < this.delay.targetMs) return "idle";
      this.noteResumed(head);
      this.playing = true;
      this.nextTimestamp = head.timestamp;
    }
    if (!head) return this.hold(needTicks);
    // What was concealed while waiting for a packet that is now known to be missing is done with.
    const gap = head.timestamp - this.nextTimestamp;
    if (gap > 0) {
      const held = Math.min(gap, this.heldTicks);
      this.nextTimestamp += held;
      if (!this.hasMissing(head.sequence, this.playedSequence)) this.pausedTicks += held;
    }
    this.heldTicks = 0;
    if (head.timestamp > this.nextTimestamp) {
      this.gapTicks = Math.min(needTicks, head.timestamp - this.nextTimestamp);
      this.nextTimestamp += this.gapTicks;
      return this.hasMissing(head.sequence, this.playedSequence) ? "lost" : "paused";
    }
    this.packets.shift();
    this.nextTimestamp = head.timestamp + head.durationTicks;
    this.playedSequence = head.sequence;
    this.followsOn = !this.hasMissing(head.sequence, this.pulledSequence);
    this.pulledSequence = head.sequence;
    return head;
  }

  /**
   * How much of what was `lost` turned out to be a pause when the next packet came, since this was
   * asked last: nothing had been sent.
   */
  takePausedTicks(): number {
    const { pausedTicks } = this;
    this.pausedTicks = 0;
    return pausedTicks;
  }

  /**
   * How much later than needed the stream is being heard; negative when it is heard too early to
   * be safe. `pendingMs` is what was pulled and not yet heard.
   */
  excessMs(nowMs: number, pendingMs: number): number {
    if (!this.playing) return 0;
    const heardTransitMs = nowMs - (this.toMs(this.nextTimestamp) - pendingMs);
    return heardTransitMs - this.delay.baseTransitMs - this.delay.targetMs;
  }

  private hold(needTicks: number): Pulled {
    this.gapTicks = needTicks;
    this.heldTicks += needTicks;
    if (this.toMs(this.heldTicks) < STREAM_OVER_MS) return "lost";
    const { playedSequence: after, heldTicks: ticks } = this;
    this.stop();
    this.heldAtEnd = { after, ticks };
    return "idle";
  }

  private noteResumed(head: BufferedPacket): void {
    const held = this.heldAtEnd;
    this.heldAtEnd = undefined;
    if (held && !this.hasMissing(head.sequence, held.after)) this.pausedTicks += held.ticks;
  }

  private stop(): void {
    this.playing = false;
    this.heldTicks = 0;
    this.heldAtEnd = undefined;
    this.lateInARow = 0;
    this.playedSequence = undefined;
  }

  private hasJumped(packet: RtpPacket): boolean {
    if (this.newestSequence === undefined) return false;
    const packets = Math.abs(sequenceDelta(packet.sequence, this.newestSequence & 0xffff));
    const ticks = Math.abs(timestampDelta(packet.timestamp, this.newestTimestamp | 0));
    return packets > MAX_PACKETS || this.toMs(ticks) > JUMP_MS;
  }

  private place(packet: RtpPacket, durationTicks: number): BufferedPacket {
    if (this.newestSequence === undefined) {
      // Far from zero, so that what was sent before the first arrival stays positive.
      this.newestSequence = packet.sequence + 0x1_0000;
      this.newestTimestamp = packet.timestamp + 0x1_0000_0000;
    }
    const { newestSequence, newestTimestamp } = this;
    const sequence = this.countOn(packet.sequence, newestSequence);
    const timestamp = newestTimestamp + timestampDelta(packet.timestamp, newestTimestamp | 0);
    if (sequence > newestSequence) {
      this.newestSequence = sequence;
      this.newestTimestamp = timestamp;
    }
    const { payloadType, payload } = packet;
    return { sequence, timestamp, durationTicks, payloadType, payload };
  }

  private countOn(sequence: number, newest: number): number {
    return newest + sequenceDelta(sequence, newest & 0xffff);
  }

  /** Whether an audio packet is missing between the one that was played and this one. */
  private hasMissing(sequence: number, played: number | undefined): boolean {
    let before = sequence - 1;
    while (this.others[before & (REMEMBERED - 1)] === before) before -= 1;
    return before !== played;
  }

  private isDuplicate(sequence: number): boolean {
    const at = sequence & (REMEMBERED - 1);
    if (this.seen[at] === sequence) return true;
    this.seen[at] = sequence;
    return false;
  }

  private insert(placed: BufferedPacket): void {
    let at = this.packets.length;
    while (at > 0 && (this.packets[at - 1]?.sequence ?? 0) > placed.sequence) at -= 1;
    if (at === this.packets.length) this.packets.push(placed);
    else this.packets.splice(at, 0, placed);
    if (this.packets.length > MAX_PACKETS) this.packets.shift();
  }

  private toMs(ticks: number): number {
    return (ticks * 1000) / this.clockRate;
  }
}
