import type { MediaReport } from "@offhook/session";
import { simulateCarrier } from "@offhook/session/testing";
import { expect, it } from "vitest";
import { createCalls } from "../calls.js";
import { defineAgent } from "../define-agent.js";
import { hummingVoice } from "../testing/fake-ports.js";

it("counts as dead air what the user waits for the agent, not what the agent waits for the user", async () => {
  const carrier = simulateCarrier((callee) =>
    callee.answer().speak("hello").silence({ durationMs: 6_000 }).hangUp(),
  );
  const agent = defineAgent({
    name: "slow",
    async onAnswer({ session }) {
      await new Promise<void>((resolve) => carrier.clock.setTimeout(resolve, 3_000));
      await session.say("Good morning.", { voice: hummingVoice() });
    },
  });
  const call = createCalls({ carrier, agent }).dial({ to: "+12025550100" });
  await carrier.clock.runUntil(call.ended);
  const { metrics } = call.session;
  expect(metrics.userSpeechMs).toBeGreaterThan(300);
  expect(metrics.agentSpeechMs).toBeGreaterThanOrEqual(780);
  // Until the hello, and from its end until the agent spoke at 3 s; not the 2.9 s afterwards.
  expect(metrics.deadAirMs + metrics.userSpeechMs).toBeGreaterThan(2_900);
  expect(metrics.deadAirMs + metrics.userSpeechMs).toBeLessThan(3_100);
  expect(metrics.responseMs).toHaveLength(1);
});

it("has the figures of the audio while the call is up, and those of the outcome afterwards", async () => {
  const carrier = simulateCarrier((callee) =>
    callee.ring({ durationMs: 1_000 }).answer().speak("hello").hangUp(),
  );
  const seen: (MediaReport | undefined)[] = [];
  const agent = defineAgent({
    name: "looks-at-figures",
    setup({ session }) {
      session.on("ringing", () => void seen.push(session.metrics.media));
    },
    async onAnswer({ session }) {
      await new Promise<void>((resolve) => carrier.clock.setTimeout(resolve, 300));
      seen.push(session.metrics.media);
    },
  });
  const call = createCalls({ carrier, agent }).dial({ to: "+12025550100" });
  const outcome = await carrier.clock.runUntil(call.ended);
  expect(seen[0]).toBeUndefined();
  expect(seen[1]).toMatchObject({ codec: "PCMU", packetsLost: 0 });
  expect(seen[1]?.packetsReceived).toBeLessThan(outcome.media?.packetsReceived ?? 0);
  expect(call.session.metrics.media).toEqual(outcome.media);
});
