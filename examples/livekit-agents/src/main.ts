// A LiveKit agent talks with somebody over real SIP and RTP on this machine, and its session is gone
// when they hang up.
import assert from "node:assert/strict";
import { dispose } from "@livekit/rtc-node";
import { createCalls } from "@offhook/agent";
import { createSipCarrier } from "@offhook/session";
import { startLoopbackCarrier } from "@offhook/session/testing";
import { reminderAgent } from "./agent.js";

const number = "+12025550100";
const loopback = await startLoopbackCarrier({
  numbers: [
    {
      number,
      callee: "hears the agent out, agrees, hears it out again and hangs up",
      script: (callee) => callee.answer().hearOut().speak("conversation_agree").hearOut().hangUp(),
    },
  ],
});
let sessionsClosed = 0;
const calls = createCalls({
  carrier: createSipCarrier({ trunk: { uri: loopback.uri } }),
  agent: reminderAgent(() => {
    sessionsClosed += 1;
  }),
});
try {
  const turns: string[] = [];
  const call = calls.dial({ to: number });
  call.session.on("user_turn", ({ text }) => void turns.push(`user: ${text}`));
  call.session.on("agent_turn", ({ text }) => void turns.push(`agent: ${text}`));
  const outcome = await call.ended;
  assert.equal(outcome.endReason, "USER_HUNG_UP_IN_CALL");
  assert.deepEqual(outcome.errors, []);
  assert.deepEqual(turns, [
    "agent: Does tomorrow at ten o'clock still work for you?",
    "user: Yes, that works for me. Thank you.",
    "agent: Wonderful, see you tomorrow.",
  ]);
  assert.equal(sessionsClosed, 1);
  console.log(turns.join("\n"));
} finally {
  await calls.close();
  await loopback.close();
  // Without it the process never exits: LiveKit's native client keeps it open.
  await dispose();
}
