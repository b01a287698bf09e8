import { decodeG711, encodeG711 } from "@offhook/session";
import { z } from "zod";
import type { DoubleAnswer } from "./openai-realtime-double.js";

export interface DoubleSessionOptions {
  readonly answers: readonly DoubleAnswer[];
  readonly heard: readonly string[];
  readonly send: (event: Readonly<Record<string, unknown>>) => void;
  readonly onAudio: (durationMs: number) => void;
}

const pcmu = z.object({ format: z.object({ type: z.literal("audio/pcmu") }) });

/** What this double understands, as the API defines it. */
const clientEventSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("session.update"),
    session: z.object({
      type: z.literal("realtime"),
      audio: z.object({ input: pcmu, output: pcmu.extend({ voice: z.string() }) }),
      tools: z.array(z.object({ type: z.literal("function"), name: z.string() })).default([]),
    }),
  }),
  z.object({ type: z.literal("input_audio_buffer.append"), audio: z.base64() }),
  z.object({ type: z.literal("response.create") }),
  z.object({
    type: z.literal("conversation.item.truncate"),
    item_id: z.string(),
    content_index: z.literal(0),
    audio_end_ms: z.number().int().min(0),
  }),
  z.object({
    type: z.literal("conversation.item.create"),
    item: z.object({
      type: z.literal("function_call_output"),
      call_id: z.string(),
      output: z.string(),
    }),
  }),
]);

const SPEECH_LEVEL = 500;
const SPEECH_START_MS = 60;
const SPEECH_END_MS = 500;
const MS_PER_CHARACTER = 60;
const BYTES_PER_MS = 8;
const CHUNK_MS = 200;

/** One connection to the double. Lives by the audio it is sent: it keeps no clock of its own. */
export class DoubleSession {
  readonly #options: DoubleSessionOptions;
  readonly #itemMs = new Map<string, number>();
  readonly #openCalls = new Set<string>();
  #ready = false;
  #speaking = false;
  #loudMs = 0;
  #quietMs = 0;
  #ids = 0;
  #answered = 0;
  #understood = 0;
  #sending: NodeJS.Immediate | undefined;
  #cancel: (() => void) | undefined;

  constructor(options: DoubleSessionOptions) {
    this.#options = options;
  }

  open(): void {
    this.#send("session.created", { session: { type: "realtime" } });
  }

  close(): void {
    clearImmediate(this.#sending);
  }

  take(raw: unknown): void {
    const parsed = clientEventSchema.safeParse(raw);
    if (!parsed.success) return this.#refuse("invalid_event");
    const event = parsed.data;
    if (!this.#ready && event.type !== "session.update") return this.#refuse("session_not_ready");
    switch (event.type) {
      case "session.update":
        this.#ready = true;
        return this.#send("session.updated", { session: event.session });
      case "input_audio_buffer.append":
        return this.#hear(Buffer.from(event.audio, "base64"));
      case "response.create":
        return this.#cancel
          ? this.#refuse("conversation_already_has_active_response")
          : this.#respond();
      case "conversation.item.truncate":
        return this.#truncate(event.item_id, event.audio_end_ms);
      case "conversation.item.create":
        if (!this.#openCalls.delete(event.item.call_id)) return this.#refuse("invalid_call_id");
        return this.#send("conversation.item.added", { item: event.item });
    }
  }

  #hear(bytes: Buffer): void {
    const durationMs = bytes.length / BYTES_PER_MS;
    this.#options.onAudio(durationMs);
    const samples = new Int16Array(bytes.length);
    decodeG711("mu", bytes, samples);
    const level = Math.sqrt(samples.reduce((sum, sample) => sum + sample ** 2, 0) / bytes.length);
    if (level >= SPEECH_LEVEL) {
      this.#loudMs += durationMs;
      this.#quietMs = 0;
    } else {
      this.#quietMs += durationMs;
      if (!this.#speaking) this.#loudMs = 0;
    }
    if (!this.#speaking && this.#loudMs >= SPEECH_START_MS) {
      this.#speaking = true;
      this.#send("input_audio_buffer.speech_started", { item_id: this.#id("item") });
      this.#cancel?.();
    } else if (this.#speaking && this.#quietMs >= SPEECH_END_MS) this.#endOfSpeech();
  }

  #endOfSpeech(): void {
    this.#speaking = false;
    this.#loudMs = 0;
    this.#send("input_audio_buffer.speech_stopped", {});
    this.#send("input_audio_buffer.committed", {});
    const transcript = this.#options.heard[this.#understood++];
    if (transcript !== undefined)
      this.#send("conversation.item.input_audio_transcription.completed", { transcript });
    this.#respond();
  }

  #respond(): void {
    const { answers } = this.#options;
    const answer = answers[Math.min(this.#answered++, answers.length - 1)] ?? "";
    const responseId = this.#id("resp");
    this.#send("response.created", { response: { id: responseId, status: "in_progress" } });
    if (typeof answer === "string") this.#say(answer, responseId);
    else this.#callFunction(answer, responseId);
  }

  /** Sends audio in chunks, all of it at once but for the event loop: far faster than it is heard. */
  #say(text: string, responseId: string): void {
    const itemId = this.#id("item");
    const totalMs = Math.max(CHUNK_MS, text.length * MS_PER_CHARACTER);
    let sentMs = 0;
    const finish = (status: string) => {
      clearImmediate(this.#sending);
      this.#cancel = undefined;
      this.#send("response.output_audio.done", { response_id: responseId, item_id: itemId });
      this.#send("response.done", { response: { id: responseId, status } });
    };
    this.#cancel = () => finish("cancelled");
    this.#send("response.output_audio_transcript.done", { item_id: itemId, transcript: text });
    const step = () => {
      const chunkMs = Math.min(CHUNK_MS, totalMs - sentMs);
      if (chunkMs <= 0) return finish("completed");
      const delta = hum(sentMs, chunkMs);
      sentMs += chunkMs;
      this.#itemMs.set(itemId, sentMs);
      this.#send("response.output_audio.delta", {
        response_id: responseId,
        item_id: itemId,
        content_index: 0,
        delta,
      });
      this.#sending = setImmediate(step);
    };
    step();
  }

  #callFunction(answer: Exclude<DoubleAnswer, string>, responseId: string): void {
    const callId = this.#id("call");
    this.#openCalls.add(callId);
    this.#send("response.output_item.done", {
      response_id: responseId,
      item: {
        type: "function_call",
        call_id: callId,
        name: answer.call,
        arguments: JSON.stringify(answer.arguments),
      },
    });
    this.#send("response.done", { response: { id: responseId, status: "completed" } });
  }

  #truncate(itemId: string, audioEndMs: number): void {
    const sentMs = this.#itemMs.get(itemId);
    if (sentMs === undefined) return this.#refuse("item_not_found");
    if (audioEndMs > sentMs) return this.#refuse("audio_end_ms_beyond_audio");
    this.#send("conversation.item.truncated", { item_id: itemId, audio_end_ms: audioEndMs });
  }

  #refuse(code: string): void {
    this.#send("error", { error: { type: "invalid_request_error", code } });
  }

  #send(type: string, fields: Readonly<Record<string, unknown>>): void {
    this.#options.send({ event_id: this.#id("event"), type, ...fields });
  }

  #id(kind: string): string {
    return `${kind}_${++this.#ids}`;
  }
}

function hum(fromMs: number, durationMs: number): string {
  const samples = Int16Array.from(
    { length: durationMs * BYTES_PER_MS },
    (_, index) => 8_000 * Math.sin((2 * Math.PI * 200 * (fromMs * BYTES_PER_MS + index)) / 8_000),
  );
  const bytes = new Uint8Array(samples.length);
  encodeG711("mu", samples, bytes);
  return Buffer.from(bytes).toString("base64");
}
