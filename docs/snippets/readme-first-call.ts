// #region
import { createCalls, defineAgent } from "@offhook/agent";
import { createSipCarrier } from "@offhook/session";

const agent = defineAgent({
  name: "appointment-reminder",
  setup({ session, userNumber }) {
    session.on("call_end", ({ outcome }) => {
      if (session.data.get("end_reason") === "VOICEMAIL_DETECTED_PRECONNECT")
        retryLater(userNumber);
      console.log(outcome.endReason, "—", outcome.because.text);
    });
  },
  async onAnswer({ session, signal }) {
    await session.detected(["human"], { timeoutMs: 4_000, signal });
    await session.play("reminder.wav", { signal });
    await session.end();
  },
});

const trunk = { uri: "sip:trunk.example.com", username: "me", password: "…" };
const calls = createCalls({ carrier: createSipCarrier({ trunk }), agent });
const outcome = await calls.dial({ to: "+12025550105" }).ended;
// VOICEMAIL_DETECTED_PRECONNECT — 480 Temporarily Unavailable after 4003 ms of ringing,
//                                 inside this trunk's 3000–45000 ms for voicemail.
await calls.close();
// #endregion

declare function retryLater(userNumber: string): void;

export { outcome };
