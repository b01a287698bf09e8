import { uint16 } from "./rtp.js";

/** The digits of events 0 to 15 (RFC 4733 3.2). */
const DIGITS = "0123456789*#ABCD";
export const TELEPHONE_EVENT_BYTES = 4;
const END_BIT = 0x80;
/** Volume in dB below full scale; what most phones send. */
const VOLUME_DBM0 = 10;
/** Without a packet for this long a digit is taken to be over, its end packets lost. */
const DIGIT_OVER_MS = 150;

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
  /** Timestamp of the segment in work; a digit of more than 65,535 ticks has several. */
  segmentTimestamp: number;
  /** Ticks of the segments before. */
  ticksBefore: number;
  ticks: number;
  lastHeardMs: number;
}

/** Makes one digit of all the packets that tell of it, however many of them get lost or doubled. */
export class DigitReceiver {
  private readonly clockRate: number;
  private readonly onDigit: (digit: Digit) => void;
  private open: OpenDigit | undefined;
  /** The segment that was told last: its end packets are repeated. */
  private toldTimestamp: number | undefined;

  constructor(clockRate: number, onDigit: (digit: Digit) => void) {
    this.clockRate = clockRate;
    this.onDigit = onDigit;
  }

  /** True while a digit is being pressed. */
  get pressed(): boolean {
    return this.open !== undefined;
  }

  /** False when the payload is not a telephone-event. Events above 15 (hook flash, tones) are passed over. */
  receive(payload: Uint8Array, timestamp: number, nowMs: number): boolean {
    if (payload.length < TELEPHONE_EVENT_BYTES) return false;
    const code = payload[0] ?? 0;
    if (code >= DIGITS.length) return true;
    if (timestamp === this.toldTimestamp) return true;
    const ended = ((payload[1] ?? 0) & END_BIT) !== 0;
    const ticks = uint16(payload, 2);
    const digit = this.continueDigit(code, timestamp) ?? this.beginDigit(code, timestamp);
    digit.ticks = Math.max(digit.ticks, ticks);
    digit.lastHeardMs = nowMs;
    if (ended) this.tell();
    return true;
  }

  /** To be called now and then, so that a digit whose end was lost is told too. */
  tick(nowMs: number): void {
    if (this.open && nowMs - this.open.lastHeardMs >= DIGIT_OVER_MS) this.tell();
  }

  private continueDigit(code: number, timestamp: number): OpenDigit | undefined {
    const { open } = this;
    if (!open || open.code !== code) return undefined;
    if (timestamp === open.segmentTimestamp) return open;
    // RFC 4733 2.5.1.3: the next segment begins where the full one before ended.
    if (timestamp !== (open.segmentTimestamp + 0xffff) >>> 0) return undefined;
    open.ticksBefore += 0xffff;
    open.ticks = 0;
    open.segmentTimestamp = timestamp;
    return open;
  }

  private beginDigit(code: number, timestamp: number): OpenDigit {
    if (this.open) this.tell();
    this.open = {
      code,
      segmentTimestamp: timestamp,
      ticksBefore: 0,
      ticks: 0,
      lastHeardMs: 0,
    };
    return this.open;
  }

  private tell(): void {
    const { open } = this;
    if (!open) return;
    this.open = undefined;
    this.toldTimestamp = open.segmentTimestamp;
    const durationMs = Math.round(((open.ticksBefore + open.ticks) * 1000) / this.clockRate);
    this.onDigit({ digit: DIGITS.charAt(open.code), durationMs });
  }
}
