// Calls five numbers of the loopback carrier, over real SIP and RTP on this machine, and checks
// that each call was followed up as its end reason asks for.
import assert from "node:assert/strict";
import { createCalls } from "@offhook/agent";
import { createSipCarrier } from "@offhook/session";
import { startLoopbackCarrier } from "@offhook/session/testing";
import { reminderAgent } from "./agent.js";

const loopback = await startLoopbackCarrier();
const carrier = createSipCarrier({ trunk: { uri: loopback.uri } });
const retries = new Map<string, number>();
const unreachable = new Set<string>();
const calls = createCalls({
  carrier,
  agent: reminderAgent({
    scheduleRetry: (number, { afterMinutes }) => void retries.set(number, afterMinutes),
    markUnreachable: (number) => void unreachable.add(number),
  }),
});

const reasonOf = async (to: string) => (await calls.dial({ to }).ended).endReason;
try {
  const [answered, preconnect, machine, wrong, blocked] = await Promise.all([
    reasonOf("+12025550101"),
    reasonOf("+12025550105"),
    reasonOf("+12025550107"),
    reasonOf("+12025550108"),
    reasonOf("+12025550109"),
  ]);
  assert.equal(answered, "AGENT_HUNG_UP");
  assert.equal(preconnect, "VOICEMAIL_DETECTED_PRECONNECT");
  assert.equal(machine, "AGENT_HUNG_UP_VOICEMAIL_DETECTED");
  assert.equal(wrong, "SIP_FAILED_WRONG_NUMBER");
  assert.equal(blocked, "SIP_FAILED_NUMBER_BLOCKED");
  assert.deepEqual([...retries].sort(), [
    ["+12025550105", 120],
    ["+12025550107", 120],
  ]);
  assert.deepEqual([...unreachable].sort(), ["+12025550108", "+12025550109"]);
  console.log("reminded one person, will retry two machines, and marked two numbers unreachable");
} finally {
  await calls.close();
  await loopback.close();
}
