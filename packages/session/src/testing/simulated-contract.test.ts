import { describe, expect, it } from "vitest";
import { type CarrierUnderTest, describeCarrier } from "./contract.js";
import { calleesOf, LOOPBACK_CREDENTIALS, numberTable } from "./numbers.js";
import { simulateCarrier } from "./simulated-carrier.js";

const numbers = numberTable({ voicemailRingMs: 5_000 });

async function open(): Promise<CarrierUnderTest> {
  const carrier = simulateCarrier(calleesOf(numbers), { credentials: LOOPBACK_CREDENTIALS });
  return {
    carrier,
    waitFor: (work) => carrier.clock.runUntil(work),
    heard: (number) => carrier.heard(number),
    async close() {
      await carrier.close();
      expect(carrier.openLegs).toBe(0);
      expect(carrier.clock.describeTimers()).toEqual([]);
    },
  };
}

describeCarrier({ describe, it }, { name: "simulated carrier", numbers, open });
