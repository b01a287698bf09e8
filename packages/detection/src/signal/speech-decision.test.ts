import { describe, expect, it } from "vitest";
import type { Detector } from "../detector.js";
import { replayAudio } from "../replay/replay-audio.js";
import { join, mix, silence, speech } from "../test-support/synthetic-speech.js";
import type { Utterance } from "./heard-audio.js";

function utterancesIn(samples: Int16Array): Utterance[] {
  const heard: Utterance[] = [];
  const listener: Detector = {
    name: "listener",
    create({ audio }) {
      audio.onUtterance((utterance) => heard.push(utterance));
      return {};
    },
  };
  replayAudio({ detectors: [listener], samples, sampleRate: 8_000, deadAir: false });
  return heard;
}

/** A high voice of which the line leaves little but the pitch, gliding as questions do. */
function pureVoice(durationMs: number, fromHz: number, toHz: number): Int16Array {
  let phase = 0;
  return silence(durationMs).map((_, index, all) => {
    const share = index / all.length;
    phase += (2 * Math.PI * (fromHz + (toHz - fromHz) * share)) / 8_000;
    return 6_000 * Math.sin(Math.PI * share) * Math.sin(phase);
  });
}

describe("speech", () => {
  it("is heard in a voice that is hardly more than its pitch", () => {
    for (const [fromHz, toHz] of [
      [205, 172],
      [240, 240],
      [520, 300],
    ] as const) {
      const audio = join(silence(1_200), pureVoice(400, fromHz, toHz), silence(1_500));
      expect(utterancesIn(audio), `${fromHz} to ${toHz} Hz`).toHaveLength(1);
    }
  });

  it("is not what somebody says in the room behind, much quieter", () => {
    const words = (seed: number) => join(speech(700, seed), silence(600));
    const behind = join(...[2, 3, 4, 5, 6, 7].map(words)).map((sample) => sample * 0.06);
    const near = join(silence(600), speech(900), silence(2_500), speech(900), silence(2_900));
    const heard = utterancesIn(mix(near, behind)).filter(({ startMs }) => startMs > 1_000);
    expect(heard.map(({ startMs }) => Math.round(startMs / 100) * 100)).toEqual([4_000]);
  });
});
