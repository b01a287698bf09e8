import { defineAgent } from "@offhook/agent";
import { clipPath } from "@offhook/session/testing";

/**
 * Reminds a person of an appointment, waits for the answer and says goodbye. A machine is left
 * alone as soon as its greeting is over.
 */
export const reminderAgent = defineAgent({
  name: "appointment-reminder",
  async onAnswer({ session, signal }) {
    const heard = await session.detected(["human", "voicemail"], { timeoutMs: 10_000, signal });
    if (heard.status === "detected" && heard.verdict.label === "voicemail") {
      if (session.userSpeaking) await session.listen({ quietMs: 1_000, signal });
      return session.end();
    }
    const reply = session.listen({ signal });
    await session.play(clipPath("reminder"), { signal, message: "reminder" });
    // Nobody replies: the user's silence is limited by `limits.userSilenceMs`, which ends the call.
    if ((await reply).status !== "heard") return;
    await session.play(clipPath("goodbye"), { signal });
    await session.end();
  },
});
