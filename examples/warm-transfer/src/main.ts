// A receptionist speaks with colleagues until one takes the caller, in virtual time: one is busy, one
// declines, one presses 1. Then the same with nobody who wants the call.
import assert from "node:assert/strict";
import { createCalls } from "@offhook/agent";
import { simulateCarrier } from "@offhook/session/testing";
import { receptionist } from "./agent.js";

const caller = "+12025550100";
const [busy, declines, takes] = ["+12025550111", "+12025550112", "+12025550113"];

async function callWith(colleagues: readonly string[]) {
  const carrier = simulateCarrier({
    [caller]: (callee) => callee.answer().speak("hello").stayOn(),
    [busy]: (callee) => callee.reject(486),
    [declines]: (callee) =>
      callee.ring({ durationMs: 2_000 }).answer().hearOut().pressKeys("2").stayOn(),
    [takes]: (callee) =>
      callee.ring({ durationMs: 2_000 }).answer().hearOut().pressKeys("1").stayOn(),
  });
  const calls = createCalls({ carrier, agent: receptionist(colleagues) });
  const call = calls.dial({ to: caller });
  const steps: string[] = [];
  call.session.on("hold", ({ held }) => void steps.push(held ? "on hold" : "back"));
  call.session.on("transfer", ({ progress }) => void steps.push(progress.status));
  const { endReason } = await carrier.clock.runUntil(call.ended);
  await calls.close();
  return { endReason, steps };
}

const transferred = await callWith([busy, declines, takes]);
assert.equal(transferred.endReason, "CALL_TRANSFERRED");
assert.deepEqual(transferred.steps.slice(0, 5), ["on hold", "back", "on hold", "back", "on hold"]);
assert.equal(transferred.steps.at(-1), "completed");

const refused = await callWith([busy, declines]);
assert.equal(refused.endReason, "AGENT_HUNG_UP");
assert.deepEqual(refused.steps, ["on hold", "back", "on hold", "back"]);

console.log(`${transferred.steps.join(", ")}: ${transferred.endReason}`);
console.log(`${refused.steps.join(", ")}: ${refused.endReason}`);
