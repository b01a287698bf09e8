import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { challenged, refusedWith } from "../sip/calling-scenarios.js";
import type { SippScenario } from "../sip/scenario.js";
import { type Sipp, startSipp } from "../sip/sipp.js";
import { type Offhook, outcomesOf, startOffhook } from "./offhook.js";
import { expectOutcomeShape, onlyOutcome, statesOf } from "./outcome-shape.js";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

type Transport = "udp" | "tcp";

const agent = (name: string) => [
  "--agent",
  fileURLToPath(new URL(`./agents/${name}.ts`, import.meta.url)),
];
const ONE_CALL = ["--max-calls", "1"];
const US = "+12025550199";

function answer(
  transport: Transport,
  flags: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Offhook {
  const command = ["answer", "--listen", `${transport}:127.0.0.1:0`, ...flags];
  const offhook = startOffhook(command, { environment });
  closers.push(() => offhook.stop());
  return offhook;
}

/** Lets sipp call `offhook answer`, playing `scenario`. */
async function callIn(
  transport: Transport,
  offhook: Offhook,
  scenario: string | SippScenario,
  calls = 1,
) {
  const target = { address: "127.0.0.1", port: await offhook.port() };
  const sipp = await startSipp({ scenario, transport, target, calls, arguments: ["-s", US] });
  closers.push(() => sipp.stop());
  return sipp;
}

async function satisfied(sipp: Sipp): Promise<void> {
  const { code, errors } = await sipp.finished;
  expect(code, errors).toBe(0);
}

describe.each(["udp", "tcp"] as const)("offhook answer over %s, calling: sipp", (transport) => {
  it("answers, is hung up on, and exits after --max-calls", async () => {
    const offhook = answer(transport, ONE_CALL);
    const sipp = await callIn(transport, offhook, "calling");
    const outcome = onlyOutcome(await offhook.exited);
    expect(outcome).toMatchObject({
      to: US,
      from: "+12025550142",
      direction: "inbound",
      finalState: "ended",
      status: "completed",
      endReason: "USER_HUNG_UP_IN_CALL",
      endedBy: "user",
      sip: { status: 200, q850: 16, reasonHeaders: ["Q.850;cause=16"] },
      verdict: null,
      errors: [],
    });
    expect(statesOf(outcome)).toEqual(["ringing", "active", "ended"]);
    await satisfied(sipp);
  });

  it("takes the call of whoever knows the password that it asks for", async () => {
    const flags = [...ONE_CALL, "--ask-username", "offhook", "--allow", "127.0.0.0/8"];
    const offhook = answer(transport, flags, { OFFHOOK_ASK_PASSWORD: "secret" });
    const sipp = await callIn(transport, offhook, challenged(401));
    expect(onlyOutcome(await offhook.exited)).toMatchObject({ endReason: "USER_HUNG_UP_IN_CALL" });
    await satisfied(sipp);
  });

  it("is busy for one caller more than it takes at once", async () => {
    const offhook = answer(transport, ["--max-at-once", "1"]);
    const inHand = await callIn(transport, offhook, "calling-then-wait");
    await offhook.event("active");
    await satisfied(await callIn(transport, offhook, refusedWith(486)));
    offhook.signal("SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 300));
    offhook.signal("SIGTERM");
    await offhook.exited;
    await satisfied(inHand);
  });

  it("tells every call apart", async () => {
    const offhook = answer(transport, ["--max-calls", "3"]);
    const sipp = await callIn(transport, offhook, "calling", 3);
    const exit = await offhook.exited;
    expect(exit.code, exit.stderr).toBe(0);
    const outcomes = outcomesOf(exit);
    expect(new Set(outcomes.map(({ callId }) => callId)).size).toBe(3);
    for (const outcome of outcomes) {
      expectOutcomeShape(outcome);
      expect(outcome).toMatchObject({ endReason: "USER_HUNG_UP_IN_CALL" });
    }
    await satisfied(sipp);
  });

  it("hangs up where the agent does", async () => {
    const offhook = answer(transport, [...ONE_CALL, ...agent("ends-soon")]);
    const sipp = await callIn(transport, offhook, "calling-then-wait");
    expect(onlyOutcome(await offhook.exited)).toMatchObject({
      endReason: "AGENT_HUNG_UP",
      endedBy: "agent",
    });
    await satisfied(sipp);
  });

  it("rings a caller who gives up", async () => {
    const offhook = answer(transport, [...ONE_CALL, ...agent("rings-on")]);
    const sipp = await callIn(transport, offhook, "calling-then-cancel");
    const outcome = onlyOutcome(await offhook.exited);
    expect(outcome).toMatchObject({
      direction: "inbound",
      endedBy: "user",
      talkMs: 0,
      sip: { reasonHeaders: ['SIP;cause=487;text="gave up"'] },
    });
    expect(statesOf(outcome)).not.toContain("active");
    await satisfied(sipp);
  });

  it("drains on SIGTERM: sees its call through, takes no other, and exits", async () => {
    const offhook = answer(transport, agent("ends-soon"));
    const inHand = await callIn(transport, offhook, "calling-then-wait");
    await offhook.event("active");
    offhook.signal("SIGTERM");
    const turnedAway = await callIn(transport, offhook, "../../cli/scenarios/calling-turned-away");
    await satisfied(turnedAway);
    expect(onlyOutcome(await offhook.exited)).toMatchObject({
      endReason: "AGENT_HUNG_UP",
      endedBy: "agent",
    });
    await satisfied(inHand);
  });

  it("ends what is left on a second SIGTERM", async () => {
    const offhook = answer(transport, []);
    const sipp = await callIn(transport, offhook, "calling-then-wait");
    await offhook.event("active");
    offhook.signal("SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(outcomesOf(offhook)).toHaveLength(0);
    offhook.signal("SIGTERM");
    expect(onlyOutcome(await offhook.exited)).toMatchObject({
      finalState: "ended",
      endReason: "RUNTIME_SHUTDOWN",
      endedBy: "runtime",
    });
    await satisfied(sipp);
  });

  it("exits at once on SIGINT when nobody calls", async () => {
    const offhook = answer(transport, []);
    await offhook.port();
    offhook.signal("SIGINT");
    const exit = await offhook.exited;
    expect({ code: exit.code, lines: exit.lines }, exit.stderr).toEqual({ code: 0, lines: [] });
  });
});
