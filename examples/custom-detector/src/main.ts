// Puts a caller on hold, in virtual time, and checks that the detector of our own says so.
import assert from "node:assert/strict";
import { createCalls, defineAgent } from "@offhook/agent";
import { defaultDetectors } from "@offhook/detection";
import { simulateCarrier } from "@offhook/session/testing";
import { onHoldMusic } from "./on-hold-music.js";

assert.throws(() => onHoldMusic({ minMs: -1 }), { code: "INVALID_OPTION" });

const carrier = simulateCarrier((callee) =>
  callee
    .ring({ durationMs: 2_000 })
    .answer()
    .tone({ frequenciesHz: [262, 330, 392], durationMs: 20_000 })
    .hangUp(),
);
const agent = defineAgent({
  name: "patient-caller",
  detectors: [...defaultDetectors(), onHoldMusic({ minMs: 8_000 })],
  async onAnswer({ session, signal }) {
    const heard = await session.detected(["music"], { timeoutMs: 15_000, signal });
    assert.equal(heard.status, "detected");
    await session.end();
  },
});

const call = createCalls({ carrier, agent }).dial({ to: "+12025550100" });
const { endReason, verdict } = await carrier.clock.runUntil(call.ended);
assert.equal(endReason, "AGENT_HUNG_UP");
assert.equal(verdict?.label, "music");
console.log(`heard ${verdict.label}: ${JSON.stringify(verdict.evidence[0])}`);
