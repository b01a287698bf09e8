import { type CallSession, OffhookError } from "@offhook/session";
import type { Voice } from "./ports.js";
import { giveUp } from "./rescue.js";
import { Speaker, type Spoken } from "./speaker.js";

export interface SayOptions {
  /** Default, within a conversation: the conversation's own. */
  readonly voice?: Voice;
  /** False: barge-in leaves it alone. Default true. */
  readonly interruptible?: boolean;
  /** Stops it at once when it aborts. */
  readonly signal?: AbortSignal;
}

/** Says something outside of any conversation; a voice that fails ends the call as TTS_ERROR. */
export async function sayAlone(
  call: CallSession,
  text: string | AsyncIterable<string>,
  options: SayOptions,
): Promise<Spoken> {
  const { voice } = options;
  if (!voice)
    throw new OffhookError("INVALID_OPTION", "There is no voice to say it with.", {
      remedy: "Give say() a voice, or begin a conversation with session.converse().",
    });
  if (!call.media)
    throw new OffhookError("CALL_NOT_ACTIVE", `A call in ${call.state} cannot say anything yet.`, {
      remedy: "Say it from onAnswer or an active hook on.",
    });
  const speaker = new Speaker(call);
  const spoken = await speaker.say(text, { ...options, voice });
  const { failure, playedMs, heard } = spoken;
  if (failure) await giveUp(call, speaker, voice, {}, "voice", failure);
  else if (playedMs > 0) call.emit("agent_turn", { text: heard, playedMs });
  return spoken;
}
