import { describe, expect, it } from "vitest";
import type { Detector } from "../detector.js";
import { replayAudio } from "../replay/replay-audio.js";
import { join, mix, noise, silence, speech, tone } from "../test-support/synthetic-speech.js";
import { describeDetector } from "../testing/describe-detector.js";
import { beep } from "./beep.js";
import { callProgress } from "./call-progress.js";
import { fax } from "./fax.js";
import { greeting } from "./greeting.js";
import { promptAndKeyPress } from "./prompt-and-key-press.js";
import { silence as silenceDetector } from "./silence.js";
import { specialInformationTone } from "./special-information-tone.js";

const replay = (detector: Detector, samples: Int16Array) =>
  replayAudio({ detectors: [detector], samples, sampleRate: 8_000, deadAir: false });

const cadence = (times: number, onMs: number, offMs: number, ...hz: number[]) =>
  join(...Array.from({ length: times }, () => join(tone(onMs, ...hz), silence(offMs))));

const greetingThen = (...parts: Int16Array[]) =>
  join(silence(300), speech(3_000), silence(600), ...parts, silence(1_500));

describe("beep", () => {
  it("is told within 100 ms of its end, whatever its frequency", () => {
    for (const hz of [440, 659, 745, 880, 1_003, 1_400, 2_050]) {
      const { verdicts } = replay(beep(), greetingThen(tone(400, hz)));
      const heard = verdicts.find(({ label }) => label === "beep");
      expect(heard?.atMs, `${hz} Hz`).toBeGreaterThanOrEqual(4_300);
      expect(heard?.atMs, `${hz} Hz`).toBeLessThanOrEqual(4_400);
      expect(Number(heard?.evidence[0]?.inputs["frequencyHz"])).toBeCloseTo(hz, -1);
    }
  });

  it("may decay, be dual, lose a packet, or stand in noise", () => {
    const decaying = tone(500, 1_000).map(
      (value, index) => value * 10 ** ((-16 * index) / 4_000 / 20),
    );
    const lossy = tone(500, 1_000);
    lossy.fill(0, 1_600, 1_760);
    const clean = greetingThen(tone(500, 1_000));
    for (const audio of [
      greetingThen(decaying),
      greetingThen(tone(500, 850, 1_370)),
      greetingThen(lossy),
      mix(clean, noise(clean.length / 8, -32)),
    ])
      expect(replay(beep(), audio).verdicts.map(({ label }) => label)).toContain("beep");
  });

  it("may be short, low, high, or as rough as a GSM coder makes it, where silence sets it apart", () => {
    const rough = tone(500, 1_500).map((value, index) =>
      // Every other 20 ms 2.5 dB quieter.
      Math.floor(index / 160) % 2 === 0 ? value : value * 0.75,
    );
    for (const sound of [tone(120, 950), tone(300, 320), tone(300, 2_400), rough])
      expect(replay(beep(), greetingThen(sound)).verdicts.map(({ label }) => label)).toContain(
        "beep",
      );
  });

  it("may be rough and soon after the words, where no voice holds a note for so long", () => {
    const said = join(silence(300), speech(3_000), silence(160));
    const roughened = (durationMs: number) =>
      tone(durationMs, 1_000).map((value, index) =>
        Math.floor(index / 160) % 3 === 0 ? value * 0.86 : value,
      );
    const labels = (samples: Int16Array) =>
      replay(beep(), join(said, samples, silence(1_500))).verdicts.map(({ label }) => label);
    expect(labels(roughened(700))).toContain("beep");
    expect(labels(roughened(300))).not.toContain("beep");
  });

  it("is not a key that somebody presses", () => {
    for (const key of [tone(200, 770, 1_336), tone(300, 941, 1_209), tone(120, 697, 1_477)])
      expect(replay(beep(), greetingThen(key)).verdicts).toEqual([]);
  });

  it("makes a voicemail of what began like a person", () => {
    const hesitant = join(silence(300), speech(500), silence(2_300), tone(500, 1_000));
    const { verdicts, verdict } = replayAudio({
      detectors: [greeting(), beep()],
      samples: join(hesitant, silence(2_000)),
      sampleRate: 8_000,
      deadAir: false,
    });
    expect(verdicts[0]?.label).toBe("human");
    expect(verdict).toMatchObject({ label: "voicemail", kind: "beep_heard", provisional: false });
  });

  it("is not a vowel that a voice holds right after a word", () => {
    const vowel = join(tone(200, 430, 645), silence(60));
    const audio = join(
      silence(300),
      speech(2_000),
      silence(100),
      vowel,
      speech(2_000),
      silence(500),
    );
    expect(replay(beep(), audio).verdicts).toEqual([]);
  });

  it("leaves voicemail standing after it", () => {
    expect(replay(beep(), greetingThen(tone(400, 1_000))).verdict).toMatchObject({
      label: "voicemail",
      kind: "beep_heard",
    });
  });

  it("is not the end of the ringback, a busy tone, or a tone before anybody spoke", () => {
    for (const audio of [
      join(tone(300, 440, 480), silence(500), speech(600), silence(2_000)),
      join(silence(300), cadence(8, 500, 500, 480, 620)),
      join(silence(1_000), tone(400, 1_000), silence(1_000)),
    ])
      expect(replay(beep(), audio).verdicts).toEqual([]);
  });
});

describe("special information tones", () => {
  const three = (first: number, firstMs: number, second: number, secondMs: number) =>
    join(
      silence(500),
      tone(firstMs, first),
      tone(secondMs, second),
      tone(380, 1_776.7),
      silence(500),
    );
  const kinds = [
    ["sit_intercept", 913.8, 274, 1_370.6, 274],
    ["sit_vacant", 985.2, 380, 1_370.6, 274],
    ["sit_reorder", 913.8, 274, 1_428.5, 380],
    ["sit_no_circuit", 985.2, 380, 1_428.5, 380],
  ] as const;
  for (const [kind, ...tones] of kinds)
    it(`tells ${kind}`, () => {
      expect(
        replay(specialInformationTone(), three(tones[0], tones[1], tones[2], tones[3])).verdict,
      ).toMatchObject({
        label: "announcement",
        kind,
        provisional: false,
      });
    });
});

describe("call progress tones", () => {
  const rhythms = [
    ["busy", "us", cadence(6, 500, 500, 480, 620)],
    ["busy", "gb", cadence(6, 375, 375, 400)],
    ["busy", "de", cadence(6, 480, 480, 425)],
    ["busy", "es", cadence(8, 200, 200, 425)],
    ["reorder", "us", cadence(10, 250, 250, 480, 620)],
    [
      "reorder",
      "gb",
      join(...[1, 2, 3].map(() => join(cadence(1, 400, 350, 400), cadence(1, 225, 525, 400)))),
    ],
    ["ringback", "us", cadence(3, 2_000, 4_000, 440, 480)],
    ["ringback", "de", cadence(3, 1_000, 4_000, 425)],
    [
      "ringback",
      "gb",
      join(
        ...[1, 2, 3].map(() =>
          join(cadence(1, 400, 200, 400, 450), cadence(1, 400, 2_000, 400, 450)),
        ),
      ),
    ],
  ] as const;
  for (const [label, country, audio] of rhythms)
    it(`tells ${label} as in ${country}`, () => {
      expect(replay(callProgress(), join(silence(300), audio)).verdict?.label).toBe(label);
    });
});

describe("a ring whose two tones beat", () => {
  it("holds no words: nobody said hello", () => {
    for (const lost of [0, 160]) {
      const ring = tone(1_000, 440, 480).map((value, index) => (index % 1_600 < lost ? 0 : value));
      const rings = Array.from({ length: 3 }, () => join(silence(2_000), ring));
      const said = join(...rings, silence(4_000));
      expect(replay(greeting(), mix(said, noise(said.length / 8, -50))).verdicts).toEqual([]);
    }
  });
});

describe("fax", () => {
  it("is an answer tone, with or without the modulation of V.8", () => {
    const plain = join(silence(500), tone(3_000, 2_100), silence(500));
    const modulated = plain.map((value, index) => {
      const flip = Math.floor(index / 3_600) % 2 === 0 ? 1 : -1;
      return (value * flip * (1 + 0.2 * Math.sin((2 * Math.PI * 15 * index) / 8_000))) / 1.3;
    });
    for (const audio of [plain, modulated])
      expect(replay(fax(), audio).verdict).toMatchObject({ label: "fax", provisional: false });
  });

  it("is a calling tone whose room adds a quarter of a second, and no beep", () => {
    const echoing = join(silence(400), cadence(3, 780, 2_720, 1_100));
    expect(replay(fax(), echoing).verdict).toMatchObject({ label: "fax", kind: "cng" });
    expect(replay(beep(), echoing).verdicts).toEqual([]);
  });

  it("is a calling tone heard twice, not once", () => {
    const once = join(tone(500, 1_100), silence(3_000));
    expect(replay(fax(), once).verdict).toBeUndefined();
    expect(replay(fax(), join(once, once)).verdict).toMatchObject({ label: "fax", kind: "cng" });
  });
});

describe("the prompt-and-key-press test", () => {
  const pressed = { type: "dtmf", digit: "1", durationMs: 100, via: "rtp", atMs: 4_000 } as const;
  const answered = {
    type: "answered",
    atMs: 0,
    answer: { status: 200, phrase: "OK", usableMedia: true, crossedCancel: false },
  } as const;
  const run = (signals: Parameters<typeof replayAudio>[0]["signals"]) =>
    replayAudio({
      detectors: [promptAndKeyPress({ keys: "12" })],
      samples: silence(20_000),
      sampleRate: 8_000,
      ...(signals ? { signals } : {}),
      agentSpeech: [{ fromMs: 1_000, untilMs: 3_500 }],
      deadAir: false,
    });

  it("takes whoever presses a key for a person", () => {
    expect(run([answered, pressed]).verdict).toMatchObject({ label: "human", provisional: false });
  });

  it("ignores other keys, and supposes a machine when none comes", () => {
    expect(run([answered, { ...pressed, digit: "7" }]).verdict).toMatchObject({
      label: "voicemail",
      provisional: true,
    });
  });
});

for (const make of [
  () => beep(),
  () => specialInformationTone(),
  () => callProgress(),
  () => fax(),
  () => greeting(),
  () => promptAndKeyPress(),
  () => silenceDetector(),
])
  describeDetector({ describe, it }, make);
