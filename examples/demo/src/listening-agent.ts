import { defineAgent } from "@offhook/agent";
import { clipPath } from "@offhook/session/testing";

/** What it waits for: a greeting alone is not enough, as the beep may follow. */
const DECISIVE = ["beep", "human", "music", "announcement", "busy", "reorder"] as const;

/** Hears out who or what picked up, leaves a message where a beep asks for one, and hangs up. */
export const listeningAgent = defineAgent({
  name: "listening",
  hangUpOn: ["ivr", "screening", "fax"],
  async onAnswer({ session, signal }) {
    const heard = await session.detected(DECISIVE, { final: true, timeoutMs: 11_000, signal });
    if (heard.status === "detected" && heard.verdict.label === "beep")
      await session.play(clipPath("reminder"), { signal, message: "reminder" });
    await session.end();
  },
});
