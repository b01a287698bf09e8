// #region
import { createCalls } from "@offhook/agent";
import { simulateCarrier } from "@offhook/session/testing";
import { expect } from "vitest";

const carrier = simulateCarrier((callee) =>
  callee.ring({ durationMs: 25_000 }).answer().speak("voicemail_greeting").beep(),
);
const call = createCalls({ carrier, agent }).dial({ to: "+12025550100" });
const outcome = await carrier.clock.runUntil(call.ended);
expect(outcome.endReason).toBe("AGENT_HUNG_UP_VOICEMAIL_DETECTED");
// #endregion

declare const agent: import("@offhook/agent").Agent;
