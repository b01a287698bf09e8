import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../random.js";
import type { Digit } from "../rtp/telephone-event.js";
import { loadAudio } from "../send/audio-source.js";
import { concatAudio, dtmfFrequencies, silence, tone } from "../send/tones.js";
import { VirtualLine } from "../testing/virtual-line.js";
import { DtmfDetector } from "./dtmf-detector.js";

const FAR = { address: "192.0.2.1", port: 4000 };
const PCMU = { name: "PCMU", payloadType: 0, clockRate: 8000 };
/** A peer that has no other way to send its digits. */
const agreedInSound = { direction: "sendrecv", send: PCMU, receive: [PCMU], packetMs: 20 } as const;
const ALL = "0123456789*#ABCD";

function hear(audio: Int16Array, sampleRate = 8000): Digit[] {
  const digits: Digit[] = [];
  const detector = new DtmfDetector(sampleRate, (digit) => digits.push(digit));
  const step = sampleRate / 50;
  for (let at = 0; at < audio.length; at += step) detector.hear(audio.subarray(at, at + step));
  detector.hear(silence(60, sampleRate));
  return digits;
}

/** One digit with its tones off their frequencies by a part, and the high one louder by `twistDb`. */
function press(
  digit: string,
  options: { durationMs?: number; sampleRate?: number; off?: number; twistDb?: number } = {},
): Int16Array {
  const { durationMs = 70, sampleRate = 8000, off = 0, twistDb = 0 } = options;
  const [lowHz, highHz] = dtmfFrequencies(digit) ?? [0, 0];
  const part = (hz: number, levelDb: number) =>
    tone({ frequenciesHz: [hz * (1 + off)], durationMs, sampleRate, levelDb });
  const high = part(highHz, -16 + twistDb / 2);
  return concatAudio(
    silence(47, sampleRate),
    part(lowHz, -16 - twistDb / 2).map((sample, index) => sample + (high[index] ?? 0)),
  );
}

describe("in-band digits", () => {
  for (const sampleRate of [8000, 16_000, 48_000]) {
    it(`are heard at ${sampleRate} Hz, each once`, () => {
      const audio = concatAudio(...[...ALL].map((digit) => press(digit, { sampleRate })));
      expect(
        hear(audio, sampleRate)
          .map(({ digit }) => digit)
          .join(""),
      ).toBe(ALL);
    });
  }

  it("are heard when short, off by 1.5 %, twisted, or in noise (Q.24)", () => {
    const random = seededRandom(4);
    for (const options of [
      { durationMs: 40 },
      { off: 0.015 },
      { off: -0.015 },
      { twistDb: 4 },
      { twistDb: -8 },
      { durationMs: 40, off: 0.015, twistDb: -8 },
      { durationMs: 40, off: -0.015, twistDb: 4 },
    ]) {
      const audio = concatAudio(...[...ALL].map((digit) => press(digit, options)));
      const noisy = audio.map((sample) => sample + 600 * (random.unit() - 0.5));
      expect(
        hear(noisy)
          .map(({ digit }) => digit)
          .join(""),
      ).toBe(ALL);
    }
  });

  it("are told apart when the same key is pressed twice, 40 ms on and 40 ms off", () => {
    const audio = concatAudio(
      ...[..."5599"].flatMap((digit) => [press(digit, { durationMs: 40 }).subarray(8 * 7)]),
    );
    expect(hear(audio).map(({ digit }) => digit)).toEqual(["5", "5", "9", "9"]);
  });

  it("are heard through noise 10 dB below them", () => {
    const random = seededRandom(9);
    const audio = concatAudio(...[...ALL].map((digit) => press(digit)));
    // Even noise of this width has a third of its square as power; each tone has −16 dB.
    const width = 2 * Math.sqrt(3) * 32_767 * 10 ** (-26 / 20);
    const noisy = audio.map((sample) => sample + width * (random.unit() - 0.5));
    expect(
      hear(noisy)
        .map(({ digit }) => digit)
        .join(""),
    ).toBe(ALL);
  });

  it.each([0, 1, 2, 3, 4])("are one press although packet %d of it was lost", (lost) => {
    const frame = 160;
    const audio = concatAudio(press("8", { durationMs: 100 }).subarray(8 * 47), silence(160, 8000));
    audio.fill(0, lost * frame, (lost + 1) * frame);
    const heard = (isTold: boolean) => {
      const digits: Digit[] = [];
      const detector = new DtmfDetector(8000, (digit) => digits.push(digit));
      for (let at = 0; at < audio.length; at += frame)
        detector.hear(
          audio.subarray(at, at + frame),
          isTold && at === lost * frame ? { settlingMs: 4 } : undefined,
        );
      return digits;
    };
    const atTheEdge = lost === 0 || lost === 4;
    expect(heard(true).map(({ digit }) => digit)).toEqual(["8"]);
    expect(heard(true)[0]?.durationMs).toBeGreaterThanOrEqual(atTheEdge ? 70 : 90);
    // What was sent with a pause in it is two presses.
    if (lost === 2) expect(heard(false)).toHaveLength(2);
  });

  it("are two presses of one key, 60 ms on and 60 ms off, whichever packet of them was lost", () => {
    for (const offMs of [0, 5, 10, 15])
      for (let lost = 0; lost < 11; lost++) {
        const isDown = (nowMs: number) => nowMs > 20 * (lost + 3) && nowMs <= 20 * (lost + 4);
        const line = new VirtualLine({ network: { isDown } });
        line.near.connect({ ...agreedInSound, remote: FAR }, 0, 0);
        const key = press("5", { durationMs: 60 }).subarray(8 * 47);
        const gap = silence(60, 8000);
        line.far.playout.write(concatAudio(silence(60 + offMs, 8000), key, gap, key, gap));
        line.run(600);
        expect(line.near.stats.packetsLost, `packet ${lost}`).toBe(1);
        expect(
          line.signals.filter(({ type }) => type === "dtmf"),
          `packet ${lost}`,
        ).toHaveLength(2);
      }
  });

  it("tell how long they were held, within a look", () => {
    const [digit] = hear(press("5", { durationMs: 500 }));
    expect(digit?.durationMs).toBeGreaterThanOrEqual(480);
    expect(digit?.durationMs).toBeLessThanOrEqual(520);
  });

  it("are not heard when off by 3.5 %, twisted too far, a click, or in one tone alone", () => {
    const none = [
      ...[...ALL].map((digit) => press(digit, { off: 0.035 })),
      press("1", { twistDb: 10 }),
      press("1", { twistDb: -14 }),
      press("1", { durationMs: 10 }),
      tone({ frequenciesHz: [770], durationMs: 300, sampleRate: 8000 }),
      tone({ frequenciesHz: [440, 480], durationMs: 300, sampleRate: 8000 }),
    ];
    expect(none.flatMap((audio) => hear(audio))).toEqual([]);
  });

  it("are not heard in speech", async () => {
    const folder = new URL("../../../assets/", import.meta.url);
    const clips = readdirSync(folder).filter((name) => name.endsWith(".wav"));
    expect(clips.length).toBeGreaterThan(0);
    for (const name of clips) {
      const audio = await loadAudio(fileURLToPath(new URL(name, folder)), 8000);
      expect(hear(audio)).toEqual([]);
    }
  });
});
