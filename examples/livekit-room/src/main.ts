// A caller, over real SIP and RTP on this machine, talks with somebody in a LiveKit room; then a user
// joins a room from the web and there is no telephone at all. With LIVEKIT_URL, LIVEKIT_API_KEY and
// LIVEKIT_API_SECRET set, the room is on that server; otherwise on a double of one on this machine.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { dispose } from "@livekit/rtc-node";
import { createCalls, defineAgent, offlineVoice } from "@offhook/agent";
import { createRoomCarrier } from "@offhook/agent/livekit-room";
import { createSipCarrier } from "@offhook/session";
import { startLoopbackCarrier } from "@offhook/session/testing";
import { startLiveKitDouble } from "@offhook/test/livekit-double";
import { roomToken } from "@offhook/test/room-token";
import { RoomVisitor } from "@offhook/test/room-visitor";
import { type RoomAccess, roomAgent } from "./agent.js";

const { LIVEKIT_URL, LIVEKIT_API_KEY: key, LIVEKIT_API_SECRET: secret } = process.env;
const double = await startLiveKitDouble();
const room = `offhook-example-${randomUUID()}`;
const access: RoomAccess =
  LIVEKIT_URL && key && secret
    ? { url: LIVEKIT_URL, tokenFor: (identity) => roomToken({ identity, room, key, secret }) }
    : double;

const number = "+12025550100";
const loopback = await startLoopbackCarrier({
  numbers: [
    {
      number,
      callee: "rings, speaks, presses a key, hangs up",
      script: (callee) =>
        callee
          .ring({ durationMs: 400 })
          .answer()
          .speak("conversation_agree")
          .pressKeys("7")
          .listen({ durationMs: 1_000 })
          .hangUp(),
    },
  ],
});
const events: string[] = [];
const calls = createCalls({
  carrier: createSipCarrier({ trunk: { uri: loopback.uri }, sampleRate: 24_000 }),
  agent: roomAgent(access, (event) => void events.push(event)),
});
const webCalls = createCalls({
  carrier: createRoomCarrier({ url: access.url, token: () => access.tokenFor("agent") }),
  agent: defineAgent({
    name: "web",
    async onAnswer({ session }) {
      await session.say("Does tomorrow at ten o'clock still work for you?", {
        voice: offlineVoice(),
      });
      await session.end();
    },
  }),
});
try {
  const operator = new RoomVisitor();
  const statuses: string[] = [];
  operator.room.on("participantAttributesChanged", (changed) => {
    const status = changed["sip.callStatus"];
    if (status) statuses.push(status);
  });
  await operator.join(access.url, access.tokenFor("operator"));
  const call = calls.dial({ to: number });
  call.session.on("active", () => void operator.hum(2_000));
  const outcome = await call.ended;
  await operator.leave();
  assert.equal(outcome.endReason, "USER_HUNG_UP_IN_CALL");
  assert.deepEqual(operator.digits, ["7"]);
  assert.ok(operator.heardMs > 800, "the room heard the caller");
  assert.ok(loopback.heard(number).audibleMs > 800, "the caller heard the room");
  assert.deepEqual(statuses.slice(0, 3), ["dialing", "ringing", "active"]);
  console.log(`sip.callStatus: ${statuses.join(", ")}; the room heard ${operator.digits.join("")}`);

  const user = new RoomVisitor();
  const webCall = webCalls.dial({ to: "room:lobby" });
  await user.join(access.url, access.tokenFor("user"));
  void user.hum(500);
  const webOutcome = await webCall.ended;
  await user.leave();
  assert.equal(webOutcome.endReason, "AGENT_HUNG_UP");
  assert.ok(user.heardMs > 1_000, "the user heard the agent");
  console.log(`web call: the user heard ${Math.round(user.heardMs / 100) / 10} s of the agent`);
} finally {
  await Promise.all([calls.close(), webCalls.close()]);
  await Promise.all([loopback.close(), double.close()]);
  // Without it the process never exits: the native client keeps it open.
  await dispose();
}
