import { defineDetector } from "@offhook/detection";
import type { CallOutcome, TrunkState } from "@offhook/session";
import { type CalleeScript, loadClip, simulateCarrier } from "@offhook/session/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { PlaceOptions } from "./agent-runner.js";
import { createCalls } from "./calls.js";
import { type AgentDefinition, defineAgent } from "./define-agent.js";

const NUMBER = "+12025550100";
const answers: CalleeScript = (callee) =>
  callee.ring({ durationMs: 1_000 }).answer().speak("hello").stayOn();

function setUp(
  callee: CalleeScript,
  agent: Omit<AgentDefinition, "name"> = {},
  options: Partial<Parameters<typeof createCalls>[0]> = {},
) {
  const carrier = simulateCarrier(callee);
  const calls = createCalls({
    carrier,
    agent: defineAgent({ name: "test", ...agent }),
    ...options,
  });
  return { carrier, calls, clock: carrier.clock };
}

async function outcomeOf(
  callee: CalleeScript,
  agent: Omit<AgentDefinition, "name"> = {},
  place: Partial<PlaceOptions> = {},
): Promise<CallOutcome> {
  const { carrier, calls, clock } = setUp(callee, agent);
  const outcome = await clock.runUntil(calls.dial({ to: NUMBER, ...place }).ended);
  await calls.close();
  expect(carrier.openLegs).toBe(0);
  expect(clock.describeTimers()).toEqual([]);
  return outcome;
}

describe("an outbound call", () => {
  it("tells its hooks each step, in order, and the end once", async () => {
    const heard: string[] = [];
    const names = ["call_start", "dialing", "ringing", "active", "call_end"] as const;
    const outcome = await outcomeOf(answers, {
      setup({ session }) {
        for (const name of names) session.on(name, () => void heard.push(name));
      },
      onAnswer: ({ session }) => session.end(),
    });
    expect(heard).toEqual(names);
    expect(outcome.endReason).toBe("AGENT_HUNG_UP");
    expect(outcome.states.map(({ state }) => state)).toEqual([
      "pending",
      "dialing",
      "ringing",
      "active",
      "ended",
    ]);
  });

  it("has its end_reason in place before any call_end hook, the runner's hooks included", async () => {
    const { calls, clock } = setUp((callee) => callee.reject(486), {
      setup({ session }) {
        session.on("call_end", () => void seen.push(session.data.get("end_reason")));
      },
    });
    const seen: unknown[] = [];
    calls.runner.on("call_start", ({ direction }) => void seen.push(direction));
    calls.runner.on("call_end", ({ session }, finalState) => {
      seen.push(finalState, session.data.get("end_reason"));
    });
    await clock.runUntil(calls.dial({ to: NUMBER }).ended);
    expect(seen).toEqual(["outbound", "not_connected", "USER_BUSY", "USER_BUSY"]);
  });

  it("rings as long as its limit says, in virtual time", async () => {
    const outcome = await outcomeOf((callee) => callee.ring(), {}, { limits: { ringMs: 45_000 } });
    expect(outcome.endReason).toBe("USER_DID_NOT_PICK_UP");
    expect(outcome.ringMs).toBe(45_000);
  });

  it("to something that is no number ends as INVALID_DESTINATION, with nothing sent", async () => {
    const outcome = await outcomeOf(answers, {}, { to: "+1202" });
    expect(outcome.endReason).toBe("INVALID_DESTINATION");
    expect(outcome.states.map(({ state }) => state)).toEqual(["pending", "not_connected"]);
    expect(outcome.errors[0]?.code).toBe("INVALID_DESTINATION");
    expect(outcome.errors[0]?.message).not.toContain("+1202");
  });

  it("withdrawn by the program ends as CANCELED", async () => {
    const { calls, clock } = setUp((callee) => callee.ring());
    const call = calls.dial({ to: NUMBER });
    call.session.on("ringing", () => void calls.cancel(call.callId));
    const { endReason, endedBy } = await clock.runUntil(call.ended);
    expect({ endReason, endedBy }).toEqual({ endReason: "CANCELED", endedBy: "api" });
    expect(calls.get(call.callId).status).toBe("failed");
    expect(calls.list({ status: "failed" })).toHaveLength(1);
    expect(() => calls.get("nobody")).toThrow(expect.objectContaining({ code: "NO_SUCH_CALL" }));
  });
});

describe("agent code that misbehaves", () => {
  const broken = () => {
    throw new Error("broken");
  };

  it("in setup ends the call as AGENT_ERROR before anything is sent", async () => {
    const outcome = await outcomeOf(answers, { setup: broken });
    expect(outcome.endReason).toBe("AGENT_ERROR");
    expect(outcome.finalState).toBe("not_connected");
    expect(outcome.errors).toMatchObject([{ code: "AGENT_THREW", where: "agent:setup" }]);
  });

  it("by never finishing setup does, too", async () => {
    const outcome = await outcomeOf(answers, { setup: () => new Promise(() => {}) });
    expect(outcome.endReason).toBe("AGENT_ERROR");
    expect(outcome.errors).toMatchObject([{ code: "SETUP_TIMED_OUT" }]);
  });

  it("in onAnswer ends the active call as AGENT_ERROR", async () => {
    const outcome = await outcomeOf(answers, { onAnswer: broken });
    expect(outcome).toMatchObject({
      endReason: "AGENT_ERROR",
      finalState: "ended",
      endedBy: "agent",
    });
  });

  it("in a hook is reported, and the call and the other hooks go on", async () => {
    const others: string[] = [];
    const outcome = await outcomeOf(answers, {
      setup({ session }) {
        session.on("ringing", broken);
        session.on("ringing", () => void others.push("called"));
      },
      onAnswer: ({ session }) => session.end(),
    });
    expect(others).toHaveLength(1);
    expect(outcome.endReason).toBe("AGENT_HUNG_UP");
    expect(outcome.errors).toMatchObject([{ code: "HOOK_THREW", where: "hook:ringing" }]);
  });

  it("in a call_end hook that never settles delays the record until the deadline, no longer", async () => {
    const others: string[] = [];
    const { calls, clock } = setUp((callee) => callee.reject(486), {
      setup({ session }) {
        session.on("call_end", () => new Promise(() => {}));
        session.on("call_end", () => void others.push("called"));
      },
    });
    const outcome = await clock.runUntil(calls.dial({ to: NUMBER }).ended);
    expect(clock.nowMs()).toBe(10_000);
    expect(others).toHaveLength(1);
    expect(outcome.errors).toMatchObject([{ code: "HOOK_TIMED_OUT", phase: "closing" }]);
  });

  it("in whoever follows the message cannot keep the call from ending", async () => {
    const outcome = await outcomeOf(answers, {
      async onAnswer({ session }) {
        session.call.trackMessage(broken);
        await session.end();
      },
    });
    expect(outcome.endReason).toBe("AGENT_HUNG_UP");
    expect(outcome.message).toBeUndefined();
  });

  it("by a detector that throws loses that detector only", async () => {
    const broken = defineDetector({
      name: "broken",
      options: z.object({}),
      create: () => ({
        onSignal() {
          throw new Error("broken");
        },
      }),
    });
    const outcome = await outcomeOf(answers, {
      detectors: [broken()],
      onAnswer: ({ session }) => session.end(),
    });
    expect(outcome.endReason).toBe("AGENT_HUNG_UP");
    expect(outcome.errors).toMatchObject([{ code: "DETECTOR_FAILED", where: "detector:broken" }]);
  });
});

describe("playing", () => {
  it("tells that everything was heard", async () => {
    let result: unknown;
    const { carrier, calls, clock } = setUp(answers, {
      async onAnswer({ session, signal }) {
        result = await session.play(loadClip("goodbye"), { signal, message: "goodbye" });
        await session.end();
      },
    });
    const outcome = await clock.runUntil(calls.dial({ to: NUMBER }).ended);
    expect(result).toMatchObject({ complete: true });
    expect(outcome.message).toMatchObject({ name: "goodbye", complete: true });
    expect(carrier.heard(NUMBER)).toBeDefined();
  });

  it("tells how much was heard when the far side hangs up", async () => {
    const hangsUp: CalleeScript = (callee) =>
      callee.answer().silence({ durationMs: 1_000 }).hangUp();
    const results: unknown[] = [];
    const outcome = await outcomeOf(hangsUp, {
      async onAnswer({ session, signal }) {
        results.push(await session.play(loadClip("reminder"), { signal, message: "reminder" }));
      },
    });
    expect(outcome.endReason).toBe("USER_HUNG_UP_IN_CALL");
    const totalMs = Math.round((loadClip("reminder").samplesPerChannel * 1_000) / 8_000);
    expect(outcome.message).toMatchObject({ name: "reminder", totalMs, complete: false });
    expect(outcome.message?.playedMs).toBeGreaterThan(900);
    expect(outcome.message?.playedMs).toBeLessThan(1_100);
    expect(results).toMatchObject([{ complete: false }]);
  });

  it("refuses audio of a wrong format with a typed error, and the call goes on", async () => {
    let code: unknown;
    const outcome = await outcomeOf(answers, {
      async onAnswer({ session }) {
        await session.play(new URL("agent-runner.test.ts", import.meta.url)).catch((thrown) => {
          code = thrown.code;
        });
        await session.end();
      },
    });
    expect(code).toBe("INVALID_AUDIO");
    expect(outcome.endReason).toBe("AGENT_HUNG_UP");
  });
});

describe("detected", () => {
  it("tells a person from a greeting", async () => {
    const labels: unknown[] = [];
    const agent: Omit<AgentDefinition, "name"> = {
      async onAnswer({ session, signal }) {
        const heard = await session.detected(["human", "voicemail"], { timeoutMs: 12_000, signal });
        labels.push(heard.status === "detected" ? heard.verdict.label : heard.status);
        await session.end();
      },
    };
    const person = await outcomeOf(answers, agent);
    const machine = await outcomeOf(
      (callee) => callee.ring({ durationMs: 1_000 }).answer().speak("voicemail_greeting").stayOn(),
      agent,
    );
    expect(labels).toEqual(["human", "voicemail"]);
    expect(person.endReason).toBe("AGENT_HUNG_UP");
    expect(machine.endReason).toBe("AGENT_HUNG_UP_VOICEMAIL_DETECTED");
  });

  it("settles at its timeout, and at the end of the call", async () => {
    const statuses: string[] = [];
    const silent: CalleeScript = (callee) =>
      callee.answer().silence({ durationMs: 2_000 }).hangUp();
    await outcomeOf(silent, {
      async onAnswer({ session }) {
        statuses.push((await session.detected(["fax"], { timeoutMs: 500 })).status);
        statuses.push((await session.detected(["fax"])).status);
      },
    });
    expect(statuses).toEqual(["timeout", "ended"]);
  });
});

describe("limits of a runner", () => {
  it("refuses a call too many, and says so as its reason", async () => {
    const { calls, clock } = setUp((callee) => callee.ring(), {}, { maxSessions: 1 });
    const first = calls.dial({ to: NUMBER });
    const second = await clock.runUntil(calls.dial({ to: NUMBER }).ended);
    expect(second.endReason).toBe("CONCURRENCY_LIMIT_EXCEEDED");
    expect((await clock.runUntil(first.ended)).endReason).toBe("USER_DID_NOT_PICK_UP");
  });

  it("places no more calls a minute than it may", async () => {
    const { calls, clock } = setUp((callee) => callee.reject(486), {}, { permitsPerMinute: 1 });
    const reasons: string[] = [];
    for (const waitMs of [0, 0, 60_000]) {
      await clock.advanceBy(waitMs);
      reasons.push((await clock.runUntil(calls.dial({ to: NUMBER }).ended)).endReason);
    }
    expect(reasons).toEqual(["USER_BUSY", "RATE_LIMIT_EXCEEDED", "USER_BUSY"]);
  });

  it("places nothing while the trunk is down, unless it is told to, and places again when it is back", async () => {
    let state: TrunkState = { status: "unknown" };
    const health = {
      get state() {
        return state;
      },
      onChange: () => () => undefined,
    };
    const agent = defineAgent({ name: "test" });
    const ends = async (whenTrunkDown?: "place") => {
      const carrier = simulateCarrier((callee) => callee.reject(486), { health });
      const calls = createCalls({ carrier, agent, ...(whenTrunkDown ? { whenTrunkDown } : {}) });
      const outcome = await carrier.clock.runUntil(calls.dial({ to: NUMBER }).ended);
      await calls.close();
      return outcome;
    };
    expect((await ends()).endReason).toBe("USER_BUSY");
    state = { status: "down", detail: "no answer for 5000 ms" };
    const refused = await ends();
    expect(refused).toMatchObject({ endReason: "HEALTHCHECK_FAILED", retryable: true });
    expect(refused.states.map(({ state }) => state)).toEqual(["pending", "not_connected"]);
    expect(refused.errors).toMatchObject([
      { code: "TRANSPORT_FAILED", message: "The trunk is down: no answer for 5000 ms." },
    ]);
    expect((await ends("place")).endReason).toBe("USER_BUSY");
    state = { status: "up", roundTripMs: 4 };
    expect((await ends()).endReason).toBe("USER_BUSY");
  });

  it("says which option is out of range", () => {
    expect(() => setUp(answers, {}, { maxSessions: 0 })).toThrow(/maxSessions/);
    const { calls } = setUp(answers);
    expect(() => calls.dial({ to: NUMBER, limits: { ringMs: -1 } })).toThrow(/ringMs/);
  });
});

describe("draining", () => {
  it("waits for calls in hand and takes no new ones", async () => {
    const { calls, clock } = setUp((callee) => callee.ring({ durationMs: 5_000 }).reject(486));
    const before = calls.dial({ to: NUMBER });
    const drained = calls.drain();
    const after = await clock.runUntil(calls.dial({ to: NUMBER }).ended);
    expect(after.endReason).toBe("RUNTIME_SHUTDOWN");
    await clock.runUntil(drained);
    expect((await before.ended).endReason).toBe("USER_BUSY");
  });

  it("ends what is left at its deadline", async () => {
    const { calls, clock } = setUp(answers, {}, { drainTimeoutMs: 2_000 });
    const call = calls.dial({ to: NUMBER });
    await clock.advanceBy(500);
    await clock.runUntil(calls.drain());
    expect(await call.ended).toMatchObject({ endReason: "RUNTIME_SHUTDOWN", finalState: "ended" });
  });
});

describe("an inbound call", () => {
  const caller = (incoming: ReturnType<typeof setUp>) =>
    incoming.carrier.callIn({
      from: "+12025550177",
      to: "+12025550188",
      headers: { "x-campaign": "autumn" },
      caller: (who) => who.waitForAnswer().silence({ durationMs: 2_000 }).hangUp(),
    });

  it("is answered after setup, with the caller's number and headers at hand", async () => {
    const seen: unknown[] = [];
    const incoming = setUp(answers, {
      setup({ userNumber, direction, data }) {
        seen.push(userNumber, direction, data["x-campaign"]);
      },
    });
    incoming.calls.receive();
    caller(incoming);
    await incoming.clock.advanceBy(100);
    const [call] = incoming.calls.list();
    const outcome = call && (await incoming.clock.runUntil(call.ended));
    expect(seen).toEqual(["+12025550177", "inbound", "autumn"]);
    expect(outcome?.endReason).toBe("USER_HUNG_UP_IN_CALL");
    expect(outcome?.states.map(({ state }) => state)).toEqual(["ringing", "active", "ended"]);
  });

  it("goes to the agent that its number is routed to, else to the runner's own", async () => {
    const taken: string[] = [];
    const taking = (name: string) =>
      defineAgent({
        name,
        setup({ session, ownNumber }) {
          taken.push(`${name} ${ownNumber}`);
          session.reject(603);
        },
      });
    const routes = [
      { to: "12025550100", agent: taking("sales") },
      { to: /^\+120255502\d\d$/g, agent: taking("support") },
      { from: "+12025550177", agent: taking("known caller") },
    ];
    const incoming = setUp(answers, { setup: ({ session }) => session.reject(486) }, { routes });
    incoming.calls.receive();
    const called = (to: string, from = "+12025550188") =>
      incoming.clock.runUntil(incoming.carrier.callIn({ from, to, caller: (c) => c }).ended);
    await called("+12025550100");
    await called("+12025550201");
    await called("+12025550299");
    await called("+12025550300", "+12025550177");
    expect(await called("+12025550300")).toMatchObject({ status: 486 });
    expect(taken).toEqual([
      "sales +12025550100",
      "support +12025550201",
      "support +12025550299",
      "known caller +12025550300",
    ]);
  });

  it("says who calls, by all that the network vouches for", async () => {
    const seen: unknown[] = [];
    const incoming = setUp(answers, {
      setup({ session, caller }) {
        seen.push(caller);
        session.reject(603);
      },
    });
    incoming.calls.receive();
    const { ended } = incoming.carrier.callIn({
      from: "anonymous",
      to: NUMBER,
      headers: {
        "P-Asserted-Identity": '"Ada" <sip:+12025550177@carrier.example>',
        Privacy: "id",
        Diversion: "<sip:+12025550166@carrier.example>;reason=no-answer",
      },
      caller: (caller) => caller,
    });
    await incoming.clock.runUntil(ended);
    expect(seen).toEqual([
      {
        asserted: ["+12025550177"],
        private: true,
        diversion: ["<sip:+12025550166@carrier.example>;reason=no-answer"],
        historyInfo: [],
      },
    ]);
  });

  it("cannot be routed by a rule that says nothing, or to what is no agent", () => {
    const agent = defineAgent({ name: "other" });
    expect(() => setUp(answers, {}, { routes: [{ agent }] })).toThrow(
      /routes\.0: needs `to` or `from`/,
    );
    expect(() => setUp(answers, {}, { routes: [{ to: "1", agent: {} as never }] })).toThrow(
      /routes\.0\.agent: must be what defineAgent\(\) returns/,
    );
  });

  it("can be rejected in setup", async () => {
    const incoming = setUp(answers, { setup: ({ session }) => session.reject(603) });
    incoming.calls.receive();
    const { ended } = caller(incoming);
    expect(await incoming.clock.runUntil(ended)).toMatchObject({ status: 603 });
    expect(incoming.calls.list()[0]?.outcome?.endReason).toBe("AGENT_REJECTED");
  });

  it("over the limit is refused with 486", async () => {
    const incoming = setUp((callee) => callee.ring(), {}, { maxSessions: 1 });
    incoming.calls.dial({ to: NUMBER });
    incoming.calls.receive();
    const { ended } = caller(incoming);
    expect(await incoming.clock.runUntil(ended)).toMatchObject({ status: 486 });
    const refused = incoming.calls.list().find(({ direction }) => direction === "inbound");
    expect(refused?.outcome?.endReason).toBe("CONCURRENCY_LIMIT_EXCEEDED");
  });
});
