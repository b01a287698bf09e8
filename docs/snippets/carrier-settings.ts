import { createCalls, defineAgent } from "@offhook/agent";
import { createMediaPlane, createSipCarrier } from "@offhook/session";

const agent = defineAgent({ name: "snippets" });

// #region full trunk
export const fullTrunk = createSipCarrier({
  trunk: {
    uri: "sip:trunk.example.com",
    profile: { instant480: "provider_unavailable" },
  },
});
// #endregion

// #region voicemail ring
export const slowForward = createSipCarrier({
  trunk: {
    uri: "sip:trunk.example.com",
    profile: { voicemailRing: { minMs: 15_000, maxMs: 40_000 } },
  },
});
// #endregion

// #region fail fast
export const failFast = createSipCarrier({
  trunk: {
    uri: "sip:trunk.example.com",
    profile: { limits: { noResponseMs: 5_000, progressMs: 8_000 } },
  },
});
// #endregion

// #region ring longer
const patient = createCalls({
  carrier: createSipCarrier({ trunk: { uri: "sip:trunk.example.com" } }),
  agent,
  limits: { ringMs: 45_000 },
});
// #endregion

// #region nat
export const behindNat = createSipCarrier({
  trunk: { uri: "sip:trunk.example.com" },
  localAddress: "203.0.113.5",
  mediaPlane: createMediaPlane({
    bindAddress: "0.0.0.0",
    ports: { min: 20_000, max: 20_998 },
  }),
});
// #endregion

// #region audio evidence
export const listensForTrouble = defineAgent({
  name: "listens-for-trouble",
  setup({ session }) {
    session.on("audio", ({ status, atMs }) => console.log(`audio ${status} at ${atMs} ms`));
    session.on("active", () => {
      session.on("call_end", () => console.log(session.metrics.media));
    });
  },
});

// #endregion

// #region tls
import { readFileSync } from "node:fs";

export const secure = createSipCarrier({
  trunk: { uri: "sips:trunk.example.com" },
  tls: {
    ca: readFileSync("carrier-ca.pem", "utf8"),
    serverName: "trunk.example.com",
  },
});
// #endregion

// #region srtp
export const encrypted = createSipCarrier({
  trunk: { uri: "sips:trunk.example.com" },
  srtp: "required",
});
// #endregion

// #region codecs
export const onlyAlaw = createSipCarrier({
  trunk: { uri: "sip:trunk.example.com" },
  mediaPlane: createMediaPlane({ codecs: ["PCMA"] }),
});
// #endregion

// #region register
const carrier = createSipCarrier({
  trunk: {
    uri: "sip:pbx.example.com",
    username: "1001",
    password: process.env["PBX_PASSWORD"] ?? "",
    register: { expiresSeconds: 120 },
  },
});
await carrier.registration?.registered();
console.log(carrier.registration?.state);

const calls = createCalls({ carrier, agent });
calls.receive((call) => {
  void call.ended.then((outcome) => console.log(outcome.endReason));
});
// #endregion

// #region inbound
export const receptionist = defineAgent({
  name: "receptionist",
  setup({ session, caller }) {
    if (caller?.asserted.length === 0) return session.reject(433);
    session.ring();
  },
  async onAnswer({ session, signal }) {
    await session.play("welcome.wav", { signal });
  },
});
// #endregion

const sales = receptionist;
const support = receptionist;

// #region routes
export const switchboard = createCalls({
  carrier,
  agent: receptionist,
  routes: [
    { to: "+12025550100", agent: sales },
    { to: /^\+1202555010[1-9]$/, agent: support },
  ],
});
switchboard.receive();

// #endregion

export { patient };
