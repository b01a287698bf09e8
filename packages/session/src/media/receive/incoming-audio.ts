import type { AudioFrame, HeardFrame } from "../../vocabulary.js";

/** How much a reader of the stream may fall behind before it loses the oldest frames. */
const MAX_BEHIND_FRAMES = 250;

/**
 * The hearing half of `CallAudio`: hands each frame to the listeners at once, and to the stream's
 * reader when it asks.
 */
export class IncomingAudio {
  private readonly listeners = new Set<(frame: HeardFrame) => void>();
  private readonly onListenerError: (error: unknown) => void;
  private opened: ReadableStream<AudioFrame> | undefined;
  private backlog: AudioFrame[] = [];
  private controller: ReadableStreamDefaultController<AudioFrame> | undefined;
  private wanted = false;
  private ended = false;

  /** `onListenerError` is told when a listener throws; the other listeners still hear the frame. */
  constructor(onListenerError: (error: unknown) => void) {
    this.onListenerError = onListenerError;
  }

  /** Made on first use and filled from then on, so that a call without a reader keeps no frames. */
  get stream(): ReadableStream<AudioFrame> {
    this.opened ??= this.openStream();
    return this.opened;
  }

  listen(listener: (frame: HeardFrame) => void): () => void {
    // Wrapped, so that the same function added twice is heard twice and removed once.
    const entry = (frame: HeardFrame) => listener(frame);
    this.listeners.add(entry);
    return () => {
      this.listeners.delete(entry);
    };
  }

  deliver(frame: HeardFrame): void {
    if (this.ended) return;
    for (const listener of this.listeners) {
      try {
        listener(frame);
      } catch (error) {
        this.onListenerError(error);
      }
    }
    if (!this.controller) return;
    this.backlog.push(frame);
    if (this.backlog.length > MAX_BEHIND_FRAMES) this.backlog.shift();
    this.feed();
  }

  /** Ends the stream after what is in it. Idempotent. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.listeners.clear();
    this.feed();
  }

  private openStream(): ReadableStream<AudioFrame> {
    return new ReadableStream<AudioFrame>(
      {
        start: (controller) => {
          this.controller = controller;
          this.feed();
        },
        pull: () => {
          this.wanted = true;
          this.feed();
        },
        cancel: () => {
          this.controller = undefined;
          this.backlog = [];
        },
      },
      { highWaterMark: 0 },
    );
  }

  private feed(): void {
    const controller = this.controller;
    if (!controller) return;
    const next = this.wanted ? this.backlog.shift() : undefined;
    if (next) {
      this.wanted = false;
      controller.enqueue(next);
    } else if (this.ended && this.backlog.length === 0) {
      this.controller = undefined;
      controller.close();
    }
  }
}
