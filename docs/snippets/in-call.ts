import { createCalls, defineAgent } from "@offhook/agent";
import { createSipCarrier } from "@offhook/session";
import { simulateCarrier } from "@offhook/session/testing";

// #region accept transfer
export const goesWhereItIsSent = defineAgent({
  name: "goes-where-it-is-sent",
  setup({ session }) {
    session.on("transfer_request", async ({ target, accept, refuse }) => {
      if (!/^sip:\+1202555\d{4}@/.test(target)) return refuse(403);
      const { status } = await accept();
      console.log(`the transfer is ${status}`);
    });
    session.on("far_side_changed", ({ how }) => console.log(`somebody else is there: ${how}`));
  },
  async onAnswer({ session, signal }) {
    await session.play("question.wav", { signal });
  },
});
// #endregion

// #region simulated transfer
const carrier = simulateCarrier({
  "+12025550100": (callee) => callee.answer().refer({ to: "+12025550101" }).stayOn(),
  "+12025550101": (callee) => callee.ring({ durationMs: 2_000 }).answer().hangUp(),
});
const call = createCalls({ carrier, agent: goesWhereItIsSent }).dial({ to: "+12025550100" });
const { endReason, farSideChanges } = await carrier.clock.runUntil(call.ended);
console.log(endReason, farSideChanges); // USER_HUNG_UP_IN_CALL [ { atMs: 2000, how: 'transfer' } ]
// #endregion

// #region text
export const readsTexts = defineAgent({
  name: "reads-texts",
  setup({ session }) {
    session.on("text", ({ contentType, body }) => {
      if (contentType.startsWith("application/json")) session.data.set("screen", JSON.parse(body));
    });
  },
});
// #endregion

// #region hold
export const putsOnHold = defineAgent({
  name: "puts-on-hold",
  async onAnswer({ session, signal }) {
    await session.hold(true, { music: "waiting.wav" });
    const answer = await lookUp(session.callId, signal);
    await session.hold(false);
    await session.play(answer, { signal });
  },
});
// #endregion

async function lookUp(callId: string, _signal: AbortSignal): Promise<string> {
  return `${callId}.wav`;
}

// #region caller id
export const asserted = createSipCarrier({
  trunk: { uri: "sip:trunk.example.com", username: "acme", from: "+12025550142" },
});
const callsAsAcme = createCalls({ carrier: asserted, agent: putsOnHold });
callsAsAcme.dial({
  to: "+12025550100",
  from: "+12025550143",
  headers: {
    "P-Asserted-Identity": "<sip:+12025550143@trunk.example.com>",
    Privacy: "none",
    "X-Campaign": "spring",
  },
});
// #endregion

// #region failover
export const twoServers = createSipCarrier({
  trunk: {
    // No port: its SRV records say which servers, and in which order.
    uri: "sip:trunk.example.com",
    failoverMs: 2_000,
    healthCheckMs: 30_000,
  },
});
twoServers.health?.onChange(({ status, detail }) => console.log(`the trunk is ${status}`, detail));
// #endregion

// #region overload
export const bounded = createSipCarrier({
  listen: ["udp:0.0.0.0:5060"],
  inbound: { maxCalls: 200, maxCallsPerSecond: 20 },
});
const atMost100 = createCalls({ carrier: bounded, agent: putsOnHold, maxSessions: 100 });
atMost100.receive();
process.once("SIGTERM", () => void atMost100.drain());
// #endregion
