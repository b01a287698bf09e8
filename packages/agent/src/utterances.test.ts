import { simulateCarrier } from "@offhook/session/testing";
import { expect, it } from "vitest";
import type { AgentSession } from "./agent-session.js";
import { createCalls } from "./calls.js";
import { defineAgent } from "./define-agent.js";
import { hummingVoice } from "./testing/fake-ports.js";

const longTone = {
  data: new Int16Array(80_000).fill(5_000),
  sampleRate: 8_000,
  channels: 1,
  samplesPerChannel: 80_000,
};

it.each([
  ["played", (session: AgentSession) => session.play(longTone)],
  ["said", (session: AgentSession) => session.say("x".repeat(200), { voice: hummingVoice() })],
])(
  "what is %s is silenced for good by interrupt(), which tells how much was heard",
  async (_how, speak) => {
    const carrier = simulateCarrier((callee) => callee.answer().stayOn());
    let cut: { readonly playedMs: number } | undefined;
    let spoken: { readonly playedMs: number; readonly complete: boolean } | undefined;
    const agent = defineAgent({
      name: "interrupted",
      detectors: [],
      async onAnswer({ session }) {
        const speaking = speak(session);
        await new Promise<void>((resolve) => carrier.clock.setTimeout(resolve, 1_000));
        cut = await session.interrupt();
        spoken = await speaking;
        await new Promise<void>((resolve) => carrier.clock.setTimeout(resolve, 4_000));
        await session.end();
      },
    });
    await carrier.clock.runUntil(
      createCalls({ carrier, agent }).dial({ to: "+12025550100" }).ended,
    );
    const [heard, ...more] = carrier.heard().stretches;
    expect(more).toEqual([]);
    expect(heard?.toMs).toBeLessThanOrEqual(1_060);
    expect(spoken).toMatchObject({ complete: false });
    expect(cut?.playedMs).toBe(spoken?.playedMs);
    expect(
      Math.abs((cut?.playedMs ?? 0) - ((heard?.toMs ?? 0) - (heard?.fromMs ?? 0))),
    ).toBeLessThan(40);
  },
);
