import { defineAgent } from "@offhook/agent";
import { clipPath } from "@offhook/session/testing";

/** Leaves its message with whoever answers: at once with a person, after the beep with a machine. */
export const messageAgent = defineAgent({
  name: "message",
  async onAnswer({ session, signal }) {
    const heard = await session.detected(["human", "voicemail"], { timeoutMs: 12_000, signal });
    if (heard.status === "detected" && heard.verdict.label === "voicemail")
      await session.detected(["beep"], { timeoutMs: 5_000, signal });
    await session.play(clipPath("reminder"), { signal, message: "reminder" });
    await session.end();
  },
});
