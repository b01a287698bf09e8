/** A message's header section may not be longer than this. */
export const MAX_HEAD_BYTES = 64 * 1024;
export const MAX_BODY_BYTES = 256 * 1024;

export interface FramerEvents {
  onMessage(data: Buffer): void;
  /** A double CRLF between messages asks for a single one in return (RFC 5626 4.4.1). */
  onPing(): void;
}

const contentLength = /^(?:content-length|l)[ \t]*:[ \t]*(\d{1,9})[ \t]*$/im;

/**
 * Cuts a byte stream into SIP messages by Content-Length (RFC 3261 18.3). `push` returns false once
 * the stream can no longer be followed; the connection must then be closed.
 */
export class StreamFramer {
  private readonly events: FramerEvents;
  private buffered: Buffer = Buffer.alloc(0);
  private bodyStart = -1;
  private messageEnd = -1;

  constructor(events: FramerEvents) {
    this.events = events;
  }

  /** Whether part of a message is waiting for the rest. */
  get midMessage(): boolean {
    return this.buffered.length > 0;
  }

  push(chunk: Buffer): boolean {
    this.buffered = this.buffered.length === 0 ? chunk : Buffer.concat([this.buffered, chunk]);
    for (;;) {
      if (this.messageEnd < 0) {
        this.skipKeepAlive();
        if (this.buffered.length === 0) return true;
        const headEnd = this.buffered.indexOf("\r\n\r\n");
        if (headEnd < 0) return this.buffered.length <= MAX_HEAD_BYTES;
        if (headEnd > MAX_HEAD_BYTES) return false;
        this.bodyStart = headEnd + 4;
        const length = contentLength.exec(this.buffered.toString("latin1", 0, headEnd));
        const bodyBytes = length ? Number(length[1]) : 0;
        if (bodyBytes > MAX_BODY_BYTES) return false;
        this.messageEnd = this.bodyStart + bodyBytes;
      }
      if (this.buffered.length < this.messageEnd) return true;
      const message = this.buffered.subarray(0, this.messageEnd);
      this.buffered = this.buffered.subarray(this.messageEnd);
      this.messageEnd = -1;
      this.events.onMessage(message);
    }
  }

  private skipKeepAlive(): void {
    let at = 0;
    while (this.buffered[at] === 13 && this.buffered[at + 1] === 10) {
      const double = this.buffered[at + 2] === 13 && this.buffered[at + 3] === 10;
      if (double) this.events.onPing();
      at += double ? 4 : 2;
    }
    if (at > 0) this.buffered = this.buffered.subarray(at);
  }
}
