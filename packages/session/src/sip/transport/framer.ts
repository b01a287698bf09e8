/** A message's header section may not be longer than this. */
export const MAX_HEAD_BYTES = 64 * 1024;
export const MAX_BODY_BYTES = 256 * 1024;

export interface FramerEvents {
  onMessage(data: Buffer): void;
  /** A double CRLF between messages asks for a single one in return (RFC 5626 4.4.1). */
  onPing(): void;
  /** A single CRLF: the answer to a ping of ours, or nothing at all. */
  onPong?(): void;
}

/** A Content-Length, folded or not. */
const contentLength = /^(?:content-length|l)[ \t]*:((?:[^\r\n]|\r\n[ \t])*)/gim;
/** How a message ends that can no longer be told apart from the next. */
const UNKNOWN = -1;
const firstLine = /^[^\r\n]*\bSIP\/\d/i;
const DOUBLE_CRLF = "\r\n\r\n";

/**
 * Cuts a byte stream into SIP messages by Content-Length (RFC 3261 18.3). `push` returns false once
 * the stream can no longer be followed; the connection must then be closed. Chunks are joined only
 * when a message can be whole, so that a body that trickles in costs no more than one at once.
 */
export class StreamFramer {
  private readonly events: FramerEvents;
  private buffered: Buffer = Buffer.alloc(0);
  /** Part of a body, not joined yet. */
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  private messageEnd = 0;
  /** How much of `buffered` is known to hold no end of a header. */
  private searched = 0;

  constructor(events: FramerEvents) {
    this.events = events;
  }

  /** Whether part of a message is waiting for the rest. */
  get midMessage(): boolean {
    return this.buffered.length > 0;
  }

  push(chunk: Buffer): boolean {
    if (this.buffered.length + this.waitingBytes + chunk.length < this.messageEnd) {
      this.waiting.push(chunk);
      this.waitingBytes += chunk.length;
      return true;
    }
    this.buffered =
      this.buffered.length === 0 ? chunk : Buffer.concat([this.buffered, ...this.waiting, chunk]);
    this.waiting = [];
    this.waitingBytes = 0;
    for (;;) {
      if (this.messageEnd === 0) {
        this.skipKeepAlive();
        if (this.buffered.length === 0) return true;
        const headEnd = this.findHeadEnd();
        if (headEnd < 0) return this.mayBecomeSip();
        if (headEnd > MAX_HEAD_BYTES) return false;
        const head = this.buffered.toString("latin1", 0, headEnd);
        if (!firstLine.test(head)) return false;
        const bodyBytes = bodyLength(head);
        if (bodyBytes > MAX_BODY_BYTES) return false;
        if (bodyBytes === UNKNOWN) {
          // It can still be answered; what follows it cannot be read.
          this.events.onMessage(this.buffered);
          return false;
        }
        this.messageEnd = headEnd + DOUBLE_CRLF.length + bodyBytes;
      }
      if (this.buffered.length < this.messageEnd) return true;
      const message = this.buffered.subarray(0, this.messageEnd);
      this.buffered = this.buffered.subarray(this.messageEnd);
      this.messageEnd = 0;
      this.events.onMessage(message);
    }
  }

  private findHeadEnd(): number {
    const from = Math.max(0, this.searched - DOUBLE_CRLF.length);
    const headEnd = this.buffered.indexOf(DOUBLE_CRLF, from);
    this.searched = headEnd < 0 ? this.buffered.length : 0;
    return headEnd;
  }

  /** Whether a header without an end, so far, is worth waiting for. */
  private mayBecomeSip(): boolean {
    if (this.buffered.length > MAX_HEAD_BYTES) return false;
    const lineEnd = this.buffered.indexOf("\r\n");
    return lineEnd < 0 || firstLine.test(this.buffered.toString("latin1", 0, lineEnd));
  }

  private skipKeepAlive(): void {
    let at = 0;
    while (this.buffered[at] === 13 && this.buffered[at + 1] === 10) {
      const double = this.buffered[at + 2] === 13 && this.buffered[at + 3] === 10;
      if (double) this.events.onPing();
      else this.events.onPong?.();
      at += double ? 4 : 2;
    }
    if (at > 0) this.buffered = this.buffered.subarray(at);
  }
}

/** What Content-Length says; none is none. UNKNOWN when it is no length, or says two things. */
function bodyLength(head: string): number {
  let length: number | undefined;
  for (const [, text = ""] of head.matchAll(contentLength)) {
    const value = text.trim();
    if (!/^\d{1,9}$/.test(value) || (length !== undefined && length !== Number(value)))
      return UNKNOWN;
    length = Number(value);
  }
  return length ?? 0;
}
