import { OffhookError } from "@offhook/session";
import { z } from "zod";
import type { Turn } from "../../conversation/ports.js";

const spoken = {
  content: z.string().default(""),
  content_complete: z.boolean().default(false),
  no_interruption_allowed: z.boolean().optional(),
  end_call: z.boolean().optional(),
  transfer_number: z.string().min(1).optional(),
  digit_to_press: z
    .string()
    .regex(/^[0-9A-D*#]+$/)
    .optional(),
};

/** What a custom model's server may send, by `response_type`. */
const serverMessageSchema = z.discriminatedUnion("response_type", [
  z.object({
    response_type: z.literal("config"),
    config: z.object({
      auto_reconnect: z.boolean().optional(),
      call_details: z.boolean().optional(),
    }),
  }),
  z.object({
    response_type: z.literal("response"),
    response_id: z.number().int().min(0),
    ...spoken,
  }),
  z.object({
    response_type: z.literal("agent_interrupt"),
    interrupt_id: z.number().int(),
    ...spoken,
  }),
  z.object({ response_type: z.literal("tool_call_invocation") }),
  z.object({ response_type: z.literal("tool_call_result") }),
  z.object({ response_type: z.literal("metadata") }),
  z.object({ response_type: z.literal("update_agent") }),
  z.object({ response_type: z.literal("ping_pong"), timestamp: z.number() }),
]);

export type RetellServerMessage = z.output<typeof serverMessageSchema>;

/** A chunk of something to say, and what to do after it. */
export type RetellSpoken = Extract<
  RetellServerMessage,
  { readonly response_type: "response" | "agent_interrupt" }
>;

export interface RetellUtterance {
  readonly role: "agent" | "user";
  readonly content: string;
}

/** What we send, by `interaction_type`. */
export type RetellClientMessage =
  | { readonly interaction_type: "ping_pong"; readonly timestamp: number }
  | { readonly interaction_type: "call_details"; readonly call: Readonly<Record<string, unknown>> }
  | {
      readonly interaction_type: "update_only";
      readonly transcript: readonly RetellUtterance[];
      readonly turntaking?: "agent_turn" | "user_turn";
    }
  | {
      readonly interaction_type: "response_required" | "reminder_required";
      readonly response_id: number;
      readonly transcript: readonly RetellUtterance[];
    };

/** Parses one frame. Throws LLM_SOCKET_CORRUPT_PAYLOAD; what was sent is not in the message. */
export function parseServerMessage(data: string): RetellServerMessage {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    throw corrupt("it is not JSON");
  }
  const parsed = serverMessageSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw corrupt(
    `${issue?.path.map(String).join(".") || "it"}: ${issue?.message ?? "is not allowed"}`,
  );
}

export function corrupt(why: string): OffhookError {
  return new OffhookError(
    "LLM_SOCKET_CORRUPT_PAYLOAD",
    `The custom model's server sent a message that cannot be read: ${why}.`,
    { remedy: "Compare what the server sends with the custom LLM protocol." },
  );
}

export function transcriptOf(turns: readonly Turn[]): readonly RetellUtterance[] {
  return turns.map(({ role, text }) => ({ role, content: text }));
}
