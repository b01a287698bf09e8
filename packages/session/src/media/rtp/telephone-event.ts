import { timestampDelta, uint16 } from "./rtp.js";

/** The digits of events 0 to 15 (RFC 4733 3.2). */
const DIGITS = "0123456789*#ABCD";
export const TELEPHONE_EVENT_BYTES = 4;
const END_BIT = 0x80;
/** Volume in dB below full scale; what most phones send. */
const VOLUME_DBM0 = 10;
/** A digit is taken to be over, its ends lost, when three packets have not come and the next is this late. */
const LATE_MS = 100;
const MISSED_PACKETS = 4;
/** How far apart the packets of a digit are at most: whatever it grew by more was lost in between. */
const MAX_PACKET_MS = 60;
/** The longest duration that a payload can tell. */
const MAX_TICKS = 0xffff;
/** No network keeps a packet back for longer: what is older is another way of counting. */
const OVERTAKEN_MS = 5_000;

export interface Digit {
  readonly digit: string;
  readonly durationMs: number;
}

/** The event code of a digit, or undefined for anything but 0-9*#A-D. */
export function eventOfDigit(digit: string): number | undefined {
  const event = digit.length === 1 ? DIGITS.indexOf(digit.toUpperCase()) : -1;
  return event < 0 ? undefined : event;
}

/** Writes one telephone-event payload (RFC 4733 2.3). */
export function writeTelephoneEvent(
  into: Uint8Array,
  event: { readonly code: number; readonly end: boolean; readonly durationTicks: number },
): void {
  into[0] = event.code;
  into[1] = (event.end ? END_BIT : 0) | VOLUME_DBM0;
  into[2] = event.durationTicks >>> 8;
  into[3] = event.durationTicks;
}

interface OpenDigit {
  readonly code: number;
  readonly clockRate: number;
  /** Timestamp of the segment in work; a digit of more than 65,535 ticks has several. */
  segmentTimestamp: number;
  /** Ticks of the segments before. */
  ticksBefore: number;
  ticks: number;
  /** How far apart its packets are, as far as can be told. */
  packetTicks: number;
  lastHeardMs: number;
}

interface Told {
  readonly code: number;
  timestamp: number;
  /** No more of it can come than repeats. */
  readonly ended: boolean;
}

/** Makes one digit of all the packets that tell of it, however many get lost, doubled or overtaken. */
export class DigitReceiver {
  private readonly onDigit: (digit: Digit) => void;
  private open: OpenDigit | undefined;
  /** What was told last: its end packets are repeated. */
  private told: Told | undefined;

  constructor(onDigit: (digit: Digit) => void) {
    this.onDigit = onDigit;
  }

  /** True while a digit is being pressed. */
  get pressed(): boolean {
    return this.open !== undefined;
  }

  /** False when the payload is not a telephone-event. Events above 15 (hook flash, tones) are passed over. */
  receive(payload: Uint8Array, timestamp: number, clockRate: number, nowMs: number): boolean {
    if (payload.length < TELEPHONE_EVENT_BYTES) return false;
    const code = payload[0] ?? 0;
    if (code >= DIGITS.length) return true;
    if (this.isOver(code, timestamp, clockRate)) return true;
    const ended = ((payload[1] ?? 0) & END_BIT) !== 0;
    const digit =
      this.continueDigit(code, timestamp) ?? this.beginDigit(code, timestamp, clockRate);
    const ticks = uint16(payload, 2);
    const grownTicks = ticks - digit.ticks;
    if (grownTicks <= (clockRate * MAX_PACKET_MS) / 1000)
      digit.packetTicks = Math.max(digit.packetTicks, grownTicks);
    digit.ticks = Math.max(digit.ticks, ticks);
    digit.lastHeardMs = nowMs;
    if (ended) this.tell(true);
    return true;
  }

  /** To be called now and then, so that a digit whose end was lost is told too. */
  tick(nowMs: number): void {
    const { open } = this;
    if (!open) return;
    const missedMs = (MISSED_PACKETS * open.packetTicks * 1000) / open.clockRate;
    if (nowMs - open.lastHeardMs >= missedMs + LATE_MS) this.tell(false);
  }

  /** Another source speaks from now on: its timestamps have nothing to do with those before. */
  restart(): void {
    this.tell(true);
    this.told = undefined;
  }

  /** A packet of a digit that was told, or that came before the one being pressed. */
  private isOver(code: number, timestamp: number, clockRate: number): boolean {
    const { told, open } = this;
    if (told?.code === code && told.timestamp === timestamp) return true;
    if (told && this.goesOn(told, code, timestamp)) {
      told.timestamp = timestamp;
      return true;
    }
    const newest = open?.segmentTimestamp ?? told?.timestamp;
    if (newest === undefined) return false;
    const behind = -timestampDelta(timestamp, newest);
    return behind > 0 && behind < (clockRate * OVERTAKEN_MS) / 1000;
  }

  /** The next segment of a digit that was taken to be over. */
  private goesOn(told: Told, code: number, timestamp: number): boolean {
    if (told.ended || this.open || told.code !== code) return false;
    return timestampDelta(timestamp, told.timestamp) === MAX_TICKS;
  }

  private continueDigit(code: number, timestamp: number): OpenDigit | undefined {
    const { open } = this;
    if (!open || open.code !== code) return undefined;
    if (timestamp === open.segmentTimestamp) return open;
    // RFC 4733 2.5.1.3: the next segment begins where the one before ended; a full one may have
    // lost its last packets, a shorter one is taken by what was heard of it.
    const step = timestampDelta(timestamp, open.segmentTimestamp);
    if (step !== MAX_TICKS && step !== open.ticks) return undefined;
    open.ticksBefore += step;
    open.ticks = 0;
    open.segmentTimestamp = timestamp;
    return open;
  }

  private beginDigit(code: number, timestamp: number, clockRate: number): OpenDigit {
    this.tell(true);
    this.open = {
      code,
      clockRate,
      segmentTimestamp: timestamp,
      ticksBefore: 0,
      ticks: 0,
      packetTicks: 0,
      lastHeardMs: 0,
    };
    return this.open;
  }

  /** `ended`: see `Told`. */
  private tell(ended: boolean): void {
    const { open } = this;
    if (!open) return;
    this.open = undefined;
    this.told = { code: open.code, timestamp: open.segmentTimestamp, ended };
    const durationMs = Math.round(((open.ticksBefore + open.ticks) * 1000) / open.clockRate);
    this.onDigit({ digit: DIGITS.charAt(open.code), durationMs });
  }
}
