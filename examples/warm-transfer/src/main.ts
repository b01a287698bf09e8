// A receptionist speaks with colleagues until one takes the caller: one is busy, one declines, one
// presses 1. Over real SIP on this machine, where the caller and the colleague then talk without us;
// and in virtual time, with nobody who wants the call.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { createCalls } from "@offhook/agent";
import { type Carrier, createSipCarrier } from "@offhook/session";
import { type CalleeScript, simulateCarrier, startLoopbackCarrier } from "@offhook/session/testing";
import { receptionist } from "./agent.js";

const caller = "+12025550100";
const [busy, declines, takes] = ["+12025550111", "+12025550112", "+12025550113"];

const people: Readonly<Record<string, CalleeScript>> = {
  [caller]: (callee) => callee.answer().speak("hello").stayOn(),
  [busy]: (callee) => callee.reject(486),
  [declines]: (callee) =>
    callee.ring({ durationMs: 500 }).answer().hearOut().pressKeys("2").stayOn(),
  [takes]: (callee) =>
    callee.ring({ durationMs: 500 }).answer().hearOut().pressKeys("1").talkOn("hello"),
};

function callOver(carrier: Carrier, colleagues: readonly string[]) {
  const calls = createCalls({ carrier, agent: receptionist(colleagues) });
  const call = calls.dial({ to: caller });
  const steps: string[] = [];
  call.session.on("hold", ({ held }) => void steps.push(held ? "on hold" : "back"));
  call.session.on("transfer", ({ progress }) => void steps.push(progress.status));
  return { calls, call, steps };
}

const loopback = await startLoopbackCarrier({
  numbers: Object.entries(people).map(([number, script]) => ({ number, callee: "", script })),
});
const sip = createSipCarrier({ trunk: { uri: loopback.uri } });
try {
  const { calls, call, steps } = callOver(sip, [busy, declines, takes]);
  const { endReason } = await call.ended;
  await calls.close();
  assert.equal(endReason, "CALL_TRANSFERRED");
  assert.deepEqual(steps.slice(0, 5), ["on hold", "back", "on hold", "back", "on hold"]);
  assert.equal(steps.at(-1), "completed");
  const heardBefore = loopback.heard(caller).audibleMs;
  await sleep(1_500);
  assert.equal(loopback.openCalls, 2, "the two of them are still talking");
  const heardMs = loopback.heard(caller).audibleMs - heardBefore;
  assert.ok(heardMs > 300, `the caller hears the colleague, ${heardMs} ms of them`);
  console.log(`${steps.join(", ")}: ${endReason}; the caller heard the colleague`);
} finally {
  await sip.close();
  await loopback.close();
}

const simulated = simulateCarrier(people);
const refused = callOver(simulated, [busy, declines]);
const { endReason } = await simulated.clock.runUntil(refused.call.ended);
await refused.calls.close();
assert.equal(endReason, "AGENT_HUNG_UP");
assert.deepEqual(refused.steps, ["on hold", "back", "on hold", "back"]);
console.log(`${refused.steps.join(", ")}: ${endReason}`);
