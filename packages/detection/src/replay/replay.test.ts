import { describe, expect, it } from "vitest";
import { join, silence, speech, tone } from "../test-support/synthetic-speech.js";
import { detectRecording } from "./detect-recording.js";
import { tuneGreeting, tuneVoicemailRing } from "./tune.js";

const greetingAndBeep = join(
  silence(300),
  speech(5_000),
  silence(700),
  tone(400, 1_000),
  silence(2_000),
);
const hello = join(silence(300), speech(600), silence(4_000));

describe("detecting over a recording", () => {
  it("gives the timeline, the first and the final label", () => {
    const found = detectRecording({ samples: greetingAndBeep, sampleRate: 8_000 });
    expect(found.final).toBe("voicemail");
    expect(found.verdicts.map(({ label }) => label)).toContain("beep");
    expect(found.verdicts.every(({ explanation }) => explanation.endsWith("."))).toBe(true);
  });

  it("hears the same at 16, 44.1 and 48 kHz", () => {
    for (const rate of [16_000, 44_100, 48_000]) {
      const samples = Int16Array.from(
        { length: Math.floor((greetingAndBeep.length * rate) / 8_000) },
        (_, index) => {
          const at = (index * 8_000) / rate;
          const low = greetingAndBeep[Math.floor(at)] ?? 0;
          return low + ((greetingAndBeep[Math.floor(at) + 1] ?? 0) - low) * (at % 1);
        },
      );
      const { verdicts, final } = detectRecording({ samples, sampleRate: rate });
      expect(final, `${rate} Hz`).toBe("voicemail");
      expect(
        verdicts.map(({ label }) => label),
        `${rate} Hz`,
      ).toContain("beep");
    }
  });

  it("refuses what it cannot analyse, and says what would be right", () => {
    for (const sampleRate of [4_000, 0, Number.NaN, 1e9])
      expect(() => detectRecording({ samples: hello, sampleRate })).toThrow(/cannot analyse/);
    expect(() => detectRecording({ samples: new Int16Array(0), sampleRate: 8_000 })).toThrow(
      /no samples/,
    );
  });
});

describe("tuning", () => {
  const people = { samples: hello, sampleRate: 8_000, label: "human" } as const;
  const machine = { samples: greetingAndBeep, sampleRate: 8_000, label: "machine" } as const;

  it("draws the curve and picks the setting that wrongs neither", () => {
    const { points, best } = tuneGreeting([people, machine]);
    expect(points.length).toBeGreaterThan(4);
    expect(best).toMatchObject({ falseHuman: 0, falseMachine: 0 });
    expect(best.deadAirMs).toBeGreaterThan(0);
  });

  it("stays with the default where the recordings say nothing against it", () => {
    const { points, best } = tuneGreeting([people, machine]);
    expect(points.filter(({ falseMachine }) => falseMachine === 0).length).toBeGreaterThan(1);
    expect(best.machineAtLeast).toBe(0.66);
  });

  it("needs people and machines", () => {
    expect(() => tuneGreeting([people])).toThrow(/no recording is labelled "machine"/);
  });

  it("learns from labelled calls for how long voicemail lets it ring", () => {
    const rings = [
      { ringMs: 2_000, voicemail: false },
      { ringMs: 18_000, voicemail: true },
      { ringMs: 22_000, voicemail: true },
      { ringMs: 40_000, voicemail: false },
    ];
    expect(tuneVoicemailRing(rings)).toEqual({
      voicemailRing: { minMs: 18_000, maxMs: 22_000 },
      wrong: 0,
    });
  });
});
