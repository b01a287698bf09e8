import { defineAgent, offlineVoice } from "@offhook/agent";

/** Asks one colleague after the other whether they take the caller. */
export function receptionist(colleagues: readonly string[]) {
  return defineAgent({
    name: "receptionist",
    async onAnswer({ session }) {
      const voice = offlineVoice();
      await session.say("One moment please.", { voice });
      for (const colleague of colleagues) {
        const result = await session.transfer(colleague, {
          mode: "attended",
          async brief(consultation) {
            await consultation.say("Hello, this is the Riverside Dental clinic.", { voice });
            // They take the caller by pressing 1.
            const taken = new Promise<boolean>((resolve) => {
              consultation.on("dtmf", ({ digit }) => resolve(digit === "1"));
              consultation.on("call_end", () => resolve(false));
            });
            return taken;
          },
        });
        // The call ended as CALL_TRANSFERRED, or the caller hung up.
        if (result.status === "completed" || result.status === "ended") return;
      }
      await session.say("Thank you, and goodbye.", { voice });
      await session.end();
    },
  });
}
