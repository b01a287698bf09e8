// #region agent
import { defineAgent } from "@offhook/agent";

export default defineAgent({
  name: "first-agent",
  setup({ session }) {
    session.on("verdict", ({ verdict }) => console.error("heard", verdict.label));
    session.on("call_end", ({ outcome }) => console.error(outcome.because.text));
  },
  async onAnswer({ session, signal }) {
    const heard = await session.detected(["human", "voicemail"], { timeoutMs: 6_000, signal });
    if (heard.status === "detected" && heard.verdict.label === "voicemail") {
      await session.end();
      return;
    }
    const { complete } = await session.play("hello.wav", { signal, message: "greeting" });
    if (complete) await session.listen({ timeoutMs: 10_000, signal });
    await session.end();
  },
});

// #endregion

// #region dial
import { createCalls } from "@offhook/agent";
import { createSipCarrier } from "@offhook/session";
import agent from "./guide-first-agent.js";

const carrier = createSipCarrier({ trunk: { uri: "sip:trunk.example.com", from: "+12025550199" } });
const calls = createCalls({ carrier, agent });

const call = calls.dial({ to: "+12025550100", data: { appointment: "tomorrow at ten" } });
const outcome = await call.ended;
console.log(outcome.endReason, outcome.retryable ? "try again" : "done");
await calls.close();
// #endregion
