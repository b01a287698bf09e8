import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loadAudio } from "../send/audio-source.js";
import { concatAudio } from "../send/tones.js";
import { correlation } from "../testing/correlation.js";
import { VirtualLine } from "../testing/virtual-line.js";
import { g722 } from "./g722-codec.js";

const RATE = 16_000;
const PACKET = RATE / 50;
const QUIET_RMS = 300;
/** So many packets before a loss are enough for a decoder to be as one that heard all. */
const WARM_UP = 15;

const folder = new URL("../../../assets/", import.meta.url);
const clips = readdirSync(folder).filter((name) => name.endsWith(".wav"));
const speech = concatAudio(
  ...(await Promise.all(
    clips.map((name) => loadAudio(fileURLToPath(new URL(name, folder)), RATE)),
  )),
);

function coded(audio: Int16Array): readonly Uint8Array[] {
  const encoder = g722.createEncoder();
  return Array.from({ length: Math.floor(audio.length / PACKET) }, (_, at) => {
    const payload = new Uint8Array(PACKET / 2);
    encoder.encode(audio.subarray(at * PACKET, (at + 1) * PACKET), payload);
    return payload;
  });
}

/** Hears the packets one after the other, and what is made up where there is none. */
function heard(packets: readonly (Uint8Array | "made up" | "left out")[]): Int16Array {
  const decoder = g722.createDecoder();
  return concatAudio(
    ...packets.map((packet) => {
      const out = new Int16Array(PACKET);
      if (packet === "made up") decoder.conceal?.(out);
      else if (packet !== "left out") decoder.decode(packet, out);
      return out;
    }),
  );
}

const packets = coded(speech);
const whole = heard(packets);

/** How far above what is wrong with it speech is from 5 to 60 ms after losses of so many packets, in dB. */
function soundness(lost: number, instead: "made up" | "left out"): number {
  let signal = 0;
  let error = 0;
  for (let from = WARM_UP; from + lost + 3 <= packets.length; from += 13) {
    if (rms(whole.subarray(from * PACKET, (from + lost) * PACKET)) < QUIET_RMS) continue;
    const near = packets.slice(from - WARM_UP, from + lost + 3);
    const broken = heard([
      ...near.slice(0, WARM_UP),
      ...Array(lost).fill(instead),
      ...near.slice(-3),
    ]);
    const begin = (from - WARM_UP) * PACKET;
    for (let at = broken.length - 3 * PACKET + PACKET / 4; at < broken.length; at++) {
      const wanted = whole[begin + at] ?? 0;
      signal += wanted ** 2;
      error += (wanted - (broken[at] ?? 0)) ** 2;
    }
  }
  return 10 * Math.log10(signal / error);
}

function rms(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

describe("G.722 after a loss", () => {
  it.each([1, 2, 3])("is sooner itself again for what it made of %d lost packets", (lost) => {
    expect(soundness(lost, "made up")).toBeGreaterThan(soundness(lost, "left out") + 1.2);
  });

  it("goes on exactly where it was when nothing was lost after all", () => {
    const [late, undisturbed] = [g722.createDecoder(), g722.createDecoder()];
    for (const [at, packet] of packets.slice(0, 100).entries()) {
      const [one, other] = [new Int16Array(PACKET), new Int16Array(PACKET)];
      if (at === 50) {
        late.conceal?.(one);
        late.conceal?.(one);
        late.goOn?.();
      }
      late.decode(packet, one);
      undisturbed.decode(packet, other);
      // What was made up fades into what comes within 4 ms, and the filter between the bands holds 1.5.
      const settled = at === 50 ? (PACKET * 6) / 20 : 0;
      expect(one.subarray(settled)).toEqual(other.subarray(settled));
    }
  });

  it("hears another sender from its first packet on as if nobody had spoken before", () => {
    const [used, fresh] = [g722.createDecoder(), g722.createDecoder()];
    const [one, other] = [new Int16Array(PACKET), new Int16Array(PACKET)];
    for (const packet of packets.slice(10, 60)) used.decode(packet, one);
    used.conceal?.(one);
    used.restart?.();
    used.goOn?.();
    for (const packet of packets.slice(0, 2)) {
      used.decode(packet, one);
      fresh.decode(packet, other);
    }
    expect(one).toEqual(other);
  });

  it("is whole again at once on a line that only stood still, and with a new source", () => {
    const line = new VirtualLine({
      codec: { name: "G722", payloadType: 9, clockRate: 8000 },
      sampleRate: RATE,
      network: { stalls: [{ fromMs: 700, toMs: 740 }] },
    });
    const piece = (fromMs: number) => speech.subarray(fromMs * 16, (fromMs + 20) * 16);
    line.far.playout.write(speech);
    const late = concatAudio(...line.run(1_000));
    expect(line.near.stats).toMatchObject({ packetsLost: 0, concealedMs: 20 });
    for (const fromMs of [680, 700, 720, 740])
      expect(correlation(late.subarray(640 * 16), piece(fromMs))).toBeGreaterThan(0.998);
    line.restartFarSide(5).playout.write(speech.subarray(3 * RATE));
    const other = concatAudio(...line.run(300));
    expect(correlation(other, piece(3_000))).toBeGreaterThan(0.95);
  });
});
