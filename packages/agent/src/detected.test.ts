import type { Verdict, VerdictLabel } from "@offhook/session";
import { simulateCarrier } from "@offhook/session/testing";
import { expect, it } from "vitest";
import { createCalls } from "./calls.js";
import { defineAgent } from "./define-agent.js";

/** What an agent that asks for `asked` gets while this verdict stands. */
async function detected(
  asked: readonly VerdictLabel[],
  verdict: Pick<Verdict, "label" | "confidence" | "runnerUp">,
): Promise<string | undefined> {
  const carrier = simulateCarrier((callee) => callee.answer().stayOn());
  let status: string | undefined;
  const agent = defineAgent({
    name: "asks",
    detectors: [],
    async onAnswer({ session, signal }) {
      const rest = { provisional: true, detector: "x", evidence: [], atMs: 0 } as const;
      session.call.classify({ ...rest, phase: "after_answer", ...verdict });
      ({ status } = await session.detected(asked, { timeoutMs: 1_000, signal }));
      await session.end();
    },
  });
  const calls = createCalls({ carrier, agent });
  await carrier.clock.runUntil(calls.dial({ to: "+12025550100" }).ended);
  await calls.close();
  return status;
}

const either = ["human", "voicemail"] as const;
const voicemail = (confidence: number, label: VerdictLabel, margin: number) =>
  ({ label: "voicemail", confidence, runnerUp: { label, margin } }) as const;

it("a provisional verdict counts from a confidence on", async () => {
  const runnerUp = { label: "voicemail", margin: 0.3 } as const;
  expect(await detected(either, { label: "human", confidence: 0.65, runnerUp })).toBe("detected");
  expect(await detected(either, { label: "human", confidence: 0.55, runnerUp })).toBe("timeout");
});

it("a machine counts, whichever it may be, when a person is hardly possible", async () => {
  expect(await detected(either, voicemail(0.47, "ivr", 0.38))).toBe("detected");
  expect(await detected(either, voicemail(0.44, "human", 0.29))).toBe("detected");
  expect(await detected(either, voicemail(0.44, "human", 0.1))).toBe("timeout");
});

it("which machine it is must be sure where nobody asked for a person", async () => {
  expect(await detected(["voicemail"], voicemail(0.47, "ivr", 0.38))).toBe("timeout");
  expect(await detected(["voicemail"], voicemail(0.65, "ivr", 0.38))).toBe("detected");
});
