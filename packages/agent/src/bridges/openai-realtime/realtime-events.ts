import { z } from "zod";

const item = z.object({ item_id: z.string() });

/** The server events that matter to a call; others are ignored, new ones come all the time. */
const serverEventSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("session.created") }),
  z.object({ type: z.literal("session.updated") }),
  z.object({ type: z.literal("input_audio_buffer.speech_started") }),
  z.object({ type: z.literal("input_audio_buffer.speech_stopped") }),
  z.object({
    type: z.literal("conversation.item.input_audio_transcription.completed"),
    transcript: z.string(),
  }),
  item.extend({ type: z.literal("response.output_audio.delta"), delta: z.base64() }),
  item.extend({ type: z.literal("response.output_audio.done") }),
  item.extend({
    type: z.literal("response.output_audio_transcript.done"),
    transcript: z.string(),
  }),
  z.object({
    type: z.literal("response.output_item.done"),
    item: z.object({
      type: z.string(),
      name: z.string().optional(),
      call_id: z.string().optional(),
      arguments: z.string().optional(),
    }),
  }),
  z.object({
    type: z.literal("response.done"),
    response: z.object({
      status: z.string(),
      status_details: z
        .object({ error: z.object({ code: z.string().nullish() }).nullish() })
        .nullish(),
    }),
  }),
  z.object({
    type: z.literal("error"),
    error: z.object({ type: z.string().nullish(), code: z.string().nullish() }),
  }),
]);

export type RealtimeServerEvent = z.output<typeof serverEventSchema>;

const known: ReadonlySet<string> = new Set(
  serverEventSchema.options.map((option) => option.shape.type.value),
);

/** Parses one frame; undefined for events that do not matter. Throws on what cannot be read. */
export function parseServerEvent(data: string): RealtimeServerEvent | undefined {
  const value: unknown = JSON.parse(data);
  const { type } = z.object({ type: z.string() }).parse(value);
  return known.has(type) ? serverEventSchema.parse(value) : undefined;
}
