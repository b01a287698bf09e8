import { createPanel, defaultDetectors } from "@offhook/detection";
import { type ClipName, loadClip, virtualClock } from "@offhook/session/testing";
import buildVad, { VADMode } from "@ozymandiasthegreat/vad";
import { AsteriskRules } from "../../eval/asterisk-rules.js";
import { beside, type EmitRow, figure } from "../row.js";

const FRAME = 160;
const FRAMES_PER_SECOND = 50;
/** Two minutes of a greeting, pauses and talk; the first half minute only warms up. */
const WARM_UP_FRAMES = 30 * FRAMES_PER_SECOND;
const MEASURED_FRAMES = 120 * FRAMES_PER_SECOND;
const ROUNDS = 3;

/** CPU per second of one call's audio with every default detector on, beside two peers alone. */
export async function detectionBench(emit: EmitRow): Promise<void> {
  const frames = callAudio(WARM_UP_FRAMES + MEASURED_FRAMES);
  const ours = best(() => panelFeed(), frames);
  const asterisk = best(() => asteriskFeed(), frames);
  const Vad = await buildVad();
  const vad = best(() => {
    const instance = new Vad(VADMode.AGGRESSIVE, 8_000);
    return (frame) => {
      instance.processFrame(frame);
    };
  }, frames);
  const unit = "ms CPU per audio second";
  emit(figure("detection, all default detectors", ours, unit, { atMost: 0.3 }));
  emit(figure("detection, streams per core", 1_000 / ours, "streams", { atLeast: 3_000 }));
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
  emit(figure("detection, heap growth per frame", heapPerFrame(frames), "bytes", { atMost: 400 }));
}

type Feed = (frame: Int16Array, atMs: number) => void;

function panelFeed(): Feed {
  const panel = createPanel({
    detectors: defaultDetectors(),
    clock: virtualClock(),
    call: { callId: "bench", direction: "outbound" },
    onVerdict: () => {},
  });
  return (data, atMs) =>
    panel.onFrame({
      data,
      sampleRate: 8_000,
      channels: 1,
      samplesPerChannel: FRAME,
      atMs,
      phase: "active",
    });
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

function heapPerFrame(frames: readonly Int16Array[]): number {
  const feed = panelFeed();
  run(feed, frames, 0, WARM_UP_FRAMES);
  const before = process.memoryUsage().heapUsed;
  const measured = 500;
  run(feed, frames, WARM_UP_FRAMES, WARM_UP_FRAMES + measured);
  return Math.max(0, process.memoryUsage().heapUsed - before) / measured;
}

function run(feed: Feed, frames: readonly Int16Array[], from: number, until: number): void {
  for (let index = from; index < until; index++) feed(frames[index] as Int16Array, index * 20);
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
