import { createCalls, defineAgent } from "@offhook/agent";
import type { Verdict } from "@offhook/session";
import { LABEL_NUMBERS, simulateCarrier } from "@offhook/session/testing";
import { describe, expect, it } from "vitest";

/** As long as the demo's agent listens before it hangs up. */
const LISTENS_MS = 11_000;

const listener = defineAgent({
  name: "listener",
  async onAnswer({ session }) {
    await session.detected(["beep"], { timeoutMs: LISTENS_MS });
    await session.end();
  },
});

describe("the default detectors, on the carrier's numbers", () => {
  it.each(LABEL_NUMBERS)(
    "tell $callee: $label",
    async ({ number, script, label, kind, expected }) => {
      const carrier = simulateCarrier(script ?? expect.fail("nobody answers there"));
      const calls = createCalls({ carrier, agent: listener });
      const call = calls.dial({ to: number });
      const verdicts: Verdict[] = [];
      call.session.on("verdict", ({ verdict }) => void verdicts.push(verdict));
      const { endReason } = await carrier.clock.runUntil(call.ended);
      const beep = verdicts.find((verdict) => verdict.label === "beep");
      expect(beep ?? verdicts.at(-1)).toMatchObject({
        label,
        ...(kind === undefined ? {} : { kind }),
      });
      if (expected) expect(endReason).toBe(expected);
      await calls.close();
    },
  );
});
