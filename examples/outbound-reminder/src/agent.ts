import { defineAgent } from "@offhook/agent";
import { clipPath } from "@offhook/session/testing";

/** What a real program would keep in its database. */
export interface FollowUps {
  scheduleRetry(userNumber: string, options: { afterMinutes: number }): void;
  markUnreachable(userNumber: string): void;
}

/** Reminds people of an appointment, and follows up on the reason each call ended for. */
export function reminderAgent({ scheduleRetry, markUnreachable }: FollowUps) {
  return defineAgent({
    name: "appointment-reminder",
    setup({ session, userNumber }) {
      session.on("call_end", () => {
        switch (session.data.get("end_reason")) {
          case "VOICEMAIL_DETECTED_PRECONNECT":
          case "AGENT_HUNG_UP_VOICEMAIL_DETECTED":
            return scheduleRetry(userNumber, { afterMinutes: 120 });
          case "SIP_FAILED_WRONG_NUMBER":
          case "SIP_FAILED_NUMBER_BLOCKED":
            return markUnreachable(userNumber);
        }
      });
    },
    async onAnswer({ session, signal }) {
      const heard = await session.detected(["human", "voicemail"], { timeoutMs: 8_000, signal });
      // A machine gets no message here: a bare end() is named after the verdict.
      if (heard.status === "detected" && heard.verdict.label === "voicemail") return session.end();
      await session.play(clipPath("reminder"), { signal, message: "reminder" });
      await session.end();
    },
  });
}
