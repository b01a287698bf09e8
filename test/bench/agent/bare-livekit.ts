import { voice } from "@livekit/agents";
import { AudioFrame } from "@livekit/rtc-node";
import {
  asLiveKitLlm,
  asLiveKitStt,
  asLiveKitTts,
  liveKitSession,
} from "@offhook/agent/livekit-agents";
import { hummingVoice, scriptedModel } from "@offhook/agent/testing";
import { instantTranscriber } from "./instant-transcriber.js";

const RATE = 8_000;
const FRAME_MS = 20;

/** A LiveKit session with instant fakes for all it calls, as in our own conversations. */
export function instantSession(onEndOfSpeech: () => void = () => {}) {
  return liveKitSession({
    vad: null,
    turnHandling: {
      turnDetection: "stt",
      endpointing: { minDelay: 0, maxDelay: 0 },
      preemptiveGeneration: { enabled: false },
    },
    stt: asLiveKitStt(instantTranscriber(onEndOfSpeech)),
    llm: asLiveKitLlm(scriptedModel(["I see."])),
    tts: asLiveKitTts(hummingVoice({ msPerCharacter: 100 })),
  });
}

class BareInput extends voice.AudioInput {
  #controller: ReadableStreamDefaultController<AudioFrame> | undefined;

  constructor() {
    super();
    const stream = new ReadableStream<AudioFrame>({
      start: (controller) => {
        this.#controller = controller;
      },
    });
    this.multiStream.addInputStream(stream);
  }

  push(isLoud: boolean): void {
    const count = (RATE * FRAME_MS) / 1_000;
    const data = Int16Array.from({ length: count }, (_, at) =>
      isLoud ? 9_000 * Math.sin((2 * Math.PI * at) / 20) : 0,
    );
    this.#controller?.enqueue(new AudioFrame(data, RATE, 1, count));
  }
}

class BareOutput extends voice.AudioOutput {
  readonly #onFirst: () => void;
  #segment = false;

  constructor(onFirst: () => void) {
    super(undefined, undefined, { pause: true });
    this.#onFirst = onFirst;
  }

  override async captureFrame(frame: AudioFrame): Promise<void> {
    await super.captureFrame(frame);
    if (this.#segment) return;
    this.#segment = true;
    this.onPlaybackStarted(Date.now());
    this.#onFirst();
  }

  override flush(): void {
    super.flush();
    if (this.#segment) this.onPlaybackFinished({ playbackPosition: 0.1, interrupted: false });
    this.#segment = false;
  }

  override clearBuffer(): void {}
}

export interface BareLiveKit {
  /** In ms. */
  readonly samples: readonly number[];
  /** Of a core, per session. */
  readonly cpuPercent: number;
  /** Per session, without what loading the library took. */
  readonly memoryMiB: number;
}

/**
 * LiveKit Agents with nothing around it: audio in and out in memory. From the end of speech until the
 * first frame of the answer is handed over; no wire, no codec and no jitter buffer in between.
 */
export async function bareLiveKit(sessions: number, durationMs: number): Promise<BareLiveKit> {
  const samples: number[] = [];
  const memoryBefore = process.memoryUsage().rss;
  const legs = await Promise.all(
    Array.from({ length: sessions }, async () => {
      let endedAtMs = 0;
      const session = instantSession(() => {
        endedAtMs = performance.now();
      });
      const input = new BareInput();
      session.input.audio = input;
      session.output.audio = new BareOutput(() => {
        if (endedAtMs > 0) samples.push(performance.now() - endedAtMs);
        endedAtMs = 0;
      });
      await session.start({ agent: new voice.Agent({ instructions: "" }) });
      return { session, input, phase: Math.floor(Math.random() * 100) };
    }),
  );
  const cpu = process.cpuUsage();
  let tick = 0;
  const ticker = setInterval(() => {
    tick++;
    // Speaks for 600 ms of every 2 s.
    for (const { input, phase } of legs) input.push((tick + phase) % 100 < 30);
  }, FRAME_MS);
  await new Promise((resolve) => setTimeout(resolve, durationMs));
  clearInterval(ticker);
  const { user, system } = process.cpuUsage(cpu);
  const memory = process.memoryUsage().rss - memoryBefore;
  await Promise.all(legs.map(({ session }) => session.close()));
  return {
    samples,
    cpuPercent: (user + system) / 10 / durationMs / sessions,
    memoryMiB: memory / sessions / 2 ** 20,
  };
}
