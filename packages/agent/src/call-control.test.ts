import type { CallOutcome } from "@offhook/session";
import { type CalleeScript, loadClip, simulateCarrier } from "@offhook/session/testing";
import { describe, expect, it } from "vitest";
import type { AgentSession } from "./agent-session.js";
import { createCalls } from "./calls.js";
import { defineAgent } from "./define-agent.js";
import { scriptedTranscriber } from "./testing/fake-ports.js";

const CALLER = "+12025550100";
const COLLEAGUE = "+12025550111";
const stays: CalleeScript = (callee) => callee.answer().speak("hello").stayOn();

async function run(
  onAnswer: (session: AgentSession) => Promise<unknown>,
  options: { readonly caller?: CalleeScript; readonly colleague?: CalleeScript } = {},
) {
  const { caller = stays, colleague = stays } = options;
  const carrier = simulateCarrier({ [CALLER]: caller, [COLLEAGUE]: colleague });
  const events: string[] = [];
  let result: unknown;
  const agent = defineAgent({
    name: "controller",
    detectors: [],
    setup({ session }) {
      session.on("transfer", ({ progress: { status } }) => void events.push(status));
      session.on("hold", ({ held }) => void events.push(held ? "held" : "back"));
    },
    async onAnswer({ session }) {
      result = await onAnswer(session);
      await session.end();
    },
  });
  const call = createCalls({ carrier, agent }).dial({ to: CALLER });
  const outcome: CallOutcome = await carrier.clock.runUntil(call.ended);
  await carrier.clock.advanceBy(5_000);
  expect(carrier.clock.describeTimers()).toEqual([]);
  expect(carrier.openLegs).toBe(0);
  return { outcome, result, events };
}

describe("a blind transfer", () => {
  it("ends the call as transferred once the NOTIFY says so", async () => {
    const { outcome, result, events } = await run((session) => session.transfer(COLLEAGUE), {
      colleague: (callee) => callee.ring({ durationMs: 2_000 }).answer().stayOn(),
    });
    expect(result).toEqual({ status: "completed" });
    expect(events[0]).toBe("accepted");
    expect(events.at(-1)).toBe("completed");
    expect(outcome).toMatchObject({ endReason: "CALL_TRANSFERRED", finalState: "ended" });
  });

  it("that is refused is a result, and the call goes on", async () => {
    const { outcome, result, events } = await run((session) => session.transfer(COLLEAGUE), {
      colleague: (callee) => callee.reject(486),
    });
    expect(result).toEqual({ status: "failed", sipStatus: 486 });
    expect(events.at(-1)).toBe("failed");
    expect(outcome.endReason).toBe("AGENT_HUNG_UP");
  });

  it("of which nothing more is heard is given up, and the call goes on", async () => {
    const { outcome, result } = await run(
      (session) => session.transfer(COLLEAGUE, { timeoutMs: 5_000 }),
      { colleague: (callee) => callee.ring() },
    );
    expect(result).toEqual({ status: "timeout" });
    expect(outcome.endReason).toBe("AGENT_HUNG_UP");
  });

  it("settles when the caller hangs up meanwhile", async () => {
    const { outcome, result } = await run((session) => session.transfer(COLLEAGUE), {
      caller: (callee) => callee.answer().silence({ durationMs: 1_000 }).hangUp(),
      colleague: (callee) => callee.ring(),
    });
    expect(result).toEqual({ status: "ended" });
    expect(outcome.endReason).toBe("USER_HUNG_UP_IN_CALL");
  });

  it("to what is no address is refused before anything is sent", async () => {
    const { result, events } = await run((session) =>
      session.transfer("not a number").catch((error: { code: string }) => error.code),
    );
    expect(result).toBe("INVALID_DESTINATION");
    expect(events).toEqual([]);
  });
});

describe("an attended transfer", () => {
  it("holds the caller, briefs the colleague, and joins the two", async () => {
    let briefed = "";
    const { outcome, result, events } = await run((session) =>
      session.transfer(COLLEAGUE, {
        mode: "attended",
        brief(consultation) {
          briefed = consultation.state;
        },
      }),
    );
    expect(briefed).toBe("active");
    expect(result).toEqual({ status: "completed" });
    expect(events[0]).toBe("held");
    expect(events.at(-1)).toBe("completed");
    expect(outcome.endReason).toBe("CALL_TRANSFERRED");
  });

  it.each([
    ["the colleague declines", { brief: () => false }, stays, { status: "declined" }],
    [
      "the briefing throws",
      {
        brief() {
          throw new Error("no words");
        },
      },
      stays,
      { status: "declined" },
    ],
    [
      "the colleague is busy",
      {},
      (callee) => callee.reject(486),
      { status: "unreachable", endReason: "USER_BUSY" },
    ],
  ] as [string, { brief?: () => unknown }, CalleeScript, object][])(
    "takes the caller off hold when %s",
    async (_why, options, colleague, expected) => {
      const { outcome, result, events } = await run(
        (session) => session.transfer(COLLEAGUE, { mode: "attended", ...options }),
        { colleague },
      );
      expect(result).toEqual(expected);
      expect(events).toEqual(["held", "back"]);
      expect(outcome.endReason).toBe("AGENT_HUNG_UP");
    },
  );

  it("lets the colleague go when the caller hangs up meanwhile", async () => {
    const { outcome, result } = await run(
      (session) => session.transfer(COLLEAGUE, { mode: "attended" }),
      {
        caller: (callee) => callee.answer().silence({ durationMs: 2_000 }).hangUp(),
        colleague: (callee) => callee.ring({ durationMs: 10_000 }).answer().stayOn(),
      },
    );
    expect(result).toEqual({ status: "ended" });
    expect(outcome.endReason).toBe("USER_HUNG_UP_IN_CALL");
  });
});

describe("a hold", () => {
  async function held(go: (session: AgentSession) => Promise<unknown>) {
    const carrier = simulateCarrier({ [CALLER]: (callee) => callee.answer().stayOn() });
    const agent = defineAgent({
      name: "holder",
      detectors: [],
      async onAnswer({ session }) {
        await go(session);
        await session.end();
      },
    });
    const call = createCalls({ carrier, agent }).dial({ to: CALLER });
    const { errors } = await carrier.clock.runUntil(call.ended);
    expect(carrier.clock.describeTimers()).toEqual([]);
    return { heardMs: carrier.heard(CALLER).audibleMs, faults: errors.map(({ code }) => code) };
  }
  const waitMs = (session: AgentSession, durationMs: number) =>
    new Promise<void>((resolve) => void session.call.clock.setTimeout(resolve, durationMs));

  it("is silent, or plays its music again and again until it is taken off", async () => {
    const clip = loadClip("hello");
    const clipMs = (clip.samplesPerChannel * 1_000) / clip.sampleRate;
    const silent = await held(async (session) => {
      await session.hold();
      await waitMs(session, 10_000);
      await session.hold(false);
    });
    expect(silent).toEqual({ heardMs: 0, faults: [] });
    const { heardMs, faults } = await held(async (session) => {
      await session.hold(true, { music: clip });
      await waitMs(session, 10_000);
      await session.hold(false);
      await waitMs(session, 10_000);
    });
    expect(faults).toEqual([]);
    expect(heardMs).toBeGreaterThan(3 * clipMs);
    expect(heardMs).toBeLessThanOrEqual(10_000);
  });

  it("whose music cannot be read is silent, and a fault", async () => {
    const { heardMs, faults } = await held(async (session) => {
      await session.hold(true, { music: "nowhere.wav" });
      await waitMs(session, 1_000);
    });
    expect(heardMs).toBe(0);
    expect(faults).toEqual(["INVALID_AUDIO"]);
  });
});

describe("navigating a menu", () => {
  const menu: CalleeScript = (callee) =>
    callee.answer().speak("ivr_menu").waitForDigits({ timeoutMs: 10_000 }).speak("hello").stayOn();

  async function navigate(callee: CalleeScript, go: (session: AgentSession) => Promise<unknown>) {
    const carrier = simulateCarrier(callee);
    let result: unknown;
    const agent = defineAgent({
      name: "navigator",
      async onAnswer({ session }) {
        result = await go(session);
        await session.end();
      },
    });
    await carrier.clock.runUntil(createCalls({ carrier, agent }).dial({ to: CALLER }).ended);
    expect(carrier.clock.pendingTimers).toBe(0);
    return { result, digits: carrier.heard().digits };
  }

  it("waits for the prompt to end, then presses", async () => {
    const { result, digits } = await navigate(menu, (session) =>
      session.navigate([{ press: "2" }]),
    );
    expect(result).toEqual({ status: "done" });
    expect(digits).toBe("2");
  });

  it("waits for the words it was told to wait for", async () => {
    const { result, digits } = await navigate(menu, (session) =>
      session.navigate([{ heard: /support/i, press: "2" }], {
        transcriber: scriptedTranscriber(["For sales, press one. For support, press two."]),
      }),
    );
    expect(result).toEqual({ status: "done" });
    expect(digits).toBe("2");
  });

  it("says which prompt did not come", async () => {
    const { result, digits } = await navigate(menu, (session) =>
      session.navigate([{ press: "2" }, { press: "3" }, { press: "4", timeoutMs: 4_000 }]),
    );
    expect(result).toEqual({ status: "timeout", step: 2 });
    expect(digits).toBe("23");
  });

  it("settles when the far side hangs up", async () => {
    const { result } = await navigate(
      (callee) => callee.answer().silence({ durationMs: 1_000 }).hangUp(),
      (session) => session.navigate([{ press: "1" }]),
    );
    expect(result).toEqual({ status: "ended", step: 0 });
  });
});
