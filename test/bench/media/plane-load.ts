import { createMediaPlane, type MediaPlaneOptions, type MediaPort } from "@offhook/session";
import type { LoadGenerator, LoadResult } from "./rtp-load.js";

export const PCMU = { name: "PCMU", payloadType: 0, clockRate: 8_000 };

/** CPU time is counted from here on: compiling the hot paths is not what a stream costs. */
export const WARM_UP_MS = 2_000;

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export interface Measured extends LoadResult {
  /** CPU time used, in cores. */
  readonly cores: number;
  /** Frames that reached the agent's side, of all that were sent. */
  readonly heardRate: number;
}

/** One plane under load: every stream decoded, buffered and heard, and something sent on each. */
export async function loadPlane(
  generator: LoadGenerator,
  streams: number,
  seconds: number,
  options: MediaPlaneOptions = {},
): Promise<Measured> {
  const plane = createMediaPlane(options);
  const run = await generator.start(streams, seconds);
  let frames = 0;
  const ports: MediaPort[] = [];
  try {
    const targets: number[] = [];
    for (const peerPort of run.ports) {
      const port = openPort(plane, peerPort);
      port.onFrame(() => {
        frames += 1;
      });
      ports.push(port);
      targets.push((await port.local).port);
    }
    for (const [index, port] of ports.entries()) connect(port, run.ports[index] ?? 0);
    const running = run.run(targets);
    await sleep(WARM_UP_MS);
    const before = process.cpuUsage();
    const startMs = performance.now();
    const result = await running;
    const { user, system } = process.cpuUsage(before);
    const cores = (user + system) / 1000 / (performance.now() - startMs);
    return { ...result, cores, heardRate: frames / result.sent };
  } finally {
    await plane.close();
  }
}

export function openPort(plane: ReturnType<typeof createMediaPlane>, index: number): MediaPort {
  return plane.open({
    callId: `bench-${index}`,
    localAddress: "127.0.0.1",
    sampleRate: 8_000,
    rtpLostMs: 60_000,
    onSignal: () => {},
  });
}

export function connect(
  port: MediaPort,
  remotePort: number,
  srtp?: Parameters<MediaPort["connect"]>[0]["srtp"],
): void {
  port.connect({
    remote: { address: "127.0.0.1", port: remotePort },
    direction: "sendrecv",
    send: PCMU,
    receive: [PCMU],
    sendTelephoneEvent: { name: "TELEPHONE-EVENT", payloadType: 101, clockRate: 8_000 },
    packetMs: 20,
    ...(srtp ? { srtp } : {}),
  });
}
