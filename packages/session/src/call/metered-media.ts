import type { Clock, TimerHandle } from "../clock.js";
import type {
  CallAudio,
  MediaLeg,
  MediaRecording,
  MediaStats,
  SendDtmfOptions,
} from "../media/call-audio.js";
import type { AudioFrame, HeardFrame } from "../vocabulary.js";

export interface MeteredMediaOptions {
  readonly clock: Clock;
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
  readonly record?: (path: string) => Promise<MediaRecording>;
  readonly setBackground?: NonNullable<MediaLeg["setBackground"]>;

  readonly #media: MediaLeg;
  readonly #options: MeteredMediaOptions;
  #hangover: TimerHandle | undefined;
  #paused = false;
  #released = false;

  constructor(media: MediaLeg, options: MeteredMediaOptions) {
    this.#media = media;
    this.#options = options;
    // Not every leg can: what the leg lacks is lacking here.
    if (media.record) this.record = media.record.bind(media);
    if (media.setBackground) this.setBackground = media.setBackground.bind(media);
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
    if (!this.#hangover && !this.#paused && !this.#released) this.#becomeAudible();
    return written;
  }

  mark(): Promise<{ readonly playedMs: number; readonly interrupted: boolean }> {
    return this.#media.mark();
  }

  clear(): Promise<{ readonly playedMs: number }> {
    const cleared = this.#media.clear();
    if (this.#hangover) this.#fallSilent();
    return cleared;
  }

  pause(): void {
    this.#media.pause();
    this.#paused = true;
    if (this.#hangover) this.#fallSilent();
  }

  resume(): void {
    this.#media.resume();
    this.#paused = false;
    if (this.#media.queuedMs > 0 && !this.#hangover && !this.#released) this.#becomeAudible();
  }

  sendDtmf(digits: string, options?: SendDtmfOptions): Promise<void> {
    return this.#media.sendDtmf(digits, options);
  }

  stats(): MediaStats {
    return this.#media.stats();
  }

  /** The call is over: stops metering. */
  release(): void {
    this.#released = true;
    this.#options.clock.clear(this.#hangover);
    this.#hangover = undefined;
  }

  #fallSilent(): void {
    this.#options.clock.clear(this.#hangover);
    this.#hangover = undefined;
    this.#options.onAgentVoice(false);
  }

  #becomeAudible(): void {
    this.#watchQueue();
    this.#options.onAgentVoice(true);
  }

  /** Looks again when what is queued now should have been heard. A mark would split the writer's. */
  #watchQueue(): void {
    const { clock } = this.#options;
    this.#hangover = clock.setTimeout(
      () => {
        if (this.#media.queuedMs > 0) return this.#watchQueue();
        this.#fallSilent();
      },
      Math.max(this.#media.queuedMs, HANGOVER_MS),
    );
  }
}

/** A pause between two writes this short is not the agent falling silent. */
const HANGOVER_MS = 60;
