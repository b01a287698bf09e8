import { CLIPS, type ClipName, loadClip } from "@offhook/session/testing";
import type { Concealment } from "../../../packages/session/src/media/codecs/concealment.js";
import type {
  Network,
  VirtualLine,
} from "../../../packages/session/src/media/testing/virtual-line.js";
import { beside, type EmitRow, figure, percentile } from "../row.js";
import { lossesOf, spectralDistanceDb } from "./lost-speech.js";
import { pieceDelays } from "./piece-delays.js";

/** What a packet is on its way in every one of these networks. */
const TRANSIT_MS = 30;

const networks: Readonly<Record<string, Network>> = {
  undisturbed: {},
  "0 to 80 ms of jitter": { jitterMs: 80 },
  "0 to 80 ms of jitter, 5 % lost": { jitterMs: 80, lossRate: 0.05 },
  "standing still for 300 ms every 5 s": { stalls: everyFiveSeconds() },
  "all of that": { jitterMs: 80, lossRate: 0.05, stalls: everyFiveSeconds() },
};

/**
 * How speech is heard over bad networks, in virtual time: the same on every machine. The delay is
 * from mouth to agent without the network's own least, and with the 20 ms that a packet takes to
 * fill.
 */
export async function hearingBench(emit: EmitRow): Promise<void> {
  const room = await builtMediaRoom();
  const speech = allSpeech();
  for (const [name, network] of Object.entries(networks)) {
    const { heard, concealedMs } = listen(new room.VirtualLine({ network }), speech);
    const delays = pieceDelays(heard, speech).map((delayMs) => delayMs - TRANSIT_MS);
    const sound = delays.filter(Number.isFinite);
    const wholePercent = (100 * sound.length) / delays.length;
    emit(figure(`${name}: added delay, median`, percentile(sound, 0.5), "ms"));
    emit(figure(`${name}: added delay, p95`, percentile(sound, 0.95), "ms"));
    emit(figure(`${name}: made up`, (800 * concealedMs) / speech.length, "%"));
    emit(figure(`${name}: pieces of 100 ms heard as they were said`, wholePercent, "%"));
  }
  for (const lossRate of [0.05, 0.1]) {
    const lost = lossesOf(speech, lossRate, new room.Concealment(8000));
    emit(
      beside(
        `${100 * lossRate} % lost: what is heard for it is off by`,
        spectralDistanceDb(lost, (loss) => loss.heard),
        "dB",
        { name: "silence", value: spectralDistanceDb(lost, (loss) => loss.silence) },
        { atMost: 0.7 },
      ),
    );
  }
  for (const [name, wrong] of Object.entries(wrongDigits(room.VirtualLine)))
    emit(figure(`wrong of 200 digits, ${name}`, wrong, "digits"));
}

interface MediaRoom {
  readonly VirtualLine: typeof VirtualLine;
  readonly Concealment: typeof Concealment;
}

async function builtMediaRoom(): Promise<MediaRoom> {
  const room = new URL("../../../../packages/session/dist/media/", import.meta.url);
  const parts = ["testing/virtual-line.js", "codecs/concealment.js"];
  const loaded: readonly object[] = await Promise.all(
    parts.map((part) => import(new URL(part, room).href)),
  );
  return Object.assign({}, ...loaded) as MediaRoom;
}

function allSpeech(): Int16Array {
  const clips = (Object.keys(CLIPS) as ClipName[]).map((name) => loadClip(name).data);
  return Int16Array.from(clips.flatMap((clip) => [...clip]));
}

function everyFiveSeconds(): { readonly fromMs: number; readonly toMs: number }[] {
  return Array.from({ length: 20 }, (_, at) => ({
    fromMs: 5_000 * (at + 1),
    toMs: 5_000 * (at + 1) + 300,
  }));
}

/** What is heard, on a time line that begins with the first word said. */
function listen(line: VirtualLine, speech: Int16Array) {
  line.far.playout.write(speech);
  const lengthMs = speech.length / 8 + 1_000;
  const heard = new Int16Array(8 * (lengthMs + 20));
  line.run(lengthMs, (frame) => heard.set(frame, 8 * line.nowMs));
  return { heard, concealedMs: line.near.stats.concealedMs ?? 0 };
}

/** How many of 200 digits come wrong, or twice, or not at all. */
function wrongDigits(Line: typeof VirtualLine): Record<string, number> {
  const network = { lossRate: 0.05, jitterMs: 40, duplicateRate: 0.05 };
  const speech = { name: "PCMU", payloadType: 0, clockRate: 8_000 };
  const send = (line: VirtualLine) => {
    const digits = "0123456789*#ABCD5599".repeat(10);
    line.run(1_000);
    line.far.sendDigits({ digits, durationMs: 100, gapMs: 100, settle: () => {} });
    line.run(digits.length * 200 + 2_000, () => {});
    const heard = line.signals.flatMap((signal) => (signal.type === "dtmf" ? [signal.digit] : []));
    return edits(digits, heard.join(""));
  };
  const inSound = new Line({ network });
  const remote = { address: "192.0.2.2", port: 4_000 };
  const agreed = { remote, direction: "sendrecv", send: speech, packetMs: 20 } as const;
  inSound.far.connect({ ...agreed, receive: [speech] }, 0, 0);
  inSound.near.connect(
    { ...agreed, remote: { address: "192.0.2.1", port: 4_000 }, receive: [speech] },
    0,
    0,
  );
  return {
    "as events, 5 % lost and twice, 40 ms of jitter": send(new Line({ network })),
    "as sound, the same": send(inSound),
  };
}

/** The least number of changes that make one of the other. */
function edits(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1];
    for (const [at, their] of [...other].entries()) {
      const kept = (row[at] ?? 0) + (letter === their ? 0 : 1);
      next.push(Math.min(kept, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
