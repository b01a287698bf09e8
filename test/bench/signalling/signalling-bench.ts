import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { fileURLToPath } from "node:url";
import { beside, type EmitRow, figure } from "../row.js";
import type { Load, LoadResult } from "./client-load.js";

const CALLS = 4_000;
const CONCURRENCY = 20;
const ROUNDS = 3;

/**
 * Places calls against sipp on loopback in a closed loop, INVITE, ACK and BYE, with offhook and with
 * the npm package `sip`, turn about, each in a process of its own.
 */
export async function signallingBench(emit: EmitRow): Promise<void> {
  const ours: LoadResult[] = [];
  const theirs: LoadResult[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    theirs.push(await measure("npm-sip-client.js"));
    ours.push(await measure("offhook-client.js"));
  }
  const best = (results: readonly LoadResult[], of: (result: LoadResult) => number) =>
    Math.min(...results.map(of));
  const cpuPerCall = ({ cpuMs, calls }: LoadResult) => cpuMs / calls;
  const msPerCall = ({ wallMs, calls }: LoadResult) => wallMs / calls;
  const peer = (value: number) => ({ name: "npm sip 0.0.6", value });
  emit(
    beside(
      "client calls per second",
      1_000 / best(ours, msPerCall),
      "calls/s",
      peer(1_000 / best(theirs, msPerCall)),
    ),
  );
  emit(
    beside("client CPU per call", best(ours, cpuPerCall), "ms", peer(best(theirs, cpuPerCall)), {
      atMost: 1,
    }),
  );
  const failed = ours.reduce((sum, result) => sum + result.failed, 0);
  emit(figure("client calls that failed", failed, "calls", { atMost: 0 }));
}

/** One client against a fresh sipp. */
async function measure(script: string): Promise<LoadResult> {
  const port = await freeUdpPort();
  const media = await freeUdpPort();
  const sipp = spawn(
    "sipp",
    ["-sn", "uas", "-i", "127.0.0.1", "-p", String(port), "-mp", String(media), "-nostdin"],
    { stdio: "ignore" },
  );
  const gone = new Promise<never>((_resolve, reject) => {
    sipp.on("error", (cause) =>
      reject(new Error("sipp is not installed: apt-get install sip-tester", { cause })),
    );
  });
  try {
    const load: Load = {
      target: { host: "127.0.0.1", port },
      calls: CALLS,
      concurrency: CONCURRENCY,
    };
    return await Promise.race([runClient(script, load), gone]);
  } finally {
    sipp.kill("SIGKILL");
  }
}

function runClient(script: string, load: Load): Promise<LoadResult> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const client = spawn(process.execPath, [path, JSON.stringify(load)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  client.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
  });
  return new Promise((resolve, reject) => {
    client.on("error", reject);
    client.on("exit", (code) => {
      if (code === 0) resolve(JSON.parse(output) as LoadResult);
      else reject(new Error(`${script} exited with ${code}: ${output}`));
    });
  });
}

function freeUdpPort(): Promise<number> {
  const socket = createSocket("udp4");
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.bind(0, "127.0.0.1", () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}
