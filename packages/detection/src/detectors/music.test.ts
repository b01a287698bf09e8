import { describe, expect, it } from "vitest";
import { replayAudio } from "../replay/replay-audio.js";
import { join, mix, noise, silence, speech, tone } from "../test-support/synthetic-speech.js";
import { music } from "./music.js";

const hear = (samples: Int16Array) =>
  replayAudio({ detectors: [music()], samples, sampleRate: 8_000, deadAir: false }).verdicts;

const note = (step: number) => 262 * 2 ** ((step % 12) / 12);

/** Chords that change several times a second, a beat under them. */
const quickTune = () => {
  const chords = Array.from({ length: 80 }, (_, chord) =>
    tone(160, note(5 * chord), 1.5 * note(7 * chord), 2 * note(3 * chord)),
  );
  const beat = Array.from({ length: 32 }, () => join(noise(60, -26), silence(340)));
  return mix(join(...chords), join(...beat));
};

describe("music", () => {
  it("is known by a quick tune with a beat, and certain after ten seconds of it", () => {
    const verdicts = hear(quickTune());
    expect(verdicts[0]).toMatchObject({ label: "music", provisional: true });
    expect(verdicts[0]?.atMs).toBeLessThanOrEqual(6_000);
    expect(verdicts.at(-1)).toMatchObject({ label: "music", provisional: false });
  });

  it("says what it came to and what it was held against", () => {
    const [first] = hear(quickTune());
    const { inputs, thresholds } = first?.evidence[0] ?? {};
    expect(inputs?.["musicality"]).toBeGreaterThanOrEqual(Number(thresholds?.["musicAtLeast"]));
  });

  it("is not somebody who talks on, noise, or one tone that lasts", () => {
    for (const audio of [
      speech(12_000, 4),
      mix(speech(12_000, 8), noise(12_000, -30)),
      noise(12_000, -30),
      tone(12_000, 440),
    ])
      expect(hear(audio)).toEqual([]);
  });
});
