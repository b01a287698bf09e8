import type { AudioSource } from "@offhook/session";
import { z } from "zod";
import type { LanguageModel, Transcriber, Voice } from "./ports.js";

/** What is said when nobody has spoken for a while: a line of yours, or one the model thinks of. */
export type InactivityPrompt = string | { readonly from: "model" };

/** What the caller hears before a call ends because a port is beyond recovery. */
export interface Fallback {
  /** Spoken by the conversation's voice, unless it is the voice that failed. */
  readonly text?: string;
  /** Played otherwise. Default: a recorded line that ships with the package. */
  readonly audio?: AudioSource;
}

export interface ConversationOptions {
  readonly transcriber: Transcriber;
  readonly model: LanguageModel;
  readonly voice: Voice;
  /** What the agent says first. */
  readonly greeting?: string;
  /** Without a greeting: whether the model opens the conversation or waits for the user. Default `user`. */
  readonly opening?: "agent" | "user";
  /** Silence after which the user's turn is over, in ms. Default 500. */
  readonly endOfTurnMs?: number;
  /** How long a transcript may take once the user stopped speaking, in ms. Default 3,000. */
  readonly transcriptMs?: number;
  /** The user's voice for this long, in ms, silences the agent; false lets it finish. Default 200. */
  readonly bargeInMs?: number | false;
  /** Said when the model takes longer than `afterMs` to begin its answer; lines take turns. */
  readonly filler?: { readonly afterMs: number; readonly lines: readonly string[] };
  /**
   * Silence of both sides: after `afterMs` one prompt after the other, then the agent hangs up as
   * AGENT_HUNG_UP_SILENCE_DETECTED. Default 10,000 ms and one prompt; false leaves it to the call's
   * `userSilenceMs`.
   */
  readonly inactivity?:
    | { readonly afterMs: number; readonly prompts: readonly InactivityPrompt[] }
    | false;
  /** Said when the user spoke and nothing could be understood. */
  readonly reprompt?: string;
  /** An answer that begins later than this is told as MODEL_LATE, in ms. Default 2,000. */
  readonly modelLateMs?: number;
  /** An answer that pauses longer than this has failed, in ms. Default 10,000. */
  readonly modelStallMs?: number;
  /** A sentence whose audio begins later than this is told as VOICE_LATE, in ms. Default 1,000. */
  readonly voiceLateMs?: number;
  /** A sentence whose audio pauses longer than this has failed, in ms. Default 5,000. */
  readonly voiceStallMs?: number;
  /** How often a port may fail in a row before the call is given up. Default 2. */
  readonly attempts?: number;
  readonly fallback?: Fallback;
}

const ms = z.number().int().min(1).max(600_000);

/** The parts of the options that can be out of range; ports and audio are checked when used. */
export const conversationSchema = z.object({
  greeting: z.string().optional(),
  opening: z.enum(["agent", "user"]).default("user"),
  endOfTurnMs: ms.default(500),
  transcriptMs: ms.default(3_000),
  bargeInMs: z.union([z.number().int().min(0).max(600_000), z.literal(false)]).default(200),
  filler: z.object({ afterMs: ms, lines: z.array(z.string().min(1)).min(1) }).optional(),
  inactivity: z
    .union([
      z.object({
        afterMs: ms,
        prompts: z.array(z.union([z.string().min(1), z.object({ from: z.literal("model") })])),
      }),
      z.literal(false),
    ])
    .default({ afterMs: 10_000, prompts: ["Are you still there?"] }),
  reprompt: z.string().default("Sorry, I did not catch that. Could you say it again?"),
  modelLateMs: ms.default(2_000),
  modelStallMs: ms.default(10_000),
  voiceLateMs: ms.default(1_000),
  voiceStallMs: ms.default(5_000),
  attempts: z.number().int().min(1).max(10).default(2),
});

export type ConversationSettings = z.output<typeof conversationSchema>;
