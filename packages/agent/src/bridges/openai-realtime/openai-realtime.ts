import {
  type AudioFrame,
  decodeG711,
  encodeG711,
  OffhookError,
  Resampler,
  type TimerHandle,
} from "@offhook/session";
import { WebSocket } from "ws";
import { z } from "zod";
import type {
  RealtimeCall,
  RealtimeConnection,
  RealtimeListener,
  RealtimeModel,
} from "../../conversation/realtime/realtime-port.js";
import { parseOptions } from "../../parse-options.js";
import { parseServerEvent, type RealtimeServerEvent } from "./realtime-events.js";

export interface OpenAiRealtimeOptions {
  /** Never logged. */
  readonly apiKey: string;
  /** Default `gpt-realtime`. */
  readonly model?: string;
  /** Default `wss://api.openai.com/v1/realtime`. */
  readonly url?: string;
  readonly instructions?: string;
  /** Default `marin`. */
  readonly voice?: string;
  /** The model speaks first, to these instructions. Without it, it waits for the user. */
  readonly greeting?: string;
  /** Transcribes the user with this model, for `user_turn` texts. Default `gpt-4o-mini-transcribe`; false for none. */
  readonly transcription?: string | false;
  /** As the API takes it. Default server voice activity detection. */
  readonly turnDetection?: Readonly<Record<string, unknown>>;
  /** Anything else for the session, as the API takes it. */
  readonly session?: Readonly<Record<string, unknown>>;
  /** Until the session is set up, in ms. Default 10,000. */
  readonly openTimeoutMs?: number;
}

const optionsSchema = z.strictObject({
  apiKey: z.string().min(1),
  model: z.string().min(1).default("gpt-realtime"),
  url: z
    .url({ protocol: /^wss?$/, error: "must be a ws: or wss: URL" })
    .default("wss://api.openai.com/v1/realtime"),
  instructions: z.string().optional(),
  voice: z.string().min(1).default("marin"),
  greeting: z.string().min(1).optional(),
  transcription: z.union([z.string().min(1), z.literal(false)]).default("gpt-4o-mini-transcribe"),
  turnDetection: z.record(z.string(), z.unknown()).default({ type: "server_vad" }),
  session: z.record(z.string(), z.unknown()).default({}),
  openTimeoutMs: z.number().int().min(1).max(600_000).default(10_000),
});

type Settings = z.output<typeof optionsSchema>;

const TELEPHONE_RATE = 8_000;
/** The caller's audio that is kept until the session is set up: 5 s of 20 ms. */
const MAX_WAITING_FRAMES = 250;
const MAX_PAYLOAD_BYTES = 16 << 20;

/**
 * OpenAI's Realtime API over WebSocket, in the telephone's own G.711 µ-law both ways. Throws
 * INVALID_OPTION.
 */
export function openAiRealtime(options: OpenAiRealtimeOptions): RealtimeModel {
  const settings = parseOptions("openAiRealtime", optionsSchema, options);
  return { connect: (listener, call) => new OpenAiConnection(settings, listener, call) };
}

class OpenAiConnection implements RealtimeConnection {
  readonly #settings: Settings;
  readonly #listener: RealtimeListener;
  readonly #call: RealtimeCall;
  readonly #socket: WebSocket;
  readonly #toTelephone: Resampler | undefined;
  #waiting: string[] = [];
  #ready = false;
  #failedResponses = 0;
  #opening: TimerHandle | undefined;
  #closed = false;

  constructor(settings: Settings, listener: RealtimeListener, call: RealtimeCall) {
    this.#settings = settings;
    this.#listener = listener;
    this.#call = call;
    if (call.sampleRate !== TELEPHONE_RATE)
      this.#toTelephone = new Resampler(call.sampleRate, TELEPHONE_RATE);
    const url = new URL(settings.url);
    url.searchParams.set("model", settings.model);
    this.#socket = new WebSocket(url, {
      headers: { Authorization: `Bearer ${settings.apiKey}` },
      maxPayload: MAX_PAYLOAD_BYTES,
      perMessageDeflate: false,
    });
    this.#socket.on("message", (data) => this.#onMessage(String(data)));
    // What an error means is known from the close that follows it.
    this.#socket.on("error", () => {});
    this.#socket.on("close", (code) => this.#fail(`it closed with ${code}`));
    this.#socket.on("unexpected-response", (_request, response) =>
      this.#fail(`it was refused with ${response.statusCode ?? "no status"}`),
    );
    this.#opening = call.clock.setTimeout(
      () => this.#fail("it was not set up in time"),
      settings.openTimeoutMs,
    );
  }

  send(frame: AudioFrame): void {
    const audio = Buffer.from(this.#encode(frame)).toString("base64");
    if (this.#ready) return this.#append(audio);
    this.#waiting.push(audio);
    if (this.#waiting.length > MAX_WAITING_FRAMES) this.#waiting.shift();
  }

  truncate(answerId: string, playedMs: number): void {
    this.#tell({
      type: "conversation.item.truncate",
      item_id: answerId,
      content_index: 0,
      audio_end_ms: playedMs,
    });
  }

  answerTool(callId: string, result: string): void {
    this.#tell({
      type: "conversation.item.create",
      item: { type: "function_call_output", call_id: callId, output: result },
    });
    this.#tell({ type: "response.create" });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { clock } = this.#call;
    clock.clear(this.#opening);
    if (this.#socket.readyState !== WebSocket.OPEN) return this.#socket.terminate();
    this.#socket.close(1_000);
    // A server that does not answer the close frame must not keep the socket open.
    const patience = clock.setTimeout(() => this.#socket.terminate(), 1_000);
    this.#socket.once("close", () => clock.clear(patience));
  }

  #onMessage(data: string): void {
    if (this.#closed) return;
    let event: RealtimeServerEvent | undefined;
    try {
      event = parseServerEvent(data);
    } catch {
      const message = "The realtime server sent an event that cannot be read; it was dropped.";
      return this.#listener.onFault(new OffhookError("REALTIME_FAILED", message));
    }
    if (event) this.#onEvent(event);
  }

  #onEvent(event: RealtimeServerEvent): void {
    const listener = this.#listener;
    switch (event.type) {
      case "session.created":
        return this.#tell({ type: "session.update", session: this.#session() });
      case "session.updated":
        return this.#onReady();
      case "input_audio_buffer.speech_started":
        return listener.onUserSpeech(true);
      case "input_audio_buffer.speech_stopped":
        return listener.onUserSpeech(false);
      case "conversation.item.input_audio_transcription.completed":
        return listener.onTurn({ role: "user", text: event.transcript });
      case "response.output_audio.delta":
        this.#failedResponses = 0;
        return listener.onAudio(event.item_id, decode(event.delta));
      case "response.output_audio.done":
        return listener.onAudioEnd(event.item_id);
      case "response.output_audio_transcript.done":
        return listener.onTurn({ role: "agent", text: event.transcript }, event.item_id);
      case "response.output_item.done":
        return this.#onItem(event.item);
      case "response.done":
        return this.#onResponse(event.response);
      case "error": {
        const { code, type } = event.error;
        const message = `The realtime server reported ${code ?? type ?? "an error"}.`;
        return listener.onFault(new OffhookError("REALTIME_FAILED", message));
      }
    }
  }

  #onReady(): void {
    if (this.#ready) return;
    this.#ready = true;
    this.#call.clock.clear(this.#opening);
    for (const audio of this.#waiting.splice(0)) this.#append(audio);
    const { greeting } = this.#settings;
    if (greeting !== undefined)
      this.#tell({ type: "response.create", response: { instructions: greeting } });
  }

  #onItem({
    type,
    name,
    call_id: callId,
    arguments: json,
  }: {
    readonly type: string;
    readonly name?: string | undefined;
    readonly call_id?: string | undefined;
    readonly arguments?: string | undefined;
  }): void {
    if (type !== "function_call" || name === undefined || callId === undefined) return;
    let args: unknown;
    try {
      args = JSON.parse(json ?? "{}");
    } catch {
      args = undefined;
    }
    this.#listener.onToolCall({ callId, name, arguments: args });
  }

  #onResponse({
    status,
    status_details: details,
  }: {
    readonly status: string;
    readonly status_details?:
      | { readonly error?: { readonly code?: string | null | undefined } | null | undefined }
      | null
      | undefined;
  }): void {
    if (status !== "failed") return;
    const message = `A response failed: ${details?.error?.code ?? "for no stated reason"}.`;
    const error = new OffhookError("REALTIME_FAILED", message);
    if (++this.#failedResponses > 1) return this.#listener.onFailure(error);
    this.#listener.onFault(error);
    this.#tell({ type: "response.create" });
  }

  #session(): Readonly<Record<string, unknown>> {
    const { instructions, voice, transcription, turnDetection, session } = this.#settings;
    const format = { type: "audio/pcmu" };
    return {
      type: "realtime",
      output_modalities: ["audio"],
      ...(instructions === undefined ? {} : { instructions }),
      audio: {
        input: {
          format,
          turn_detection: turnDetection,
          ...(transcription === false ? {} : { transcription: { model: transcription } }),
        },
        output: { format, voice },
      },
      tools: Object.entries(this.#call.tools).map(([name, { description, parameters }]) => ({
        type: "function",
        name,
        description,
        parameters,
      })),
      ...session,
    };
  }

  #encode({ data }: AudioFrame): Uint8Array {
    let samples = data;
    if (this.#toTelephone) {
      const converted = new Int16Array(this.#toTelephone.maxOutput(data.length));
      samples = converted.subarray(0, this.#toTelephone.process(data, converted));
    }
    const bytes = new Uint8Array(samples.length);
    encodeG711("mu", samples, bytes);
    return bytes;
  }

  #append(audio: string): void {
    this.#tell({ type: "input_audio_buffer.append", audio });
  }

  #tell(event: Readonly<Record<string, unknown>>): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(event));
  }

  #fail(how: string): void {
    if (this.#closed) return;
    this.close();
    this.#listener.onFailure(
      new OffhookError("REALTIME_FAILED", `The realtime connection failed: ${how}.`, {
        remedy: "Check the key, the model's name and the network.",
      }),
    );
  }
}

function decode(base64: string): AudioFrame {
  const bytes = Buffer.from(base64, "base64");
  const data = new Int16Array(bytes.length);
  decodeG711("mu", bytes, data);
  return { data, sampleRate: TELEPHONE_RATE, channels: 1, samplesPerChannel: data.length };
}
