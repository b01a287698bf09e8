// A steady rate of calls for some time; tells the heap as it goes, and how the calls ended.
import { AgentRunner, defineAgent } from "@offhook/agent";
import { createSipCarrier } from "@offhook/session";
import { silentMediaPlane } from "../silent-media-plane.js";
import { argumentOf, heapInUse, report } from "./client-load.js";

export interface Soak {
  readonly port: number;
  readonly seconds: number;
  readonly callsPerSecond: number;
}

export interface SoakResult {
  readonly calls: number;
  readonly failed: number;
  readonly callsPerSecond: number;
  /** Of the heap, from when as many calls are forgotten as are new until the end. */
  readonly growth: number | undefined;
}

/** What ended is remembered for 64·T1; only then as much goes as comes. */
const LEVEL_AFTER_MS = 40_000;
const TICK_MS = 10;

const { port, seconds, callsPerSecond } = argumentOf<Soak>();
const carrier = createSipCarrier({
  trunk: { uri: `sip:127.0.0.1:${port}` },
  mediaPlane: silentMediaPlane(),
});
await carrier.ready();
const runner = new AgentRunner({
  carrier,
  agent: defineAgent({ name: "bench", detectors: [], onAnswer: ({ session }) => session.end() }),
});
let calls = 0;
let failed = 0;
let levelBytes: number | undefined;
const startedMs = performance.now();
const elapsedMs = () => performance.now() - startedMs;
while (elapsedMs() < seconds * 1_000) {
  const due = Math.floor((elapsedMs() / 1_000) * callsPerSecond);
  for (; calls < due; calls += 1)
    void runner.place({ to: "+12025550100" }).call.ended.then((outcome) => {
      if (outcome.endReason !== "AGENT_HUNG_UP") failed += 1;
    });
  if (elapsedMs() > LEVEL_AFTER_MS) levelBytes ??= heapInUse();
  await new Promise((resolve) => setTimeout(resolve, TICK_MS));
}
const reached = calls / (elapsedMs() / 1_000);
const growth = levelBytes === undefined ? undefined : heapInUse() / levelBytes;
await runner.drain();
const result: SoakResult = { calls, failed, callsPerSecond: reached, growth };
report(result);
process.exit(0);
