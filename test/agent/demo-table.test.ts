import { createCalls } from "@offhook/agent";
import { calleesOf, LOOPBACK_NUMBERS, simulateCarrier } from "@offhook/session/testing";
import { describe, expect, it } from "vitest";
import { reminderAgent } from "../../examples/demo/src/agent.js";

/** As the demo has them: its agent hears who picked up, and these waits end the calls that go on. */
const limits = { ringMs: 7_000, userSilenceMs: 4_000, maxDurationMs: 15_000 };

/** The numbers that are answered, where it is detection that decides what the agent does. */
const answered = [
  "+12025550100",
  "+12025550101",
  "+12025550107",
  "+12025550112",
  "+12025550113",
  "+12025550117",
  "+12025550119",
];

describe("the demo's agent, with the default detectors, in virtual time", () => {
  it.each(LOOPBACK_NUMBERS.filter(({ number }) => answered.includes(number)))(
    "ends the call to $number as its table says: $callee",
    async ({ number, expected }) => {
      const carrier = simulateCarrier(calleesOf(LOOPBACK_NUMBERS));
      const calls = createCalls({ carrier, agent: reminderAgent });
      const { endReason } = await carrier.clock.runUntil(calls.dial({ to: number, limits }).ended);
      expect(endReason).toBe(expected);
      await calls.close();
    },
  );
});
