import { availableParallelism } from "node:os";
import { createMediaPlane, isOffhookError } from "@offhook/session";
import { beside, type EmitRow, figure } from "../row.js";
import { writeMediaPictures } from "./media-pictures.js";
import { leaveAlone, listen, listenDetectAndSpeak, talkToAPerson } from "./media-uses.js";
import {
  connect,
  type Load,
  loadPlane,
  type Measured,
  openPort,
  sleep,
  WARM_UP_MS,
} from "./plane-load.js";
import { mouthToEarMs, secureCostRatio } from "./plane-pair.js";
import { loadRelay, type Relayed } from "./relay-load.js";
import { LoadGenerator } from "./rtp-load.js";

/** As few as two cores can carry with everything on, and the load besides. */
const STREAMS = 300;
/** What is done once a tick weighs little with so many; bare, as in a relay, there is room for them. */
const MANY_STREAMS = 800;
const SECONDS = 6;
/**
 * Everything is measured so often, in turns. The least CPU time counts, and the steadiest sending:
 * the rest is what else the machine does.
 */
const ROUNDS = 2;
const LADDER = [200, 400, 600, 800, 1_000, 1_250, 1_500];
const LADDER_SECONDS = 4;
const ENOUGH = 0.995;
const HOPELESS = 0.5;
const STEADY_MS = 5;

const LOADS = {
  bare: { streams: MANY_STREAMS, direction: "sendonly", use: leaveAlone },
  audio: { streams: STREAMS, use: listen },
  everything: { streams: STREAMS, use: listenDetectAndSpeak },
  person: { streams: STREAMS, use: talkToAPerson },
  ownPorts: { streams: STREAMS, use: listen, plane: { sharePorts: "never" } },
  nodeSockets: { streams: STREAMS, use: listen, plane: { sockets: "node" } },
  // As many for each as one worker has: what a thread does once a tick weighs the same then.
  twoWorkers: { streams: 2 * STREAMS, use: listen, plane: { workers: 2 } },
} satisfies Record<string, Omit<Load, "seconds">>;

type Loads = Record<keyof typeof LOADS, Measured>;

/** A relay with `STREAMS`, and with `MANY_STREAMS`. */
interface Theirs {
  readonly few: Relayed;
  readonly many: Relayed;
}

/**
 * What a call's audio costs and how steadily it is sent. Streams per core are the streams of the run
 * divided by the CPU time it took, so that a busy machine does not change the result much.
 */
export async function mediaBench(
  emit: EmitRow,
  options: { readonly picture?: string | undefined } = {},
): Promise<void> {
  const generator = new LoadGenerator();
  const missing = generator.compile();
  try {
    if (missing !== undefined) {
      console.error(`media: ${missing}; the load generator cannot be built, so these are left out`);
      return;
    }
    await blockRows(emit, generator);
    const { ours, steadiest, theirs } = await measureAll(generator);
    costRows(emit, ours, theirs);
    deliveryRows(emit, steadiest);
    emit(figure("media.added_mouth_to_ear", await mouthToEarMs(), "ms (p50)", { atMost: 40 }));
    emit(figure("media.srtp_cost", await secureCostRatio(), "× plain CPU"));
    const ladder = await climb(generator);
    emit(figure(`media.most_streams (${DELIVERED})`, mostOf(ladder), "streams at once"));
    if (options.picture === undefined) return;
    const drawn = await writeMediaPictures(options.picture, { ours: steadiest, ladder });
    for (const file of drawn) console.error(`drawn: ${file}`);
  } finally {
    generator.remove();
  }
}

const DELIVERED = "≥ 99.5 % both ways, p99 send jitter ≤ 5 ms";

async function measureAll(
  generator: LoadGenerator,
): Promise<{ ours: Loads; steadiest: Measured; theirs: Theirs | undefined }> {
  const ours: Partial<Loads> = {};
  const withAudio: Measured[] = [];
  let theirs: Theirs | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of Object.keys(LOADS) as (keyof Loads)[]) {
      const load = { ...LOADS[name], seconds: SECONDS };
      const run = await loadPlane(generator, load);
      if (name === "audio") withAudio.push(run);
      ours[name] = cheaper(ours[name], run);
    }
    const few = await loadRelay(generator, STREAMS, SECONDS);
    const many = await loadRelay(generator, MANY_STREAMS, SECONDS);
    theirs = few && many && { few: cheaper(theirs?.few, few), many: cheaper(theirs?.many, many) };
  }
  return { ours: ours as Loads, steadiest: withAudio.reduce(steadier), theirs };
}

function cheaper<Run extends { readonly cores: number }>(before: Run | undefined, now: Run): Run {
  return before && before.cores <= now.cores ? before : now;
}

function costRows(emit: EmitRow, ours: Loads, theirs: Theirs | undefined): void {
  const perCore = (run: Measured) => run.streams / run.cores;
  const names = {
    bare: "bare: what comes in is not decoded",
    audio: "G.711, jitter buffer, frames to the agent",
    everything: "everything on: all detectors, the agent speaks",
    person: "everything on, once the verdict is final",
  };
  const goals = { bare: 1_500, audio: undefined, everything: 1_000, person: undefined };
  for (const name of ["bare", "audio", "everything", "person"] as const) {
    const metric = `media.streams_per_core (${names[name]})`;
    const goal = goals[name];
    emit(
      figure(
        metric,
        perCore(ours[name]),
        "streams",
        goal === undefined ? undefined : { atLeast: goal },
      ),
    );
  }
  if (theirs) {
    const against = (name: "bare" | "audio", { cores }: Relayed) => {
      const value = ours[name].streams / cores;
      const peer = { name: "rtpengine (relay, user space)", value };
      const metric = `media.against_a_relay (${names[name]})`;
      return [metric, perCore(ours[name]), "streams", peer] as const;
    };
    emit(beside(...against("bare", theirs.many), { atLeast: 0.9 }));
    emit(beside(...against("audio", theirs.few)));
  }
  const plain = { name: "Node's own sockets", value: perCore(ours.nodeSockets) };
  emit(beside("media.batched_sockets", perCore(ours.audio), "streams per core", plain));
  const own = { name: "a port for every call", value: perCore(ours.ownPorts) };
  emit(beside("media.shared_ports", perCore(ours.audio), "streams per core", own));
  // A thread is full when it needs a core for itself.
  const full = (run: Measured) => run.streams / run.busiestThreadCores;
  const cores = availableParallelism();
  emit(
    beside(
      `media.two_workers (streams until a thread is full; ${cores} cores, shared with the load)`,
      full(ours.twoWorkers),
      "streams",
      { name: "one worker", value: full(ours.audio) },
      { atLeast: 1.8 },
    ),
  );
}

function deliveryRows(emit: EmitRow, run: Measured): void {
  emit(figure("media.read", run.readShare, "of packets", { atLeast: ENOUGH }));
  emit(figure("media.sent", run.received / run.expected, "of packets", { atLeast: ENOUGH }));
  emit(figure("media.send_jitter_p50", run.p50JitterMs, "ms"));
  emit(figure("media.send_jitter_p99", run.p99JitterMs, "ms", { atMost: STEADY_MS }));
}

/**
 * More and more streams, until nearly all is lost or the plane takes no more. A load that was too
 * much is tried again: it may have been the machine.
 */
async function climb(generator: LoadGenerator): Promise<Measured[]> {
  const steps: Measured[] = [];
  for (const streams of LADDER) {
    const load = { ...LOADS.audio, streams, seconds: LADDER_SECONDS };
    try {
      const first = await loadPlane(generator, load);
      steps.push(isDelivered(first) ? first : steadier(first, await loadPlane(generator, load)));
    } catch (error) {
      if (!isOffhookError(error) || error.code !== "MEDIA_OVERLOADED") throw error;
      console.error(`media: ${streams} streams were too many: ${error.message}`);
      break;
    }
    if (shareOf(steps.at(-1)) < HOPELESS) break;
  }
  return steps;
}

function steadier(one: Measured, other: Measured): Measured {
  const bothArrived = Math.min(shareOf(one), shareOf(other)) >= ENOUGH;
  if (bothArrived) return one.p99JitterMs <= other.p99JitterMs ? one : other;
  return shareOf(one) >= shareOf(other) ? one : other;
}

function mostOf(ladder: readonly Measured[]): number {
  return Math.max(0, ...ladder.filter(isDelivered).map(({ streams }) => streams));
}

function isDelivered(run: Measured): boolean {
  return shareOf(run) >= ENOUGH && run.p99JitterMs <= STEADY_MS;
}

/** Of the packets either way, whichever is less. */
function shareOf(run: Measured | undefined): number {
  return run ? Math.min(run.readShare, run.received / run.expected) : 0;
}

/** A hook that blocks the main thread for two seconds must not be heard. */
async function blockRows(emit: EmitRow, generator: LoadGenerator): Promise<void> {
  const plane = createMediaPlane();
  const run = await generator.start(1, 5);
  try {
    const port = openPort(plane);
    let frames = 0;
    port.onFrame(() => {
      frames += 1;
    });
    const { port: localPort } = await port.local;
    connect(port, run.ports[0] ?? 0);
    run.target(localPort);
    const running = run.result();
    await sleep(WARM_UP_MS);
    const untilMs = performance.now() + 2_000;
    while (performance.now() < untilMs);
    const result = await running;
    await sleep(1_100);
    const { packetsReceived } = port.stats();
    emit(figure("media.gap_while_blocked_2s", result.maxGapMs, "ms (longest)", { atMost: 40 }));
    const heard = Math.min(packetsReceived / result.sent, frames / result.sent, 1);
    emit(figure("media.heard_while_blocked_2s", heard, "of frames", { atLeast: 1 }));
  } finally {
    run.abort();
    await plane.close();
  }
}
