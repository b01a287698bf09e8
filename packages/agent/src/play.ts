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
  // Reading a file is outside a test's time; a stream may live by that very time.
  const nextFrame = () => (isFile ? call.clock.holdWhile(frames.next()) : frames.next());
  const reel = new Reel(media, options.signal, isFile || "samplesPerChannel" in source);

  const { message } = options;
  const settle =
    message === undefined
      ? undefined
      : call.trackMessage((): MessageProgress => ({ name: message, ...reel.soFar }));
  try {
    const result = await reel.run(nextFrame);
    settle?.({ name: message ?? "", ...result });
    return result;
  } finally {
    await frames.return();
  }
}

/** One source being played: what was written, and how much of that was heard. */
class Reel {
  readonly #media: MediaLeg | undefined;
  readonly #signal: AbortSignal | undefined;
  /** Its end is known to come, so its length can be told even if nobody listens. */
  readonly #finite: boolean;
  #totalMs = 0;
  #writtenMs = 0;
  #stopped = false;
  #cut: ReturnType<MediaLeg["mark"]> | undefined;

  constructor(media: MediaLeg | undefined, signal: AbortSignal | undefined, finite: boolean) {
    this.#media = media;
    this.#signal = signal;
    this.#finite = finite;
  }

  get soFar(): PlayResult {
    const playedMs = Math.max(0, this.#writtenMs - (this.#media?.queuedMs ?? 0));
    return this.#result(playedMs, false);
  }

  async run(nextFrame: () => Promise<IteratorResult<AudioFrame, void>>): Promise<PlayResult> {
    const stop = () => {
      this.#stopped = true;
      // A mark before the queue is cleared: afterwards nothing knows what was heard of it.
      this.#cut ??= this.#media?.mark();
      void this.#media?.clear();
    };
    if (!this.#media || this.#signal?.aborted) this.#stopped = true;
    this.#signal?.addEventListener("abort", stop, { once: true });
    try {
      for (;;) {
        if (this.#stopped && !this.#finite) break;
        const next = await nextFrame();
        if (next.done) break;
        await this.#write(next.value);
      }
      if (!this.#media) return this.#result(0, false);
      const { playedMs, interrupted } = await (this.#cut ?? this.#media.mark());
      return this.#result(playedMs, !interrupted && !this.#stopped);
    } finally {
      this.#signal?.removeEventListener("abort", stop);
    }
  }

  async #write(frame: AudioFrame): Promise<void> {
    const frameMs = (frame.samplesPerChannel * 1_000) / frame.sampleRate;
    this.#totalMs += frameMs;
    if (this.#stopped) return;
    this.#writtenMs += frameMs;
    try {
      await this.#media?.write(frame);
    } catch (thrown) {
      if (!isOffhookError(thrown, "CALL_ENDED")) throw thrown;
      this.#stopped = true;
    }
  }

  #result(playedMs: number, complete: boolean): PlayResult {
    const totalMs = Math.round(this.#totalMs);
    return { playedMs: Math.min(Math.round(playedMs), totalMs), totalMs, complete };
  }
}
