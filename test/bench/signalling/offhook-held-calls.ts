// What an established call costs in memory: places calls that stay up, and looks at the heap.
import { AgentRunner, defineAgent } from "@offhook/agent";
import { createSipCarrier } from "@offhook/session";
import { silentMediaPlane } from "../silent-media-plane.js";
import { argumentOf, heapInUse, type Load, loop, report } from "./client-load.js";

export interface HeldCalls {
  readonly calls: number;
  readonly bytesPerCall: number;
  /** What is kept of a call for the 64·T1 in which the peer may still repeat itself. */
  readonly bytesPerEndedCall: number;
}

const { target, calls, concurrency } = argumentOf<Load>();
const carrier = createSipCarrier({
  trunk: { uri: `sip:${target.host}:${target.port}` },
  mediaPlane: silentMediaPlane(),
});
await carrier.ready();
const runner = new AgentRunner({
  carrier,
  maxSessions: 2 * calls,
  agent: defineAgent({ name: "bench", detectors: [] }),
});

function establishOne(): Promise<boolean> {
  const { call } = runner.place({ to: `sip:bench@${target.host}:${target.port}` });
  return new Promise((resolve) => {
    call.once("active", () => resolve(true));
    call.once("call_end", () => resolve(false));
  });
}

// The first ones also pay for the code.
await loop(calls / 2, concurrency, establishOne);
const before = heapInUse();
const failed = await loop(calls, concurrency, establishOne);
const held = calls - failed;
const bytesPerCall = (heapInUse() - before) / held;

const beforeEnded = heapInUse();
const failedToEnd = await loop(calls, concurrency, async () => {
  const { call } = runner.place({ to: `sip:bench@${target.host}:${target.port}` });
  call.once("active", () => void call.end());
  return (await call.ended).endReason === "AGENT_HUNG_UP";
});
const bytesPerEndedCall = (heapInUse() - beforeEnded) / (calls - failedToEnd);
const result: HeldCalls = { calls: held, bytesPerCall, bytesPerEndedCall };
report(result);
process.exit(0);
