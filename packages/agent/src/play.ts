import {
  type AudioFrame,
  type AudioSource,
  audioFrames,
  type CallSession,
  isOffhookError,
  isTerminal,
  type MediaLeg,
  type MessageProgress,
  OffhookError,
} from "@offhook/session";

export interface PlayOptions {
  /** Stops playing at once when it aborts. */
  readonly signal?: AbortSignal;
  /** Names the message that the call is about: how much of it was heard goes into the outcome. */
  readonly message?: string;
}

export interface PlayResult {
  /** How much was really sent to the far side. */
  readonly playedMs: number;
  /** The whole length; of a stream that was interrupted, what had come of it. */
  readonly totalMs: number;
  /** Everything was heard. */
  readonly complete: boolean;
}

/** Writes a source to the call's audio and reports how much of it was heard. Settles on hang-up too. */
export async function playSource(
  call: CallSession,
  source: AudioSource,
  options: PlayOptions,
): Promise<PlayResult> {
  const media = call.media;
  if (!media && !isTerminal(call.state))
    throw new OffhookError("CALL_NOT_ACTIVE", `A call in ${call.state} cannot play yet.`, {
      remedy: "Play from onAnswer or an active hook on.",
    });
  const isFile = typeof source === "string" || source instanceof URL;
  const frames = audioFrames(source, media?.format.sampleRate ?? 8_000);
  // What is whole is read first, so that its length is known however little is heard. Reading a
  // file is outside a test's time; a stream may live by that very time.
  const whole = isFile || "samplesPerChannel" in source ? collect(frames) : undefined;
  const read = isFile && whole ? await call.clock.holdWhile(whole) : await whole;
  const reel = new Reel(media, options.signal, read && lengthMsOf(read));

  const { message } = options;
  const settle =
    message === undefined
      ? undefined
      : call.trackMessage((): MessageProgress => ({ name: message, ...reel.soFar }));
  try {
    const result = await reel.run(read ?? frames);
    settle?.({ name: message ?? "", ...result });
    return result;
  } finally {
    await frames.return();
  }
}

async function collect(frames: AsyncIterable<AudioFrame>): Promise<readonly AudioFrame[]> {
  const whole: AudioFrame[] = [];
  for await (const frame of frames) whole.push(frame);
  return whole;
}

function lengthMsOf(frames: readonly AudioFrame[]): number {
  return frames.reduce((sum, frame) => sum + frameMsOf(frame), 0);
}

function frameMsOf(frame: AudioFrame): number {
  return (frame.samplesPerChannel * 1_000) / frame.sampleRate;
}

/** One source being played: what was written, and how much of that was heard. */
class Reel {
  readonly #media: MediaLeg | undefined;
  readonly #signal: AbortSignal | undefined;
  /** The length of what is whole; a stream has what came of it. */
  readonly #wholeMs: number | undefined;
  #writtenMs = 0;
  #stopped = false;
  #cut: ReturnType<MediaLeg["mark"]> | undefined;

  constructor(
    media: MediaLeg | undefined,
    signal: AbortSignal | undefined,
    wholeMs: number | undefined,
  ) {
    this.#media = media;
    this.#signal = signal;
    this.#wholeMs = wholeMs;
  }

  get soFar(): PlayResult {
    const playedMs = Math.max(0, this.#writtenMs - (this.#media?.queuedMs ?? 0));
    return this.#result(playedMs, false);
  }

  async run(frames: Iterable<AudioFrame> | AsyncIterable<AudioFrame>): Promise<PlayResult> {
    const stop = () => {
      this.#stopped = true;
      // A mark before the queue is cleared: afterwards nothing knows what was heard of it.
      this.#cut ??= this.#media?.mark();
      void this.#media?.clear();
    };
    if (!this.#media || this.#signal?.aborted) this.#stopped = true;
    this.#signal?.addEventListener("abort", stop, { once: true });
    try {
      for await (const frame of frames) {
        if (this.#stopped) break;
        await this.#write(frame);
      }
      if (!this.#media) return this.#result(0, false);
      const { playedMs, interrupted } = await (this.#cut ?? this.#media.mark());
      return this.#result(playedMs, !interrupted && !this.#stopped);
    } finally {
      this.#signal?.removeEventListener("abort", stop);
    }
  }

  async #write(frame: AudioFrame): Promise<void> {
    this.#writtenMs += frameMsOf(frame);
    try {
      await this.#media?.write(frame);
    } catch (thrown) {
      if (!isOffhookError(thrown, "CALL_ENDED")) throw thrown;
      this.#stopped = true;
    }
  }

  #result(playedMs: number, complete: boolean): PlayResult {
    const totalMs = Math.round(this.#wholeMs ?? this.#writtenMs);
    return { playedMs: Math.min(Math.round(playedMs), totalMs), totalMs, complete };
  }
}
