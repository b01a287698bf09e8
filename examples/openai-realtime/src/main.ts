// A caller books an appointment with a speech-to-speech model, over real SIP and RTP on this machine.
// With OPENAI_API_KEY set, the model is OpenAI's; otherwise a local double of it that hums.
import assert from "node:assert/strict";
import { createCalls } from "@offhook/agent";
import { openAiRealtime } from "@offhook/agent/openai-realtime";
import { startRealtimeDouble } from "@offhook/agent/testing";
import { createSipCarrier } from "@offhook/session";
import { startLoopbackCarrier } from "@offhook/session/testing";
import { bookingAgent } from "./agent.js";
import { startMadeUpServer } from "./made-up-server.js";
import { madeUpVendor } from "./made-up-vendor.js";

const number = "+12025550100";
const loopback = await startLoopbackCarrier({
  numbers: [
    {
      number,
      callee: "asks, agrees, and hangs up",
      script: (callee) =>
        callee
          .answer()
          .speak("conversation_question")
          .listen({ durationMs: 2_500 })
          .speak("conversation_agree")
          .listen({ durationMs: 2_500 })
          .hangUp(),
    },
  ],
});
const apiKey = process.env["OPENAI_API_KEY"];
const double = await startRealtimeDouble({
  answers: ["Ten o'clock?", { call: "book_appointment", arguments: { hour: 10 } }, "Booked."],
  heard: ["Sorry, who is calling please?", "Yes, that works for me. Thank you."],
});
const model = openAiRealtime(
  apiKey
    ? { apiKey, instructions: "Book an appointment for the caller, at ten if they agree." }
    : { apiKey: "local", url: double.url },
);
const booked: number[] = [];
const book = (hour: number) => booked.push(hour) > 0;
const callsWith = (agent: ReturnType<typeof bookingAgent>) =>
  createCalls({ carrier: createSipCarrier({ trunk: { uri: loopback.uri } }), agent });
const calls = callsWith(bookingAgent(model, book));
const vendor = await startMadeUpServer();
const others = callsWith(bookingAgent(madeUpVendor({ url: vendor.url }), book));
try {
  const turns: string[] = [];
  const call = calls.dial({ to: number });
  call.session.on("user_turn", ({ text }) => void turns.push(`user: ${text}`));
  call.session.on("agent_turn", ({ text }) => void turns.push(`agent: ${text}`));
  const outcome = await call.ended;
  assert.equal(outcome.endReason, "USER_HUNG_UP_IN_CALL");
  assert.ok(loopback.heard(number).audibleMs > 500, "the caller heard the model");
  if (!apiKey) {
    assert.deepEqual(booked, [10]);
    assert.deepEqual(outcome.errors, []);
    assert.deepEqual(turns, [
      "user: Sorry, who is calling please?",
      "agent: Ten o'clock?",
      "user: Yes, that works for me. Thank you.",
      "agent: Booked.",
    ]);
  }
  console.log(turns.join("\n"));

  const other = await others.dial({ to: number }).ended;
  assert.deepEqual(other.errors, []);
  assert.ok(loopback.heard(number).audibleMs > 500, "the caller heard the other vendor's model");
  console.log("and the same call with a vendor of another kind");
} finally {
  await Promise.all([calls.close(), others.close(), double.close(), vendor.close()]);
  await loopback.close();
}
