import { eventOfDigit } from "../rtp/telephone-event.js";

/** Digits to send one after the other. `settle` is told true once, when the last one was sent. */
export interface DigitsToSend {
  readonly digits: string;
  readonly durationMs: number;
  readonly gapMs: number;
  readonly settle: (sent: boolean) => void;
}

/** What the packet that is due carries instead of audio. */
export type DueEvent =
  | {
      readonly kind: "event";
      readonly code: number;
      readonly sinceMs: number;
      readonly end: boolean;
      /** The last packet of this digit. */
      readonly last: boolean;
    }
  | { readonly kind: "gap" };

/** RFC 4733 2.5.1.4: the final packet is sent three times. */
const END_PACKETS = 3;

/** Paces queued digits as telephone-events, one step per packet. */
export class DigitSender {
  private queue: DigitsToSend[] = [];
  /** Position in the first of the queue. */
  private index = 0;
  private elapsedMs = 0;
  private endsSent = 0;
  private gapLeftMs = 0;

  add(request: DigitsToSend): void {
    this.queue.push(request);
  }

  /** What the next packet of `packetMs` carries; undefined when there is no digit to send. */
  next(packetMs: number): DueEvent | undefined {
    if (this.gapLeftMs > 0) {
      this.gapLeftMs -= packetMs;
      return { kind: "gap" };
    }
    const request = this.queue[0];
    if (!request) return undefined;
    const code = eventOfDigit(request.digits.charAt(this.index)) ?? 0;
    this.elapsedMs = Math.min(request.durationMs, this.elapsedMs + packetMs);
    const end = this.elapsedMs >= request.durationMs;
    if (end) this.endsSent += 1;
    const last = this.endsSent === END_PACKETS;
    const event: DueEvent = { kind: "event", code, sinceMs: this.elapsedMs, end, last };
    if (last) this.leaveDigit(request, packetMs);
    return event;
  }

  /** Hands out the next digits, for someone who sends them another way: those that were not begun. */
  take(): DigitsToSend | undefined {
    const request = this.queue.shift();
    if (!request) return undefined;
    const begun = this.index + (this.elapsedMs > 0 ? 1 : 0);
    this.index = 0;
    this.elapsedMs = 0;
    this.endsSent = 0;
    this.gapLeftMs = 0;
    return { ...request, digits: request.digits.slice(begun) };
  }

  /** Nothing more will be sent; what is queued settles as not sent. */
  close(): void {
    const unsent = this.queue;
    this.queue = [];
    this.gapLeftMs = 0;
    for (const request of unsent) request.settle(false);
  }

  private leaveDigit(request: DigitsToSend, packetMs: number): void {
    this.elapsedMs = 0;
    this.endsSent = 0;
    // The repeated end packets have taken part of the gap already.
    this.gapLeftMs = Math.max(0, request.gapMs - (END_PACKETS - 1) * packetMs);
    this.index += 1;
    if (this.index < request.digits.length) return;
    this.index = 0;
    this.queue.shift();
    request.settle(true);
  }
}
