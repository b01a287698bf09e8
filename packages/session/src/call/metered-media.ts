import type { CallAudio, MediaLeg, MediaStats, SendDtmfOptions } from "../media/call-audio.js";
import type { AudioFrame, HeardFrame } from "../vocabulary.js";

export interface MeteredMediaOptions {
  /** When the leg was opened, in ms since the call was created: added to its frames' times. */
  readonly openedAtMs: number;
  /** The agent became audible, or stopped being so. */
  readonly onAgentVoice: (active: boolean) => void;
}

/**
 * A leg's media as the call offers it: frames carry the call's own time, and the call learns when
 * its agent is audible, whichever way the audio was written.
 */
export class MeteredMedia implements MediaLeg {
  readonly #media: MediaLeg;
  readonly #options: MeteredMediaOptions;
  #audible = false;

  constructor(media: MediaLeg, options: MeteredMediaOptions) {
    this.#media = media;
    this.#options = options;
  }

  get format(): CallAudio["format"] {
    return this.#media.format;
  }

  get incoming(): ReadableStream<AudioFrame> {
    return this.#media.incoming;
  }

  get queuedMs(): number {
    return this.#media.queuedMs;
  }

  onFrame(listener: (frame: HeardFrame) => void): () => void {
    const { openedAtMs } = this.#options;
    return this.#media.onFrame((frame) => listener({ ...frame, atMs: frame.atMs + openedAtMs }));
  }

  write(frame: AudioFrame): Promise<void> {
    const written = this.#media.write(frame);
    if (!this.#audible) void this.#whileAudible();
    return written;
  }

  mark(): Promise<{ readonly playedMs: number; readonly interrupted: boolean }> {
    return this.#media.mark();
  }

  clear(): Promise<{ readonly playedMs: number }> {
    return this.#media.clear();
  }

  pause(): void {
    this.#media.pause();
  }

  resume(): void {
    this.#media.resume();
  }

  sendDtmf(digits: string, options?: SendDtmfOptions): Promise<void> {
    return this.#media.sendDtmf(digits, options);
  }

  stats(): MediaStats {
    return this.#media.stats();
  }

  async #whileAudible(): Promise<void> {
    this.#audible = true;
    this.#options.onAgentVoice(true);
    do await this.#media.mark();
    while (this.#media.queuedMs > 0);
    this.#audible = false;
    this.#options.onAgentVoice(false);
  }
}
