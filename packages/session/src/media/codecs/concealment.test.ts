import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../random.js";
import { loadAudio } from "../send/audio-source.js";
import { concatAudio, tone } from "../send/tones.js";
import { VirtualLine } from "../testing/virtual-line.js";
import { Concealment } from "./concealment.js";

const RATE = 8000;
const PACKET = RATE / 50;
const QUIET_RMS = 200;

async function allSpeech(): Promise<Int16Array> {
  const folder = new URL("../../../assets/", import.meta.url);
  const clips = readdirSync(folder).filter((name) => name.endsWith(".wav"));
  const read = clips.map((name) => loadAudio(fileURLToPath(new URL(name, folder)), RATE));
  return concatAudio(...(await Promise.all(read)));
}

function rms(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

function alike(one: Int16Array, other: Int16Array): number {
  const cross = one.reduce((sum, sample, index) => sum + sample * (other[index] ?? 0), 0);
  return cross / (one.length * Math.max(1, rms(one)) * Math.max(1, rms(other)));
}

/** Loses so many packets of the speech; tells of each that was no pause what it was, and what was heard. */
function lose(speech: Int16Array, lossRate: number, seed: number) {
  const random = seededRandom(seed);
  const concealment = new Concealment(RATE);
  const losses: { readonly lost: Int16Array; readonly heard: Int16Array }[] = [];
  for (let at = 0; at + PACKET <= speech.length; at += PACKET) {
    const packet = speech.slice(at, at + PACKET);
    if (at === 0 || random.unit() >= lossRate) {
      concealment.heard(packet);
      continue;
    }
    const heard = new Int16Array(PACKET);
    concealment.conceal(heard);
    if (rms(packet) > QUIET_RMS) losses.push({ lost: packet, heard });
  }
  return losses;
}

describe("what is heard for lost Opus", () => {
  it("is what the codec makes of it, for 100 ms and not for ever", () => {
    let isDown = false;
    const codec = { name: "OPUS", payloadType: 107, clockRate: 48_000, channels: 2 };
    const line = new VirtualLine({ codec, network: { isDown: () => isDown } });
    line.far.playout.write(
      tone({ frequenciesHz: [180, 360, 900], durationMs: 2_000, sampleRate: RATE }),
    );
    const [before = new Int16Array(1)] = line.run(500).slice(-1);
    isDown = true;
    // What is on its way, and then 60 ms that never come: what repeats a pitch period has faded by then.
    line.run(40);
    const made = concatAudio(...line.run(60));
    expect(rms(made.subarray(2 * PACKET)) / rms(before)).toBeGreaterThan(0.4);
    const later = concatAudio(...line.run(200));
    expect(rms(later.subarray(-2 * PACKET))).toBe(0);
  });
});

describe("what is heard for lost speech", () => {
  it.each([0.05, 0.1])("is like what was lost, and as loud: %d of it lost", async (lossRate) => {
    const speech = await allSpeech();
    const losses = [1, 2, 3].flatMap((seed) => lose(speech, lossRate, seed));
    expect(losses.length).toBeGreaterThan(150);
    const mean = (of: (loss: (typeof losses)[number]) => number) =>
      losses.reduce((sum, loss) => sum + of(loss), 0) / losses.length;
    // Silence, or what somebody else says, would be 0.
    expect(mean(({ lost, heard }) => alike(lost, heard))).toBeGreaterThan(0.35);
    // In dB; silence would be 60 off.
    const off = mean(({ lost, heard }) => Math.abs(20 * Math.log10((1 + rms(heard)) / rms(lost))));
    expect(off).toBeLessThan(8);
  });

  it("fades out within 60 ms, and what comes next fades in without a click", () => {
    const concealment = new Concealment(RATE);
    const hum = Int16Array.from({ length: 400 }, (_, at) => 8_000 * Math.sin(at * 0.1));
    concealment.heard(hum.slice());
    const filled = new Int16Array(4 * PACKET);
    concealment.conceal(filled);
    expect(Math.abs((filled[0] ?? 0) - 8_000 * Math.sin(400 * 0.1))).toBeLessThan(1_500);
    expect(rms(filled.subarray(0, PACKET / 2))).toBeGreaterThan(5_000);
    expect(rms(filled.subarray(3 * PACKET))).toBe(0);
    const next = new Int16Array(PACKET).fill(8_000);
    concealment.heard(next);
    expect(next[0]).toBeLessThan(1_000);
    expect(next[PACKET - 1]).toBe(8_000);
  });
});
