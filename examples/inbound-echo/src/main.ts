// Answers a real SIP call on this machine, and checks that the caller hears itself.
import assert from "node:assert/strict";
import { createCalls, defineAgent } from "@offhook/agent";
import { createSipCarrier } from "@offhook/session";
import { clipPath } from "@offhook/session/testing";
import { echoAgent } from "./agent.js";

const answering = createSipCarrier({ listen: ["udp:127.0.0.1:0"] });
const [listening] = (await answering.ready()).addresses;
const echo = createCalls({ carrier: answering, agent: echoAgent });
echo.receive();

const calling = createSipCarrier({ trunk: { uri: `sip:127.0.0.1:${listening?.port}` } });
let loudest = 0;
const caller = createCalls({
  carrier: calling,
  agent: defineAgent({
    name: "caller",
    async onAnswer({ session, signal }) {
      session.audio.onFrame(({ data }) => {
        for (const sample of data) loudest = Math.max(loudest, Math.abs(sample));
      });
      await session.play(clipPath("hello"), { signal });
      // The echo of the last word is still on its way.
      await session.detected(["no_audio"], { timeoutMs: 500, signal });
      await session.end();
    },
  }),
});
try {
  const call = caller.dial({ to: "echo" });
  const { endReason, states } = await call.ended;
  assert.equal(endReason, "AGENT_HUNG_UP");
  assert.ok(loudest > 2_000, `the echo was heard, at ${loudest} of 32767`);
  const [answered] = echo.list();
  assert.equal((await answered?.ended)?.endReason, "USER_HUNG_UP_IN_CALL");
  console.log(`heard the echo; the call went ${states.map(({ state }) => state).join(" → ")}`);
} finally {
  await caller.close();
  await echo.close();
}
