import { createMediaPlane } from "@offhook/session";
import { beside, type EmitRow, figure } from "../row.js";
import { connect, loadPlane, type Measured, openPort, sleep, WARM_UP_MS } from "./plane-load.js";
import { mouthToEarMs, secureCostRatio } from "./plane-pair.js";
import { LoadGenerator, type LoadResult } from "./rtp-load.js";
import { Rtpengine } from "./rtpengine.js";

const STREAMS = 300;
const SECONDS = 8;
const CONTROL_PORT = 42_223;

/**
 * What a call's audio costs and how steadily it is sent. Each of our streams is decoded, buffered,
 * handed to the main thread, and has packets coded for it; rtpengine relays. Streams per core are the streams of the
 * run divided by the CPU time it took, so that a busy machine does not change the result much.
 */
export async function mediaBench(emit: EmitRow): Promise<void> {
  const generator = new LoadGenerator();
  const missing = generator.compile();
  if (missing !== undefined) {
    console.error(`media: ${missing}; the load generator cannot be built, so these are left out`);
    generator.remove();
    return;
  }
  try {
    await blockRows(emit, generator);
    const ours = await loadPlane(generator, STREAMS, SECONDS);
    const theirs = await relayWithRtpengine(generator);
    loadRows(emit, ours, theirs);
    emit(figure("media.added_mouth_to_ear", await mouthToEarMs(), "ms (p50)", { atMost: 40 }));
    emit(figure("media.srtp_cost", await secureCostRatio(), "× plain CPU"));
  } finally {
    generator.remove();
  }
}

function loadRows(
  emit: EmitRow,
  ours: Measured,
  theirs: (LoadResult & { cores: number }) | undefined,
): void {
  const perCore = STREAMS / ours.cores;
  const name = "media.streams_per_core (G.711, jitter buffer, frames to the agent)";
  if (theirs) {
    const peer = { name: "rtpengine (relay, user space)", value: STREAMS / theirs.cores };
    emit(beside(name, perCore, "streams", peer, { atLeast: 0.9 }));
    const peerJitter = { name: "rtpengine", value: theirs.p99JitterMs };
    emit(beside("media.send_jitter_p99", ours.p99JitterMs, "ms", peerJitter));
  } else {
    emit(figure(name, perCore, "streams", { atLeast: 1_000 }));
    emit(figure("media.send_jitter_p99", ours.p99JitterMs, "ms", { atMost: 5 }));
  }
  emit(figure("media.send_jitter_p50", ours.p50JitterMs, "ms"));
  const wanted = ours.sent;
  emit(figure("media.heard", Math.min(1, ours.heardRate), "of frames", { atLeast: 0.995 }));
  emit(figure("media.sent", Math.min(1, ours.received / wanted), "of packets", { atLeast: 0.995 }));
}

/** The generator plays both ends of each relayed call: two streams a call. */
async function relayWithRtpengine(
  generator: LoadGenerator,
): Promise<(LoadResult & { cores: number }) | undefined> {
  let engine: Rtpengine;
  try {
    engine = await Rtpengine.start(CONTROL_PORT);
  } catch (error) {
    console.error(`media: measured without rtpengine: ${(error as Error).message}`);
    return undefined;
  }
  try {
    const run = await generator.start(STREAMS, SECONDS);
    const targets: number[] = [];
    for (let at = 0; at < STREAMS; at += 2) {
      const pair = await engine.relay(at, run.ports[at] ?? 0, run.ports[at + 1] ?? 0);
      targets.push(...pair);
    }
    const running = run.run(targets);
    await sleep(WARM_UP_MS);
    const [cpuBefore, startMs] = [engine.cpuSeconds(), performance.now()];
    const result = await running;
    const cores = (1000 * (engine.cpuSeconds() - cpuBefore)) / (performance.now() - startMs);
    return { ...result, cores };
  } finally {
    engine.stop();
  }
}

/** A hook that blocks the main thread for two seconds must not be heard. */
async function blockRows(emit: EmitRow, generator: LoadGenerator): Promise<void> {
  const plane = createMediaPlane();
  try {
    const run = await generator.start(1, 5);
    const port = openPort(plane, 0);
    let frames = 0;
    port.onFrame(() => {
      frames += 1;
    });
    const { port: localPort } = await port.local;
    connect(port, run.ports[0] ?? 0);
    const running = run.run([localPort]);
    await sleep(WARM_UP_MS);
    const untilMs = performance.now() + 2_000;
    while (performance.now() < untilMs);
    const result = await running;
    emit(figure("media.gap_while_blocked_2s", result.maxGapMs, "ms (longest)", { atMost: 40 }));
    const heard = Math.min(1, frames / result.sent);
    emit(figure("media.heard_while_blocked_2s", heard, "of frames", { atLeast: 0.995 }));
  } finally {
    await plane.close();
  }
}
