import {
  type APIConnectOptions,
  DEFAULT_API_CONNECT_OPTIONS,
  llm,
  normalizeLanguage,
  stt,
  tts,
} from "@livekit/agents";
import { AudioFrame as LiveKitFrame } from "@livekit/rtc-node";
import { type AudioFrame, audioFrames, systemClock } from "@offhook/session";
import type {
  LanguageModel,
  ModelCall,
  OpenModel,
  PortCall,
  ReplyPart,
  Transcriber,
  Turn,
  Voice,
} from "../../conversation/ports.js";

/** What the ports are told of a call that only LiveKit knows. */
function portCall(signal: AbortSignal, sampleRate: number): PortCall {
  return { callId: "livekit", direction: "outbound", sampleRate, clock: systemClock(), signal };
}

/** A `Voice` of ours as a TTS of theirs. Speaks at `sampleRate`, 8,000 by default. */
export function asLiveKitTts(
  voice: Voice,
  options: { readonly sampleRate?: number } = {},
): tts.TTS {
  return new VoiceTts(voice, options.sampleRate ?? 8_000);
}

class VoiceTts extends tts.TTS {
  readonly label = "offhook.VoiceTts";
  readonly #voice: Voice;

  constructor(voice: Voice, sampleRate: number) {
    super(sampleRate, 1, { streaming: false });
    this.#voice = voice;
  }

  synthesize(text: string, options?: APIConnectOptions, signal?: AbortSignal): tts.ChunkedStream {
    return new VoiceStream(this.#voice, text, this, options, signal);
  }

  stream(): tts.SynthesizeStream {
    throw new Error("This voice speaks sentence by sentence; wrap it in a tts.StreamAdapter.");
  }
}

class VoiceStream extends tts.ChunkedStream {
  readonly label = "offhook.VoiceStream";
  readonly #voice: Voice;
  readonly #sampleRate: number;

  constructor(
    voice: Voice,
    text: string,
    owner: tts.TTS,
    options?: APIConnectOptions,
    signal?: AbortSignal,
  ) {
    super(text, owner, options, signal);
    this.#voice = voice;
    this.#sampleRate = owner.sampleRate;
  }

  protected async run(): Promise<void> {
    const sampleRate = this.#sampleRate;
    const signal = this.abortSignal;
    const audio = this.#voice.speak(this.inputText, { sampleRate, clock: systemClock(), signal });
    let last: AudioFrame | undefined;
    for await (const frame of audioFrames(audio, sampleRate)) {
      if (last) this.#put(last, false);
      last = frame;
    }
    if (last) this.#put(last, true);
    this.queue.close();
  }

  #put({ data, sampleRate, samplesPerChannel }: AudioFrame, final: boolean): void {
    const frame = new LiveKitFrame(data, sampleRate, 1, samplesPerChannel);
    this.queue.put({ requestId: "offhook", segmentId: "offhook", frame, final });
  }
}

/** A `Transcriber` of ours as an STT of theirs; use it with `turnDetection: "stt"`. */
export function asLiveKitStt(transcriber: Transcriber): stt.STT {
  return new TranscriberStt(transcriber);
}

class TranscriberStt extends stt.STT {
  readonly label = "offhook.TranscriberStt";
  readonly #transcriber: Transcriber;

  constructor(transcriber: Transcriber) {
    super({ streaming: true, interimResults: true });
    this.#transcriber = transcriber;
  }

  protected async _recognize(): Promise<stt.SpeechEvent> {
    throw new Error("This transcriber only works on a stream.");
  }

  stream(options?: { readonly connOptions?: APIConnectOptions }): stt.SpeechStream {
    return new TranscriberStream(this.#transcriber, this, options?.connOptions);
  }
}

class TranscriberStream extends stt.SpeechStream {
  readonly label = "offhook.TranscriberStream";
  readonly #transcriber: Transcriber;

  constructor(transcriber: Transcriber, owner: stt.STT, options?: APIConnectOptions) {
    super(owner, undefined, options);
    this.#transcriber = transcriber;
  }

  protected async run(): Promise<void> {
    let broken: unknown;
    const listener = {
      onTranscript: (transcript: { text: string; final: boolean; endOfTurn?: boolean }) => {
        const { text, final, endOfTurn } = transcript;
        const language = normalizeLanguage("en");
        const alternative = { text, language, startTime: 0, endTime: 0, confidence: 1 };
        const { FINAL_TRANSCRIPT, INTERIM_TRANSCRIPT, END_OF_SPEECH } = stt.SpeechEventType;
        const type = final ? FINAL_TRANSCRIPT : INTERIM_TRANSCRIPT;
        this.queue.put({ type, alternatives: [alternative] });
        if (endOfTurn) this.queue.put({ type: END_OF_SPEECH });
      },
      onFailure: (error: unknown) => {
        broken = error ?? new Error("The transcriber failed.");
      },
    };
    let stream: ReturnType<Transcriber["open"]> | undefined;
    try {
      for await (const frame of this.input) {
        if (broken) throw broken;
        if (typeof frame === "symbol") continue;
        stream ??= this.#transcriber.open(listener, portCall(this.abortSignal, frame.sampleRate));
        stream.push(frame);
      }
    } finally {
      stream?.close();
    }
  }
}

/** A `LanguageModel` of ours as an LLM of theirs. It can say things; its actions are ignored. */
export function asLiveKitLlm(model: LanguageModel): llm.LLM {
  return new ModelLlm(model);
}

class ModelLlm extends llm.LLM {
  readonly #lifetime = new AbortController();
  readonly #model: LanguageModel;
  #open: OpenModel | undefined;

  constructor(model: LanguageModel) {
    super();
    this.#model = model;
  }

  label(): string {
    return "offhook.ModelLlm";
  }

  chat({
    chatCtx,
    toolCtx,
    connOptions = DEFAULT_API_CONNECT_OPTIONS,
  }: Parameters<llm.LLM["chat"]>[0]) {
    const call: ModelCall = {
      ...portCall(this.#lifetime.signal, 8_000),
      volunteer() {},
      interrupt() {},
      fail() {},
    };
    this.#open ??= this.#model.open(call);
    const options = { chatCtx, connOptions, ...(toolCtx === undefined ? {} : { toolCtx }) };
    return new ModelStream(this, this.#open, options);
  }

  override async aclose(): Promise<void> {
    this.#lifetime.abort();
    this.#open?.close?.();
    await super.aclose();
  }
}

class ModelStream extends llm.LLMStream {
  readonly #model: OpenModel;

  constructor(
    owner: llm.LLM,
    model: OpenModel,
    options: ConstructorParameters<typeof llm.LLMStream>[1],
  ) {
    super(owner, options);
    this.#model = model;
  }

  protected async run(): Promise<void> {
    const turns: Turn[] = [];
    for (const item of this.chatCtx.items)
      if (item.type === "message" && (item.role === "user" || item.role === "assistant"))
        turns.push({ role: item.role === "user" ? "user" : "agent", text: item.textContent ?? "" });
    const cause = turns.at(-1)?.role === "user" ? "user_turn" : "opening";
    const { signal } = this.abortController;
    for await (const part of this.#model.reply({
      cause,
      turns,
      signal,
    }) as AsyncIterable<ReplyPart>)
      if (typeof part === "string" && part !== "")
        this.queue.put({ id: "offhook", delta: { role: "assistant", content: part } });
  }
}
