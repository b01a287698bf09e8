import { AgentRunner, defineAgent } from "@offhook/agent";
import { createSipCarrier, seededRandom } from "@offhook/session";
import { type EmitRow, figure } from "../row.js";
import { silentMediaPlane } from "../silent-media-plane.js";
import { startSippServer } from "./child.js";
import { loop } from "./client-load.js";
import { LossyRelay } from "./lossy-relay.js";

const CALLS = 200;
/** All at once would overflow the sockets' buffers, which loses more than was meant to be lost. */
const CONCURRENCY = 25;
const SEED = 3261;

interface Completed {
  readonly count: number;
  /** sipp's server does not answer again once both its responses were lost: nobody could help those. */
  readonly unheard: number;
}

/** 200 calls each over a network that loses 5 % and 15 % both ways, all at the same time. */
export async function lossBench(emit: EmitRow): Promise<void> {
  const cases = [
    { peer: "offhook", loss: 0.05, atLeast: 0.99 * CALLS },
    { peer: "offhook", loss: 0.15, atLeast: 0.99 * CALLS },
    { peer: "sipp", loss: 0.05, atLeast: 0.97 * CALLS },
    { peer: "sipp", loss: 0.15, atLeast: 0.97 * CALLS },
  ] as const;
  const completed = await Promise.all(
    cases.map(({ peer, loss }) => (peer === "sipp" ? toSipp(loss) : toOffhook(loss))),
  );
  cases.forEach(({ peer, loss, atLeast }, index) => {
    const network = `with ${loss * 100} % loss each way, to ${peer}`;
    const { count, unheard } = completed[index] ?? { count: 0, unheard: 0 };
    emit(figure(`calls completed ${network}`, count, `of ${CALLS}`, { atLeast }));
    emit(figure(`calls without any response ${network}`, unheard, `of ${CALLS}`));
  });
}

/** A call counts when our end hung up after its answer, and the other end heard of it. */
async function toOffhook(loss: number): Promise<Completed> {
  const carrier = createSipCarrier({ listen: ["udp:127.0.0.1:0"], mediaPlane: silentMediaPlane() });
  const { addresses } = await carrier.ready();
  const runner = new AgentRunner({ carrier, agent });
  let hungUpOn = 0;
  runner.on("call_end", ({ session }) => {
    if (session.outcome?.endedBy === "user") hungUpOn += 1;
  });
  runner.receive();
  try {
    const completed = await callThrough(loss, addresses[0]?.port ?? 0);
    // The last BYE may still be on its way again.
    for (let waits = 0; waits < 100 && hungUpOn < completed.count; waits += 1) await pause(100);
    return { ...completed, count: Math.min(completed.count, hungUpOn) };
  } finally {
    await runner.close();
    await carrier.close();
  }
}

async function toSipp(loss: number): Promise<Completed> {
  const sipp = await startSippServer();
  try {
    return await callThrough(loss, sipp.port);
  } finally {
    sipp.stop();
  }
}

async function callThrough(loss: number, port: number): Promise<Completed> {
  const target = { host: "127.0.0.1", port };
  const relay = new LossyRelay({ target, loss, random: seededRandom(SEED) });
  const trunk = { uri: `sip:127.0.0.1:${await relay.open()}` };
  const carrier = createSipCarrier({ trunk, mediaPlane: silentMediaPlane() });
  await carrier.ready();
  const runner = new AgentRunner({
    carrier,
    agent: { ...agent, onAnswer: ({ session }) => session.end() },
    // What did not come through by then will not.
    limits: { ringMs: 15_000, cancelMs: 8_000 },
  });
  let unheard = 0;
  try {
    const failed = await loop(CALLS, CONCURRENCY, async () => {
      const { call } = runner.place({ to: "+12025550100" });
      const { endReason, provisional, sip } = await call.ended;
      if (provisional.length === 0 && sip?.status === undefined) unheard += 1;
      return endReason === "AGENT_HUNG_UP";
    });
    // A BYE that was lost is sent again.
    await pause(4_000);
    return { count: CALLS - failed, unheard };
  } finally {
    await runner.close();
    await carrier.close();
    relay.close();
  }
}

const agent = defineAgent({ name: "bench", detectors: [] });

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
