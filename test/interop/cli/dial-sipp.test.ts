import { clipPath } from "@offhook/session/testing";
import { afterEach, describe, expect, it } from "vitest";
import { type Sipp, startSipp } from "../sip/sipp.js";
import { type Line, type Offhook, startOffhook } from "./offhook.js";
import { onlyOutcome, statesOf } from "./outcome-shape.js";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

const NUMBER = "+12025550100";
const CREDENTIALS = ["--username", "offhook"];

interface Dialled {
  readonly sipp: Sipp;
  readonly offhook: Offhook;
}

/** `offhook dial` calls sipp, which plays `scenario`. */
async function dial(
  transport: "udp" | "tcp",
  scenario: string,
  flags: readonly string[] = [],
): Promise<Dialled> {
  const sipp = await startSipp({ scenario, transport });
  const trunk = ["--trunk", `sip:127.0.0.1:${sipp.port}`, "--transport", transport];
  const offhook = startOffhook(["dial", NUMBER, ...trunk, ...flags], {
    environment: { OFFHOOK_PASSWORD: "secret" },
  });
  closers.push(async () => {
    await offhook.stop();
    await sipp.stop();
  });
  return { sipp, offhook };
}

async function outcomeOf({ offhook }: Dialled): Promise<Line> {
  const outcome = onlyOutcome(await offhook.exited);
  expect(outcome).toMatchObject({ to: NUMBER, direction: "outbound" });
  return outcome;
}

/** sipp saw what it waited for, down to the last ACK. */
async function satisfied({ sipp }: Dialled): Promise<void> {
  const { code, errors } = await sipp.finished;
  expect(code, errors).toBe(0);
}

const TALKED = ["pending", "dialing", "ringing", "active", "ended"];

describe.each(["udp", "tcp"] as const)("offhook dial over %s, called: sipp", (transport) => {
  it("hangs up after answer", async () => {
    const call = await dial(transport, "answer", ["--hangup-after", "300"]);
    const outcome = await outcomeOf(call);
    expect(outcome).toMatchObject({
      finalState: "ended",
      status: "completed",
      endReason: "AGENT_HUNG_UP",
      endedBy: "agent",
      sip: { status: 200, phrase: "OK", reasonHeaders: [] },
      verdict: null,
      errors: [],
    });
    expect(statesOf(outcome)).toEqual(TALKED);
    expect(outcome["talkMs"]).toBeGreaterThanOrEqual(300);
    expect(outcome["talkMs"]).toBeLessThan(2_000);
    await satisfied(call);
  });

  it.each([
    ["busy", "USER_BUSY", { status: 486 }],
    ["unavailable", "USER_UNREACHABLE", { status: 480 }],
    ["unavailable-with-reason", "USER_UNREACHABLE", { status: 480, q850: 20, q850Location: "RLN" }],
    ["not-found", "SIP_FAILED_WRONG_NUMBER", { status: 404 }],
    ["decline", "USER_HUNG_UP_RINGING", { status: 603 }],
  ])("is refused: %s is %s", async (scenario, endReason, sip) => {
    const call = await dial(transport, scenario);
    const outcome = await outcomeOf(call);
    expect(outcome).toMatchObject({
      finalState: "not_connected",
      endReason,
      sip,
      talkMs: 0,
      verdict: null,
      errors: [],
    });
    expect(statesOf(outcome)).not.toContain("active");
    await satisfied(call);
  });

  it("gives up on a trunk that does not respond", async () => {
    const call = await dial(transport, "no-response", ["--response-timeout", "500"]);
    const outcome = await outcomeOf(call);
    expect(outcome).toMatchObject({
      finalState: "not_connected",
      endReason: "SIP_FAILED_PROVIDER_UNAVAILABLE",
      sip: { reasonHeaders: [] },
      ringMs: 0,
    });
    expect(outcome["sip"]).not.toHaveProperty("status");
    expect(statesOf(outcome)).toEqual(["pending", "dialing", "not_connected"]);
  });

  it("hears early media before the answer", async () => {
    const call = await dial(transport, "early-media", ["--hangup-after", "200"]);
    const outcome = await outcomeOf(call);
    expect(outcome).toMatchObject({ endReason: "AGENT_HUNG_UP", provisional: [{ status: 183 }] });
    const events = call.offhook.lines.map(({ event }) => event);
    expect(events).toContain("early_media");
    expect(events.indexOf("early_media")).toBeLessThan(events.indexOf("active"));
    await satisfied(call);
  });

  it("answers a 407 with its password", async () => {
    const call = await dial(transport, "challenge-407", [...CREDENTIALS, "--hangup-after", "200"]);
    expect(await outcomeOf(call)).toMatchObject({
      endReason: "AGENT_HUNG_UP",
      sip: { status: 200 },
    });
    await satisfied(call);
  });

  it("says so when its password is refused, and does not show it", async () => {
    const call = await dial(transport, "challenge-twice-wrong-password", CREDENTIALS);
    expect(await outcomeOf(call)).toMatchObject({
      endReason: "SIP_FAILED_AUTHENTICATION",
      sip: { status: 407 },
    });
    expect(JSON.stringify(call.offhook.lines)).not.toContain("secret");
    await satisfied(call);
  });

  it("says so when it has no password to answer a 407 with", async () => {
    const call = await dial(transport, "challenge-407");
    expect(await outcomeOf(call)).toMatchObject({
      endReason: "SIP_FAILED_AUTHENTICATION",
      sip: { status: 407 },
    });
  });

  it("is hung up on, and keeps the Reason", async () => {
    const call = await dial(transport, "answer-then-bye");
    const outcome = await outcomeOf(call);
    expect(outcome).toMatchObject({
      finalState: "ended",
      endReason: "USER_HUNG_UP_IN_CALL",
      endedBy: "user",
      sip: {
        status: 200,
        q850: 16,
        q850Location: "U",
        reasonHeaders: ['Q.850;cause=16;text="Normal call clearing";location=U'],
      },
    });
    expect(statesOf(outcome)).toEqual(TALKED);
    await satisfied(call);
  });

  it("cancels when it has rung too long", async () => {
    const call = await dial(transport, "ring-then-canceled", ["--ring-timeout", "400"]);
    const outcome = await outcomeOf(call);
    expect(outcome).toMatchObject({
      finalState: "not_connected",
      endReason: "USER_DID_NOT_PICK_UP",
      sip: { status: 487 },
    });
    expect(outcome["ringMs"]).toBeGreaterThanOrEqual(400);
    expect(statesOf(outcome)).toEqual(["pending", "dialing", "ringing", "not_connected"]);
    await satisfied(call);
  });

  it.each(["SIGINT", "SIGTERM"] as const)("cancels on %s while it rings", async (signal) => {
    const call = await dial(transport, "ring-then-canceled");
    await call.offhook.event("ringing");
    call.offhook.signal(signal);
    const outcome = await outcomeOf(call);
    expect(outcome).toMatchObject({ finalState: "canceled", endReason: "CANCELED", talkMs: 0 });
    await satisfied(call);
  });

  it("speaks and hears nothing, and says that it went one way only", async () => {
    const flags = ["--play", clipPath("business_greeting"), "--hangup-after", "2500"];
    const call = await dial(transport, "answer", flags);
    expect(await outcomeOf(call)).toMatchObject({
      endReason: "AGENT_HUNG_UP",
      media: { codec: "PCMU", packetsReceived: 0, oneWay: "nothing_received" },
    });
    await satisfied(call);
  });

  it("hangs up on SIGINT in mid-call", async () => {
    const call = await dial(transport, "answer");
    await call.offhook.event("active");
    call.offhook.signal("SIGINT");
    expect(await outcomeOf(call)).toMatchObject({
      finalState: "ended",
      endReason: "AGENT_HUNG_UP",
      endedBy: "api",
    });
    await satisfied(call);
  });
});
