import { describe, expect, it } from "vitest";
import { type Extra, hear } from "../test-support/hear.js";
import { join, mix, noise, silence, speech, tone } from "../test-support/synthetic-speech.js";

const scaled = (samples: Int16Array, levelDb: number) =>
  samples.map((sample) => sample * 10 ** (levelDb / 20));

/** A dozen people who talk at once, none of them into the phone. */
function crowd(durationMs: number): Int16Array {
  const talkers: Int16Array[] = Array.from({ length: 12 }, (_, place) => {
    const talk = speech(durationMs + 200, 2 + 7 * place);
    return scaled(talk.subarray(120 * place, 120 * place + 8 * durationMs), -16);
  });
  return talkers.reduce(mix);
}

const MACHINES = ["voicemail", "ivr", "screening", "announcement", "beep"];
const machinesIn = (samples: Int16Array, extra: Extra = {}) =>
  hear(samples, extra).verdicts.filter(({ label }) => MACHINES.includes(label));

describe("nobody at the phone", () => {
  const behind = crowd(11_000);

  it("is silence where only a crowd is heard, and never a machine", () => {
    const heard = mix(behind, noise(11_000, -50));
    expect(machinesIn(heard)).toEqual([]);
    expect(hear(heard).verdict).toMatchObject({ label: "silence", provisional: true });
  });

  it("leaves a beep among them in doubt: no greeting led up to it", () => {
    const heard = join(mix(crowd(6_000), noise(6_000, -50)), tone(400, 1_000), silence(3_000));
    const beeps = hear(heard).verdicts.filter(({ label }) => label === "beep");
    expect(beeps).toMatchObject([{ provisional: true }]);
  });

  it("is over as soon as somebody speaks into it", () => {
    const hello = join(silence(8_000), speech(900), silence(2_100));
    const { verdicts, verdict } = hear(mix(behind, hello));
    expect(verdicts[0]?.label).toBe("silence");
    expect(verdict?.label).not.toBe("silence");
  });
});

describe("a person in front of a television", () => {
  const show = scaled(speech(16_000, 41), -15);

  it("is a person still when it has talked on for long", () => {
    const said = join(silence(300), speech(700), silence(15_000));
    expect(hear(mix(said, show)).verdict?.label).toBe("human");
  });

  it("is found under it, however late the person speaks", () => {
    for (const levelDb of [-15, -18]) {
      const said = join(silence(4_000), speech(900), silence(9_100));
      const { verdicts } = hear(mix(said, scaled(speech(14_000, 41), levelDb)));
      expect(verdicts.map(({ label }) => label)).toEqual(["human"]);
      expect(verdicts[0]?.evidence[0]?.rule).toBe("voice-over-background");
    }
  });

  it("has not said what the television does, when that stops", () => {
    const said = join(silence(300), speech(900), silence(12_800));
    expect(machinesIn(mix(said, scaled(speech(14_000, 41), -12)))).toEqual([]);
  });
});

describe("talk without any pause", () => {
  it("is a recording after eight seconds, provisionally", () => {
    const { verdict, verdicts } = hear(join(silence(300), speech(12_000)));
    expect(verdicts[0]?.atMs).toBeLessThan(8_800);
    expect(verdict).toMatchObject({ label: "voicemail", provisional: true });
  });

  it("is a certain one when it says the same again without a pause", () => {
    const said = speech(3_600, 3);
    const { verdict } = hear(join(silence(300), said, said, said, said));
    expect(verdict).toMatchObject({ label: "announcement", kind: "repeated", provisional: false });
  });

  it("is a person's who was asked", () => {
    const asked = join(silence(300), speech(600), silence(2_400), speech(14_000, 8));
    const agentSpeech = [{ fromMs: 1_300, untilMs: 3_000 }];
    expect(machinesIn(asked, { agentSpeech })).toEqual([]);
  });

  it("is a beep's greeting, where a beep ends it", () => {
    const said = join(silence(300), speech(9_000), silence(500), tone(400, 1_000), silence(800));
    expect(hear(said).verdicts.map(({ label }) => label)).toContain("beep");
  });
});
