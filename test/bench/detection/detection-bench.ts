import { createPanel, type Detector, defaultDetectors } from "@offhook/detection";
import type { HeardFrame } from "@offhook/session";
import { type ClipName, loadClip, virtualClock } from "@offhook/session/testing";
import buildVad, { VADMode } from "@ozymandiasthegreat/vad";
import { AsteriskRules } from "../../eval/asterisk-rules.js";
import { beside, type EmitRow, figure, percentile } from "../row.js";

const FRAME = 160;
const FRAME_MS = 20;
const FRAMES_PER_SECOND = 1_000 / FRAME_MS;
/** Over so many frames the heap's growth is measured at once. */
const STRETCH = 500;
/** Two minutes of a greeting, pauses and talk; the first half minute only warms up. */
const WARM_UP_FRAMES = 30 * FRAMES_PER_SECOND;
const MEASURED_FRAMES = 120 * FRAMES_PER_SECOND;
const ROUNDS = 8;

/** CPU per second of one call's audio with every default detector on, beside two peers alone. */
export async function detectionBench(emit: EmitRow): Promise<void> {
  const frames = callAudio(WARM_UP_FRAMES + MEASURED_FRAMES);
  const ours = best(() => panelFeed(frames, awake()), frames);
  const settled = best(() => panelFeed(frames), frames);
  const asterisk = best(() => asteriskFeed(), frames);
  const Vad = await buildVad();
  const vad = best(() => {
    const instance = new Vad(VADMode.AGGRESSIVE, 8_000);
    return (frame) => {
      instance.processFrame(frame);
    };
  }, frames);
  const unit = "ms CPU per audio second";
  emit(figure("detection, all default detectors, none done", ours, unit, { atMost: 0.3 }));
  emit(figure("detection, streams per core", 1_000 / ours, "streams", { atLeast: 3_000 }));
  // The warm-up is long enough for this audio's verdict to be final.
  emit(figure("detection, once the verdict is final", settled, unit));
  const muted = mutedAfter(frames);
  const ofMuted = best(() => panelFeed(muted, awake()), muted);
  const talk = { name: "talk", value: ours };
  emit(beside("detection, a muted line", ofMuted, unit, talk, { atMost: 1 }));
  emit(
    beside("detection against Asterisk's rules alone", ours, unit, {
      name: "asterisk-rules",
      value: asterisk,
    }),
  );
  emit(
    beside("detection against voice activity alone", ours, unit, {
      name: "@ozymandiasthegreat/vad",
      value: vad,
    }),
  );
  // What is left where nothing happens is the clock, read before and after each frame: 16 bytes each.
  emit(figure("detection, heap growth per frame of noise", heapPerFrame(noise()), "bytes", QUIET));
  emit(figure("detection, heap growth per frame of talk", heapPerFrame(frames), "bytes", TALK));
}

const QUIET = { atMost: 48 };
/** Here verdicts change: reports with their reasons are made, and kept for `explain`. */
const TALK = { atMost: 400 };

type Feed = (frame: Int16Array, index: number) => void;

/** As before a verdict is final, however long that takes. */
function awake(): Detector[] {
  return defaultDetectors().map((detector) => ({ ...detector, doneOnceFinal: false }));
}

function panelFeed(frames: readonly Int16Array[], detectors = defaultDetectors()): Feed {
  // Made before anything is measured: in a call they come from the media plane.
  const heard = frames.map((data, index) => ({
    data,
    sampleRate: 8_000,
    channels: 1 as const,
    samplesPerChannel: FRAME,
    // In a call no frame begins at a whole millisecond.
    atMs: index * FRAME_MS + 0.3,
    phase: "active" as const,
  }));
  const panel = createPanel({
    detectors,
    clock: virtualClock(),
    call: { callId: "bench", direction: "outbound" },
    onVerdict: () => {},
  });
  return (_data, index) => panel.onFrame(heard[index] as HeardFrame);
}

function asteriskFeed(): Feed {
  const rules = new AsteriskRules();
  return (frame) => {
    rules.push(frame);
  };
}

/** The quickest of a few rounds: what else the machine does only ever adds. */
function best(makeFeed: () => Feed, frames: readonly Int16Array[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const feed = makeFeed();
    run(feed, frames, 0, WARM_UP_FRAMES);
    const { user, system } = process.cpuUsage();
    run(feed, frames, WARM_UP_FRAMES, frames.length);
    const used = process.cpuUsage({ user, system });
    const cpuMs = (used.user + used.system) / 1_000;
    least = Math.min(least, (cpuMs * FRAMES_PER_SECOND) / MEASURED_FRAMES);
  }
  return least;
}

/** The median of several stretches, as the garbage collector may run in some of them. */
function heapPerFrame(frames: readonly Int16Array[]): number {
  // What is not compiled yet allocates by itself, and different audio runs through different code.
  run(panelFeed(frames, awake()), frames, 0, frames.length);
  const feed = panelFeed(frames, awake());
  run(feed, frames, 0, WARM_UP_FRAMES);
  const grown: number[] = [];
  for (let from = WARM_UP_FRAMES; from + STRETCH <= frames.length; from += STRETCH) {
    const before = process.memoryUsage().heapUsed;
    run(feed, frames, from, from + STRETCH);
    const bytes = process.memoryUsage().heapUsed - before;
    if (bytes >= 0) grown.push(bytes / STRETCH);
  }
  return percentile(grown, 0.5);
}

function run(feed: Feed, frames: readonly Int16Array[], from: number, until: number): void {
  for (let index = from; index < until; index++) feed(frames[index] as Int16Array, index);
}

/** A line on which nobody talks: quiet noise, the same every time. */
function noise(): Int16Array[] {
  let state = 1;
  return Array.from({ length: WARM_UP_FRAMES + MEASURED_FRAMES }, () =>
    Int16Array.from({ length: FRAME }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return ((state >> 16) % 64) - 32;
    }),
  );
}

/** Talk until what is measured begins, and then not a sound. */
function mutedAfter(frames: readonly Int16Array[]): Int16Array[] {
  const mute = new Int16Array(FRAME);
  return frames.map((frame, index) => (index < WARM_UP_FRAMES ? frame : mute));
}

function callAudio(count: number): Int16Array[] {
  const names: readonly ClipName[] = [
    "voicemail_greeting",
    "business_greeting",
    "talk_on",
    "ivr_menu",
  ];
  const parts = names.flatMap((name) => [loadClip(name).data, new Int16Array(12_000)]);
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const all = new Int16Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return Array.from({ length: count }, (_, index) => {
    const start = (index * FRAME) % (length - FRAME);
    return all.slice(start, start + FRAME);
  });
}
