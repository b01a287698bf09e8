import { beside, type EmitRow, figure } from "../row.js";
import { startScript, startSipp, startSippServer } from "./child.js";
import { type Load, type LoadResult, WARM_UP_CALLS } from "./client-load.js";
import { lossBench } from "./loss-bench.js";
import type { HeldCalls } from "./offhook-held-calls.js";
import { parserBench } from "./parser-bench.js";
import type { ServerReady, ServerResult } from "./server-load.js";
import { soakBench } from "./soak-bench.js";

export interface SignallingOptions {
  /** How long 300 calls a second are kept up. The goal is for 300. */
  readonly soakSeconds: number;
}

const CALLS = 8_000;
const CONCURRENCY = 20;
const ROUNDS = 2;
const HELD_CALLS = 2_000;
const LIMIT_MS = 60_000;

/**
 * Whole calls, INVITE, ACK and BYE, against sipp on loopback in a closed loop, with offhook and with
 * the npm package `sip`, turn about, each in a process of its own; then memory, loss and a soak.
 */
export async function signallingBench(emit: EmitRow, options: SignallingOptions): Promise<void> {
  await compare(emit, "client", measureClient);
  await compare(emit, "server", measureServer);
  await parserBench(emit);
  const { bytesPerCall, bytesPerEndedCall } = await heldCalls();
  emit(figure("heap per established call", bytesPerCall / 1_024, "KB", { atMost: 16 }));
  emit(figure("heap per call that has just ended", bytesPerEndedCall / 1_024, "KB"));
  await lossBench(emit);
  await soakBench(emit, options.soakSeconds);
}

/** The best of some rounds, beside the peer's best. */
async function compare(
  emit: EmitRow,
  role: "client" | "server",
  measure: (script: string) => Promise<LoadResult>,
): Promise<void> {
  const ours: LoadResult[] = [];
  const theirs: LoadResult[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    theirs.push(await measure(`npm-sip-${role}.js`));
    ours.push(await measure(`offhook-${role}.js`));
  }
  const peer = (value: number) => ({ name: "npm sip 0.0.6", value });
  const cpuMs = (results: readonly LoadResult[]) =>
    Math.min(...results.map((result) => result.cpuMs / result.calls));
  const perSecond = (results: readonly LoadResult[]) =>
    Math.max(...results.map((result) => (1_000 * result.calls) / result.wallMs));
  const failed = ours.reduce((sum, result) => sum + result.failed, 0);
  emit(
    beside(`${role} CPU per call`, cpuMs(ours), "ms", peer(cpuMs(theirs)), {
      atMost: 1,
    }),
  );
  emit(beside(`${role} calls per second`, perSecond(ours), "calls/s", peer(perSecond(theirs))));
  emit(figure(`${role} calls per second of CPU`, 1_000 / cpuMs(ours), "calls", { atLeast: 500 }));
  emit(figure(`${role} calls that failed`, failed, "calls", { atMost: 0 }));
}

/** One client against a fresh sipp. */
function measureClient(script: string): Promise<LoadResult> {
  return withClient<LoadResult>(script, CALLS);
}

function heldCalls(): Promise<HeldCalls> {
  return withClient<HeldCalls>("offhook-held-calls.js", HELD_CALLS);
}

async function withClient<Result>(script: string, calls: number): Promise<Result> {
  const sipp = await startSippServer();
  const load: Load = {
    target: { host: "127.0.0.1", port: sipp.port },
    calls,
    concurrency: CONCURRENCY,
  };
  const client = startScript(script, load);
  try {
    return await client.next<Result>(LIMIT_MS);
  } finally {
    client.stop();
    sipp.stop();
  }
}

/** One server, called by one sipp until it is warm and by another while it is measured. */
async function measureServer(script: string): Promise<LoadResult> {
  const server = startScript(script, {});
  try {
    const { port } = await server.next<ServerReady>(LIMIT_MS);
    await callFromSipp(port, WARM_UP_CALLS);
    server.tell("begin");
    await callFromSipp(port, CALLS);
    server.tell("end");
    const { calls, wallMs, cpuMs } = await server.next<ServerResult>(LIMIT_MS);
    return { calls, wallMs, cpuMs, failed: CALLS - calls };
  } finally {
    server.stop();
  }
}

async function callFromSipp(port: number, calls: number): Promise<void> {
  const sipp = await startSipp([
    "-sn",
    "uac",
    `127.0.0.1:${port}`,
    ...["-m", String(calls), "-l", String(CONCURRENCY), "-r", "5000", "-d", "0"],
  ]);
  try {
    await sipp.ended(LIMIT_MS);
  } finally {
    sipp.stop();
  }
}
