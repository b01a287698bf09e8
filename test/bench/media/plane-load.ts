import { readdirSync, readFileSync } from "node:fs";
import {
  createMediaPlane,
  type MediaPlane,
  type MediaPlaneOptions,
  type MediaPort,
} from "@offhook/session";
import type { LoadGenerator, LoadResult, LoadRun } from "./rtp-load.js";

const PCMU = { name: "PCMU", payloadType: 0, clockRate: 8_000 };

/** CPU time is counted from here on: compiling the hot paths is not what a stream costs. */
export const WARM_UP_MS = 2_500;
/** A peer that is not heard by then will not be. */
const HEARD_WITHIN_MS = 1_000;
const CLOCK_TICKS_PER_SECOND = 100;

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export interface Load {
  readonly streams: number;
  readonly seconds: number;
  readonly plane?: MediaPlaneOptions;
  /** `sendonly` leaves unread what comes in. */
  readonly direction?: "sendrecv" | "sendonly";
  /** Takes a port into use; returns what ends that. */
  readonly use: (port: MediaPort, index: number) => () => void;
}

export interface Measured extends LoadResult {
  readonly streams: number;
  /** CPU time used, in cores: by the whole process, and by its busiest thread. */
  readonly cores: number;
  readonly busiestThreadCores: number;
  /** Packets that were read, of all that were sent to us. */
  readonly readShare: number;
}

/**
 * One plane under load. Its ports are opened one after the other, as calls come in that say where
 * their media will come from: each is heard before the next one is opened.
 */
export async function loadPlane(generator: LoadGenerator, load: Load): Promise<Measured> {
  const { streams, seconds } = load;
  const plane = createMediaPlane(load.plane);
  const run = await generator.start(streams, seconds);
  const ports: MediaPort[] = [];
  const endings: (() => void)[] = [];
  try {
    for (const [index, peerPort] of run.ports.entries()) {
      const port = await openHeard(plane, run, peerPort, load.direction);
      ports.push(port);
      endings.push(load.use(port, index));
    }
    const running = run.result();
    await sleep(WARM_UP_MS);
    const [before, threadsBefore] = [process.cpuUsage(), threadSeconds()];
    const startMs = performance.now();
    const result = await running;
    const seconds = (performance.now() - startMs) / 1000;
    const { user, system } = process.cpuUsage(before);
    const threads = [...threadSeconds()].map(([id, cpu]) => cpu - (threadsBefore.get(id) ?? 0));
    // Reports of what was read come once a second.
    await sleep(1_100);
    const read = ports.reduce((sum, port) => sum + arrivedAt(port), 0);
    return {
      ...result,
      streams,
      cores: (user + system) / 1e6 / seconds,
      busiestThreadCores: Math.max(...threads) / seconds,
      readShare: Math.min(1, read / result.sent),
    };
  } finally {
    for (const end of endings) end();
    run.abort();
    await plane.close();
  }
}

/** What a leg that does not listen gets counts as dropped. */
function arrivedAt(port: MediaPort): number {
  const { packetsReceived, packetsDropped } = port.stats();
  return packetsReceived + packetsDropped;
}

async function openHeard(
  plane: MediaPlane,
  run: LoadRun,
  peerPort: number,
  direction?: Load["direction"],
): Promise<MediaPort> {
  let onAudio = () => {};
  const heard = new Promise<void>((resolve) => {
    onAudio = resolve;
  });
  const port = openPort(plane, { peerPort, onAudio });
  const { port: localPort } = await port.local;
  // Only a leg that listens finds its source, and only then its port takes in another.
  connect(port, peerPort);
  run.target(localPort);
  await Promise.race([heard, sleep(HEARD_WITHIN_MS)]);
  if (direction !== undefined) connect(port, peerPort, { direction });
  return port;
}

export function openPort(
  plane: MediaPlane,
  options: { readonly peerPort?: number; readonly onAudio?: () => void } = {},
): MediaPort {
  const { peerPort, onAudio } = options;
  return plane.open({
    callId: "bench",
    localAddress: "127.0.0.1",
    sampleRate: 8_000,
    rtpLostMs: 60_000,
    remote: peerPort === undefined ? undefined : { address: "127.0.0.1", port: peerPort },
    onSignal: (signal) => {
      if (signal.type === "audio_started") onAudio?.();
    },
  });
}

type Agreed = Parameters<MediaPort["connect"]>[0];

export function connect(port: MediaPort, remotePort: number, rest: Partial<Agreed> = {}): void {
  port.connect({
    remote: { address: "127.0.0.1", port: remotePort },
    direction: "sendrecv",
    send: PCMU,
    receive: [PCMU],
    sendTelephoneEvent: { name: "TELEPHONE-EVENT", payloadType: 101, clockRate: 8_000 },
    packetMs: 20,
    ...rest,
  });
}

/** CPU time of each thread of this process; none where there is no /proc. */
function threadSeconds(): Map<string, number> {
  try {
    return new Map(
      readdirSync("/proc/self/task").map((id) => [id, cpuSecondsOf(`/proc/self/task/${id}/stat`)]),
    );
  } catch {
    return new Map();
  }
}

/** User and system time in a Linux `stat` file of a process or a thread. */
export function cpuSecondsOf(statFile: string): number {
  const stat = readFileSync(statFile, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND;
}
