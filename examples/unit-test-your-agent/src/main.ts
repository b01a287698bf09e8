// Tests of an agent, in virtual time: no network, no waiting. Use them with any test runner.
import assert from "node:assert/strict";
import { createCalls } from "@offhook/agent";
import { type Callee, simulateCarrier } from "@offhook/session/testing";
import { messageAgent } from "./agent.js";

async function outcomeOf(callee: (callee: Callee) => Callee) {
  const carrier = simulateCarrier(callee);
  const call = createCalls({ carrier, agent: messageAgent }).dial({ to: "+12025550100" });
  return carrier.clock.runUntil(call.ended);
}

const startedMs = performance.now();

const person = await outcomeOf((callee) =>
  callee.ring({ durationMs: 12_000 }).answer().speak("hello").silence({ durationMs: 60_000 }),
);
assert.equal(person.endReason, "AGENT_HUNG_UP");
assert.equal(person.message?.complete, true);

const machine = await outcomeOf((callee) =>
  callee
    .ring({ durationMs: 25_000 })
    .answer()
    .speak("voicemail_greeting")
    .silence({ durationMs: 3_000 })
    .beep({ frequencyHz: 1_000, durationMs: 400 }),
);
assert.equal(machine.endReason, "AGENT_HUNG_UP_VOICEMAIL_DETECTED");

const impatient = await outcomeOf((callee) =>
  callee
    .ring({ durationMs: 3_000 })
    .answer()
    .speak("hello")
    .silence({ durationMs: 1_500 })
    .hangUp(),
);
assert.equal(impatient.endReason, "USER_HUNG_UP_IN_CALL");
assert.equal(impatient.message?.complete, false);

const nobody = await outcomeOf((callee) => callee.ring());
assert.equal(nobody.endReason, "USER_DID_NOT_PICK_UP");
assert.equal(nobody.ringMs, 30_000);

const tookMs = Math.round(performance.now() - startedMs);
console.log(`four calls, two minutes of telephone time, tested in ${tookMs} ms`);
