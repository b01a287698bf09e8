import { expect, it } from "vitest";
import { CallSession } from "../call/call-session.js";
import { carrierProfileSchema, resolveLimits } from "../call/call-settings.js";
import type { FollowedTransfer } from "../events.js";
import type { CalleeScript } from "./scenario.js";
import { simulateCarrier } from "./simulated-carrier.js";
import { say } from "./stand-in-agent.js";

const desk = "+12025550100";
const boss = "+12025550101";

function dial(callees: Readonly<Record<string, CalleeScript>>) {
  const carrier = simulateCarrier(callees);
  const call = new CallSession("outbound", {
    callId: "call",
    carrier,
    settings: {
      limits: resolveLimits(),
      profile: carrierProfileSchema.parse({}),
      hearsVoice: false,
    },
  });
  const told: string[] = [];
  call.on("transfer_followed", ({ progress }) => void told.push(progress.status));
  call.on("far_side_changed", ({ how }) => void told.push(how));
  call.dial({ destination: carrier.parseDestination(desk) });
  return { carrier, call, told };
}

const transferring: CalleeScript = (callee) => callee.answer().refer({ to: boss }).stayOn();

it("goes on with whom the far side sends us to, once a hook accepts", async () => {
  const { carrier, call, told } = dial({
    [desk]: transferring,
    [boss]: (callee) => callee.ring({ durationMs: 2_000 }).answer().pressKeys("7").stayOn(),
  });
  let result: FollowedTransfer | undefined;
  let target = "";
  let digits = "";
  call.on("dtmf", ({ digit }) => {
    digits += digit;
  });
  call.on("transfer_request", async (request) => {
    target = request.target;
    result = await request.accept();
  });
  await carrier.clock.advanceBy(4_000);
  expect(target).toBe("sip:+12025550101@carrier.invalid");
  expect(told).toEqual(["accepted", "trying", "ringing", "completed", "transfer"]);
  expect(result).toEqual({ status: "completed", sipStatus: 200 });
  expect(digits).toBe("7");
  const { media } = call;
  if (media) await carrier.clock.runUntil(say(media, "goodbye"));
  expect(carrier.heard(boss).audibleMs).toBeGreaterThan(300);
  void call.end();
  const outcome = await carrier.clock.runUntil(call.ended);
  expect(outcome).toMatchObject({
    endReason: "AGENT_HUNG_UP",
    farSideChanges: [{ atMs: 2_000, how: "transfer" }],
  });
  expect(carrier.openLegs).toBe(0);
});

it.each([
  ["no hook decides", undefined],
  ["a hook refuses", 486],
] as const)("stays with whom it is talking to when %s", async (_when, status) => {
  const { carrier, call, told } = dial({
    [desk]: transferring,
    [boss]: (callee) => callee.answer(),
  });
  if (status !== undefined) call.on("transfer_request", ({ refuse }) => refuse(status));
  await carrier.clock.advanceBy(1_000);
  expect(told).toEqual([]);
  expect(call.state).toBe("active");
  void call.end();
  expect(await carrier.clock.runUntil(call.ended)).not.toHaveProperty("farSideChanges");
});

it("stays with whom it is talking to when the target cannot be reached", async () => {
  const { carrier, call, told } = dial({
    [desk]: transferring,
    [boss]: (callee) => callee.ring({ durationMs: 1_000 }).reject(486),
  });
  let result: FollowedTransfer | undefined;
  call.on("transfer_request", async ({ accept }) => {
    result = await accept();
  });
  await carrier.clock.advanceBy(2_000);
  expect(told.at(-1)).toBe("failed");
  expect(result).toEqual({ status: "failed", sipStatus: 486 });
  expect(call.state).toBe("active");
  void call.end();
  await carrier.clock.runUntil(call.ended);
});

it("ends the call when who sent us elsewhere has left and nobody is reached", async () => {
  const { carrier, call } = dial({
    [desk]: (callee) => callee.answer().refer({ to: boss }).hangUp(),
    [boss]: (callee) => callee.ring({ durationMs: 1_000 }).reject(486),
  });
  call.on("transfer_request", ({ accept }) => void accept());
  const outcome = await carrier.clock.runUntil(call.ended);
  expect(outcome).toMatchObject({ endReason: "USER_HUNG_UP_IN_CALL", talkMs: 1_000 });
});

it("lets a hook take its time, but not for ever", async () => {
  const { carrier, call, told } = dial({
    [desk]: transferring,
    [boss]: (callee) => callee.answer(),
  });
  const faults: string[] = [];
  call.on("fault", ({ fault }) => void faults.push(fault.code));
  call.on("transfer_request", () => new Promise(() => undefined));
  await carrier.clock.advanceBy(15_000);
  expect(faults).toEqual(["HOOK_TIMED_OUT"]);
  expect(told).toEqual([]);
  void call.end();
  await carrier.clock.runUntil(call.ended);
});

it("goes on with whom a caller sends us to", async () => {
  const carrier = simulateCarrier({ [boss]: (callee) => callee.answer().hangUp() });
  const settings = {
    limits: resolveLimits(),
    profile: carrierProfileSchema.parse({}),
    hearsVoice: false,
  };
  const call = new CallSession("inbound", { callId: "in", carrier, settings });
  call.on("transfer_request", ({ accept }) => void accept());
  carrier.receiveCalls((offer) => {
    call.receive(offer);
    call.open();
    call.answer();
  });
  carrier.callIn({
    from: "+12025550199",
    to: desk,
    caller: (caller) => caller.waitForAnswer().refer({ to: boss }).stayOn(),
  });
  const outcome = await carrier.clock.runUntil(call.ended);
  expect(outcome).toMatchObject({
    endReason: "USER_HUNG_UP_IN_CALL",
    farSideChanges: [{ how: "transfer" }],
  });
});
