import { voice } from "@livekit/agents";
import { AudioFrame } from "@livekit/rtc-node";
import { type CallAudio, type HeardFrame, Resampler } from "@offhook/session";

/** How far the session may fall behind before it loses the newest frames: 5 s. */
const MAX_BEHIND_FRAMES = 250;

/** What the caller says, as a LiveKit session hears it. */
export class LegAudioInput extends voice.AudioInput {
  readonly #stop: () => void;

  constructor(audio: CallAudio) {
    super();
    let attached = true;
    let stop = () => {};
    const stream = new ReadableStream<AudioFrame>(
      {
        start(controller) {
          stop = audio.onFrame((frame) => {
            if (attached && (controller.desiredSize ?? 0) > 0) controller.enqueue(toLiveKit(frame));
          });
        },
        cancel: () => stop(),
      },
      { highWaterMark: MAX_BEHIND_FRAMES },
    );
    this.setAttached = (now) => {
      attached = now;
    };
    this.#stop = () => stop();
    this.multiStream.addInputStream(stream);
  }

  override async close(): Promise<void> {
    this.#stop();
    await super.close();
  }
}

/** A frame with a buffer of its own: LiveKit sends the whole buffer behind a view. */
function toLiveKit({ data, sampleRate, channels, samplesPerChannel }: HeardFrame): AudioFrame {
  const owned = data.byteLength === data.buffer.byteLength ? data : data.slice();
  return new AudioFrame(owned, sampleRate, channels, samplesPerChannel);
}

/** A stretch of speech, as LiveKit counts them: from the first frame to the flush. */
interface Segment {
  writtenMs: number;
  /** Cleared: what still comes of it is dropped. */
  cut: ReturnType<CallAudio["mark"]> | undefined;
  resampler: Resampler | undefined;
}

export interface LegAudioOutputOptions {
  /** Told once per segment, when it was heard or cut short. */
  readonly onHeard: (heard: { readonly playedMs: number; readonly interrupted: boolean }) => void;
}

/**
 * What a LiveKit session says, as the caller hears it. Every segment is finished exactly once, with
 * what the caller really heard of it; after a hang-up too, so that a session can always close.
 */
export class LegAudioOutput extends voice.AudioOutput {
  readonly #audio: CallAudio;
  readonly #options: LegAudioOutputOptions;
  #segment: Segment | undefined;
  #over = false;

  constructor(audio: CallAudio, options: LegAudioOutputOptions) {
    // No sample rate of its own: LiveKit's resampler would hold back a tenth of a second.
    super(undefined, undefined, { pause: true });
    this.#audio = audio;
    this.#options = options;
  }

  override async captureFrame(frame: AudioFrame): Promise<void> {
    await super.captureFrame(frame);
    if (!this.#segment) {
      this.#segment = { writtenMs: 0, cut: undefined, resampler: undefined };
      this.onPlaybackStarted(Date.now());
    }
    const segment = this.#segment;
    if (this.#over || segment.cut) return;
    const data = this.#convert(frame, segment);
    segment.writtenMs += (frame.samplesPerChannel * 1_000) / frame.sampleRate;
    const { sampleRate } = this.#audio.format;
    try {
      await this.#audio.write({ data, sampleRate, channels: 1, samplesPerChannel: data.length });
    } catch {
      // The call is over; the rest of the segment is swallowed.
      this.#over = true;
    }
  }

  override flush(): void {
    super.flush();
    const segment = this.#segment;
    this.#segment = undefined;
    if (!segment) return;
    void (segment.cut ?? this.#audio.mark()).then(({ playedMs, interrupted }) => {
      const heardMs = Math.min(playedMs, segment.writtenMs);
      this.#options.onHeard({ playedMs: Math.round(heardMs), interrupted });
      this.onPlaybackFinished({ playbackPosition: heardMs / 1_000, interrupted });
    });
  }

  override clearBuffer(): void {
    if (this.#segment && !this.#segment.cut) this.#segment.cut = this.#audio.mark();
    void this.#audio.clear();
  }

  override pause(): void {
    this.#audio.pause();
  }

  override resume(): void {
    this.#audio.resume();
  }

  /** The call is over: what still comes is swallowed, and what waits to be heard never will be. */
  hangUp(): void {
    this.#over = true;
    this.#audio.resume();
    this.clearBuffer();
  }

  #convert(frame: AudioFrame, segment: Segment): Int16Array {
    const { sampleRate } = this.#audio.format;
    const mono = firstChannel(frame);
    if (frame.sampleRate === sampleRate) return mono;
    if (segment.resampler?.fromRate !== frame.sampleRate)
      segment.resampler = new Resampler(frame.sampleRate, sampleRate);
    const converted = new Int16Array(segment.resampler.maxOutput(mono.length));
    return converted.slice(0, segment.resampler.process(mono, converted));
  }
}

function firstChannel({ data, channels, samplesPerChannel }: AudioFrame): Int16Array {
  if (channels === 1) return data.slice();
  return Int16Array.from({ length: samplesPerChannel }, (_, at) => data[at * channels] ?? 0);
}
