// Calls somebody over real SIP and RTP on this machine; what the agent says comes from a WebSocket
// server that speaks Retell's custom-LLM protocol. Then the same with a server that is not there.
import assert from "node:assert/strict";
import { createCalls } from "@offhook/agent";
import { createSipCarrier } from "@offhook/session";
import { startLoopbackCarrier } from "@offhook/session/testing";
import { customAgent } from "./agent.js";
import { startModelServer } from "./model-server.js";

const number = "+12025550100";
const loopback = await startLoopbackCarrier({
  numbers: [
    {
      number,
      callee: "hears the agent out and agrees",
      script: (callee) => callee.answer().hearOut().speak("conversation_agree").stayOn(),
    },
  ],
});
const server = await startModelServer();
const open = (url: string) =>
  createCalls({
    carrier: createSipCarrier({ trunk: { uri: loopback.uri } }),
    agent: customAgent(url),
  });
const calls = open(server.url);
const lost = open("ws://127.0.0.1:1/llm-websocket");
try {
  const turns: string[] = [];
  const call = calls.dial({ to: number });
  call.session.on("user_turn", ({ text }) => void turns.push(`user: ${text}`));
  call.session.on("agent_turn", ({ text }) => void turns.push(`agent: ${text}`));
  const outcome = await call.ended;
  assert.equal(outcome.endReason, "AGENT_HUNG_UP");
  assert.deepEqual(turns, [
    "agent: Hello, this is the Riverside Dental clinic. Does tomorrow at ten o'clock still work for you?",
    "user: Yes, that works for me. Thank you.",
    "agent: Wonderful, see you tomorrow.",
  ]);
  assert.deepEqual(server.calls, [call.callId]);
  console.log(turns.join("\n"));

  const failed = await lost.dial({ to: number }).ended;
  assert.equal(failed.endReason, "LLM_WEBSOCKET_OPEN_FAILED");
  assert.ok(loopback.heard(number).audibleMs > 1_000, "the callee heard a line before the end");
  console.log("without its server: a spoken apology, then LLM_WEBSOCKET_OPEN_FAILED");
} finally {
  await Promise.all([calls.close(), lost.close(), server.close()]);
  await loopback.close();
}
