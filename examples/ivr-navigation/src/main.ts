// Finds its way through two menus of an automatic attendant, over real SIP and RTP on this machine.
import assert from "node:assert/strict";
import { createCalls } from "@offhook/agent";
import { createSipCarrier } from "@offhook/session";
import { startLoopbackCarrier } from "@offhook/session/testing";
import { navigatingAgent } from "./agent.js";

const number = "+12025550100";
const loopback = await startLoopbackCarrier({
  numbers: [
    {
      number,
      callee: "two menus",
      script: (callee) =>
        callee
          .answer()
          .speak("ivr_menu")
          .waitForDigits({ timeoutMs: 10_000 })
          .speak("ivr_menu")
          .waitForDigits({ timeoutMs: 10_000 })
          .stayOn(),
    },
  ],
});
const calls = createCalls({
  carrier: createSipCarrier({ trunk: { uri: loopback.uri } }),
  agent: navigatingAgent,
});
try {
  const call = calls.dial({ to: number });
  const outcome = await call.ended;
  assert.equal(call.session.data.get("navigation"), "done");
  assert.equal(loopback.heard(number).digits, "21");
  assert.equal(outcome.finalState, "ended");
  console.log(`pressed ${loopback.heard(number).digits}; ended as ${outcome.endReason}`);
} finally {
  await calls.close();
  await loopback.close();
}
