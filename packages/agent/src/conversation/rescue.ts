import { type CallSession, isTerminal, messageOf, type OffhookError } from "@offhook/session";
import { playSource } from "../play.js";
import type { Fallback } from "./options.js";
import { endReasonOfFault, type Port } from "./port-fault.js";
import type { Voice } from "./ports.js";
import type { Speaker } from "./speaker.js";

const FALLBACK_TEXT =
  "I am sorry, we have a technical problem at the moment. Please try again later. Goodbye.";
const FALLBACK_RECORDING = new URL("../../assets/fallback.wav", import.meta.url);
/** The line must not keep the call open when whatever plays it hangs too. */
const FALLBACK_LIMIT_MS = 20_000;

/**
 * A port is beyond recovery: the caller hears a line instead of silence, and the call ends with the
 * reason that is true. Settles when the call is over.
 */
export async function giveUp(
  call: CallSession,
  speaker: Speaker,
  voice: Voice | undefined,
  fallback: Fallback,
  port: Port,
  fault: OffhookError,
): Promise<void> {
  if (isTerminal(call.state)) return;
  call.noteFault({ code: fault.code, message: fault.message, where: port });
  void speaker.interrupt();
  let timer: ReturnType<typeof call.clock.setTimeout> | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = call.clock.setTimeout(resolve, FALLBACK_LIMIT_MS);
  });
  const line = sayLine(call, speaker, port === "voice" ? undefined : voice, fallback);
  await Promise.race([line, limit]);
  call.clock.clear(timer);
  await call.end({ reason: endReasonOfFault(port, fault) });
}

async function sayLine(
  call: CallSession,
  speaker: Speaker,
  voice: Voice | undefined,
  { text = FALLBACK_TEXT, audio = FALLBACK_RECORDING }: Fallback,
): Promise<void> {
  if (voice) {
    const { failure } = await speaker.say(text, { voice, interruptible: false });
    if (!failure) return;
  }
  try {
    await playSource(call, audio, {});
  } catch (thrown) {
    if (isTerminal(call.state)) return;
    call.noteFault({ code: "INVALID_AUDIO", message: messageOf(thrown), where: "fallback" });
  }
}
