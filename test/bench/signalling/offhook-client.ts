// offhook's side of the signalling benchmark: whole calls, from the INVITE to a decided outcome.
import { AgentRunner, defineAgent } from "@offhook/agent";
import { createSipCarrier } from "@offhook/session";
import { silentMediaPlane } from "../silent-media-plane.js";
import { argumentOf, closedLoop, type Load, report } from "./client-load.js";

const load = argumentOf<Load>();
const { host, port } = load.target;
const carrier = createSipCarrier({
  trunk: { uri: `sip:${host}:${port}` },
  mediaPlane: silentMediaPlane(),
});
await carrier.ready();
const runner = new AgentRunner({
  carrier,
  agent: defineAgent({ name: "bench", detectors: [], onAnswer: ({ session }) => session.end() }),
});
const result = await closedLoop(load, async () => {
  const { call } = runner.place({ to: `sip:bench@${host}:${port}` });
  return (await call.ended).endReason === "AGENT_HUNG_UP";
});
report(result);
await runner.close();
await carrier.close();
