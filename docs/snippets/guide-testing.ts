// #region tests
import { createCalls, defineAgent } from "@offhook/agent";
import { type Callee, clipPath, simulateCarrier } from "@offhook/session/testing";
import { expect, test } from "vitest";

const agent = defineAgent({
  name: "reminder",
  async onAnswer({ session, signal }) {
    await session.play(clipPath("reminder"), { signal, message: "reminder" });
    await session.end();
  },
});

async function outcomeOf(callee: (callee: Callee) => Callee) {
  const carrier = simulateCarrier(callee);
  const calls = createCalls({ carrier, agent });
  const outcome = await carrier.clock.runUntil(calls.dial({ to: "+12025550100" }).ended);
  expect(carrier.openLegs).toBe(0);
  expect(carrier.clock.pendingTimers).toBe(0);
  return outcome;
}

test("says the whole reminder to whoever picks up", async () => {
  const outcome = await outcomeOf((callee) =>
    callee.ring({ durationMs: 12_000 }).answer().speak("hello").stayOn(),
  );
  expect(outcome.endReason).toBe("AGENT_HUNG_UP");
  expect(outcome.message?.complete).toBe(true);
  expect(outcome.ringMs).toBe(12_000);
});

test("knows how much was heard by somebody who hangs up early", async () => {
  const outcome = await outcomeOf((callee) =>
    callee.ring({ durationMs: 3_000 }).answer().silence({ durationMs: 1_500 }).hangUp(),
  );
  expect(outcome.endReason).toBe("USER_HUNG_UP_IN_CALL");
  expect(outcome.message).toMatchObject({ complete: false, playedMs: 1_500 });
});

test("gives up on a phone that rings on", async () => {
  const outcome = await outcomeOf((callee) => callee.ring());
  expect(outcome.endReason).toBe("USER_DID_NOT_PICK_UP");
});
// #endregion

// #region inbound
test("turns away callers of an unknown number", async () => {
  const carrier = simulateCarrier((callee) => callee.reject(404));
  const doorman = defineAgent({
    name: "doorman",
    setup({ session, data }) {
      if (data["to"] !== "+12025550100") session.reject(404);
    },
  });
  createCalls({ carrier, agent: doorman }).receive();
  const call = carrier.callIn({
    from: "+12025550199",
    to: "+12025550111",
    caller: (caller) => caller.waitForAnswer({ giveUpAfterMs: 20_000 }),
  });
  const { status } = await carrier.clock.runUntil(call.ended);
  expect(status).toBe(404);
});
// #endregion

// #region heard
test("waits for the beep", async () => {
  const carrier = simulateCarrier((callee) =>
    callee.answer().speak("voicemail_greeting").silence({ durationMs: 800 }).beep().stayOn(),
  );
  const patient = defineAgent({
    name: "patient",
    async onAnswer({ session, signal }) {
      const { status } = await session.detected(["beep"], { timeoutMs: 30_000, signal });
      expect(status).toBe("detected");
      await session.play(clipPath("reminder"), { signal });
      await session.end();
    },
  });
  const call = createCalls({ carrier, agent: patient }).dial({ to: "+12025550100" });
  await carrier.clock.runUntil(call.ended);
  expect(carrier.heard().stretches.length).toBeGreaterThan(0);
});
// #endregion
