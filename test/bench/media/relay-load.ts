import { sleep, WARM_UP_MS } from "./plane-load.js";
import type { LoadGenerator, LoadResult } from "./rtp-load.js";
import { Rtpengine } from "./rtpengine.js";

const CONTROL_PORT = 42_223;

export interface Relayed extends LoadResult {
  readonly cores: number;
}

/**
 * The same streams relayed by rtpengine. The generator plays both ends of each call, two streams a
 * call, so that a stream is one packet in and one out, as with us. Undefined without rtpengine.
 */
export async function loadRelay(
  generator: LoadGenerator,
  streams: number,
  seconds: number,
): Promise<Relayed | undefined> {
  let engine: Rtpengine;
  try {
    engine = await Rtpengine.start(CONTROL_PORT);
  } catch (error) {
    console.error(`media: measured without rtpengine: ${(error as Error).message}`);
    return undefined;
  }
  try {
    const run = await generator.start(streams, seconds);
    const targets: number[] = [];
    for (let at = 0; at + 1 < streams; at += 2) {
      targets.push(...(await engine.relay(at, run.ports[at] ?? 0, run.ports[at + 1] ?? 0)));
    }
    for (const target of targets) run.target(target);
    const running = run.result();
    await sleep(WARM_UP_MS);
    const [cpuBefore, startMs] = [engine.cpuSeconds(), performance.now()];
    const result = await running;
    const cores = (1000 * (engine.cpuSeconds() - cpuBefore)) / (performance.now() - startMs);
    return { ...result, cores };
  } finally {
    engine.stop();
  }
}
