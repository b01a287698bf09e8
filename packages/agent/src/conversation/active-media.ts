import { type CallSession, type MediaLeg, OffhookError } from "@offhook/session";

/** The audio of a call that is up. Throws CALL_NOT_ACTIVE. */
export function activeMedia(call: CallSession): MediaLeg {
  if (call.state === "active" && call.media) return call.media;
  throw new OffhookError("CALL_NOT_ACTIVE", `A call in ${call.state} holds no conversation.`, {
    remedy: "Start it from onAnswer or an active hook on.",
  });
}
