import { defineAgent } from "@offhook/agent";
import { clipPath } from "@offhook/session/testing";

/** Leaves a message on a machine, after the beep; says it at once to a person. */
export const messageAgent = defineAgent({
  name: "message-drop",
  async onAnswer({ session, signal }) {
    const heard = await session.detected(["human", "voicemail"], { timeoutMs: 10_000, signal });
    if (heard.status === "detected" && heard.verdict.label === "voicemail")
      await session.detected(["beep"], { timeoutMs: 30_000, signal });
    // How much of it was really heard goes into the outcome, also when somebody hangs up in it.
    await session.play(clipPath("reminder"), { signal, message: "appointment" });
    await session.end();
  },
});
