import { afterEach, beforeEach, expect, it } from "vitest";
import { CallSession } from "../call/call-session.js";
import { carrierProfileSchema, resolveLimits } from "../call/call-settings.js";
import { createSipCarrier, type SipCarrier } from "../sip/sip-carrier.js";
import { type LoopbackCarrier, startLoopbackCarrier } from "./loopback-carrier.js";
import type { CalleeScript } from "./scenario.js";

const desk = "+12025550101";
const boss = "+12025550102";
const away = "+12025550103";
const sendsOn = "+12025550104";
const sendsAway = "+12025550105";

const talks = "+12025550106";

const scripts: Readonly<Record<string, CalleeScript>> = {
  [desk]: (callee) => callee.answer().stayOn(),
  [boss]: (callee) => callee.ring({ durationMs: 100 }).answer().pressKeys("7").stayOn(),
  [talks]: (callee) => callee.answer().talkOn("hello"),
  [away]: (callee) => callee.reject(486),
  [sendsOn]: (callee) => callee.answer().refer({ to: boss }).stayOn(),
  [sendsAway]: (callee) => callee.answer().refer({ to: away }).stayOn(),
};

let loopback: LoopbackCarrier;
let carrier: SipCarrier;

beforeEach(async () => {
  const numbers = Object.entries(scripts).map(([number, script]) => ({
    number,
    callee: "",
    script,
  }));
  loopback = await startLoopbackCarrier({ numbers });
  carrier = createSipCarrier({ trunk: { uri: loopback.uri } });
});

afterEach(async () => {
  await carrier.close();
  await loopback.close();
});

async function active(to: string, prepare: (call: CallSession) => void = () => {}) {
  const call = new CallSession("outbound", {
    callId: `call-${to}`,
    carrier,
    settings: {
      limits: resolveLimits(),
      profile: carrierProfileSchema.parse({}),
      hearsVoice: false,
    },
  });
  prepare(call);
  const isActive = new Promise<void>((resolve) => void call.on("active", () => resolve()));
  call.dial({ destination: carrier.parseDestination(to) });
  await isActive;
  return call;
}

const digitOf = (call: CallSession) =>
  new Promise<string>((resolve) => void call.on("dtmf", ({ digit }) => resolve(digit)));

it("sends us on to whom we then hear", async () => {
  const call = await active(sendsOn, (call) =>
    call.on("transfer_request", ({ accept }) => void accept()),
  );
  expect(await digitOf(call)).toBe("7");
  await call.media?.sendDtmf("12");
  await expect.poll(() => loopback.heard(boss).digits).toBe("12");
  expect(loopback.openCalls).toBe(1);
  await call.end();
  expect(await call.ended).toMatchObject({
    endReason: "AGENT_HUNG_UP",
    farSideChanges: [{ how: "transfer" }],
  });
  await expect.poll(() => loopback.openCalls).toBe(0);
});

it("stays with us when whom it sends us to is busy", async () => {
  let failed: unknown;
  const call = await active(sendsAway, (call) =>
    call.on("transfer_request", async ({ accept }) => {
      failed = await accept();
    }),
  );
  await expect.poll(() => failed).toEqual({ status: "failed", sipStatus: 486 });
  expect(call.state).toBe("active");
  await call.end();
});

it("lets itself be transferred, blindly", async () => {
  const call = await active(desk);
  const progress: string[] = [];
  call.on("transfer", ({ progress: { status } }) => void progress.push(status));
  call.refer(boss);
  await expect.poll(() => progress.at(-1)).toBe("completed");
  await call.end();
  await call.ended;
  // The two of them talk without us.
  expect(loopback.openCalls).toBe(2);
});

it("lets itself be transferred into the call that we discussed it in, which then ends for us", async () => {
  const call = await active(desk);
  const consultation = await active(talks);
  const progress: string[] = [];
  call.on("transfer", ({ progress: { status } }) => void progress.push(status));
  call.refer(talks, consultation);
  expect(await consultation.ended).toMatchObject({ endReason: "USER_HUNG_UP_IN_CALL" });
  await expect.poll(() => progress.at(-1)).toBe("completed");
  await call.end();
  await call.ended;
  expect(loopback.openCalls).toBe(2);
  const { audibleMs } = loopback.heard(desk);
  await expect.poll(() => loopback.heard(desk).audibleMs).toBeGreaterThan(audibleMs + 200);
});

it("does not let itself be sent out into the world", async () => {
  const call = await active(desk);
  const refused = new Promise<unknown>(
    (resolve) => void call.on("transfer", ({ progress }) => resolve(progress)),
  );
  call.refer("sip:+12025550101@192.0.2.1");
  expect(await refused).toEqual({ status: "failed", sipStatus: 403 });
  await call.end();
});
