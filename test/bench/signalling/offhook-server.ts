// offhook as a server: answers every call, until the caller hangs up and its outcome is decided.
import { AgentRunner, defineAgent } from "@offhook/agent";
import { createSipCarrier } from "@offhook/session";
import { silentMediaPlane } from "../silent-media-plane.js";
import { serve } from "./server-load.js";

const carrier = createSipCarrier({ listen: ["udp:127.0.0.1:0"], mediaPlane: silentMediaPlane() });
const { addresses } = await carrier.ready();
const runner = new AgentRunner({ carrier, agent: defineAgent({ name: "bench", detectors: [] }) });
let completed = 0;
runner.on("call_end", (_context, finalState) => {
  if (finalState === "ended") completed += 1;
});
runner.receive();
await serve(addresses[0]?.port ?? 0, () => completed);
await runner.close();
await carrier.close();
