import type { CallSignal } from "@offhook/session/vocabulary";
import { describe, expect, it } from "vitest";
import { type Extra, hear } from "../test-support/hear.js";
import { join, mix, noise, silence, speech, tone } from "../test-support/synthetic-speech.js";

const answered = (atMs: number): CallSignal => ({
  type: "answered",
  atMs,
  answer: { status: 200, phrase: "OK", usableMedia: true, crossedCancel: false },
});

const menu = join(speech(4_000, 3), silence(400), speech(4_000, 5));

describe("a machine that says the same again", () => {
  it("is a menu when it waited for a key first, though it passed for voicemail until then", () => {
    const { verdicts, verdict } = hear(
      join(silence(300), menu, silence(4_000), menu, silence(500)),
    );
    expect(verdicts[0]).toMatchObject({ label: "voicemail", provisional: true });
    expect(verdict).toMatchObject({ label: "ivr", kind: "repeated" });
    expect(verdict?.evidence[0]?.rule).toBe("same-words-after-waiting");
  });

  it("is an announcement when it starts over at once", () => {
    const said = join(silence(300), menu, silence(1_000), menu, silence(500));
    expect(hear(said).verdict).toMatchObject({ label: "announcement", kind: "repeated" });
  });

  it("is known again on another level and a noisy line", () => {
    const quieter = menu.map((sample) => sample / 3);
    const said = join(silence(300), menu, silence(4_000), quieter, silence(500));
    expect(hear(mix(said, noise(said.length / 8, -42))).verdict?.label).toBe("ivr");
  });

  it("is a menu with doubt when the words differ", () => {
    const words = speech(3_500, 11);
    const other = words.map((_, index) => words[Math.floor(index * 0.8)] ?? 0);
    const { verdict } = hear(join(silence(300), menu, silence(4_000), other, silence(500)));
    expect(verdict).toMatchObject({ label: "ivr", provisional: true });
    expect(verdict?.confidence).toBeLessThan(0.8);
  });

  it("is a menu though it pauses between its options, and begs our pardon first", () => {
    const option = (seed: number) => join(speech(2_600, seed), silence(800));
    const options = join(option(3), option(5), option(7));
    const again = join(speech(1_200, 17), silence(800), options);
    const { verdict } = hear(join(silence(300), options, silence(3_400), again, silence(500)));
    expect(verdict).toMatchObject({ label: "ivr", kind: "repeated", provisional: false });
  });

  it("is a menu with doubt when it only says that nothing was chosen, in two breaths", () => {
    const excuse = join(speech(1_500, 31), silence(700), speech(1_500, 33));
    const { verdict } = hear(join(silence(300), menu, silence(4_000), excuse, silence(2_000)));
    expect(verdict).toMatchObject({ label: "ivr", provisional: true });
    expect(verdict?.evidence[0]?.rule).toBe("prompts-again-after-waiting");
  });

  it("is not a person who says hello again", () => {
    const hello = speech(600, 3);
    const said = join(silence(300), hello, silence(2_500), hello, silence(2_500), hello);
    expect(hear(join(said, silence(3_500))).verdict?.label).toBe("human");
  });

  it("is not a voicemail that beeped", () => {
    const said = join(silence(300), menu, silence(600), tone(400, 1_000), silence(3_000));
    expect(hear(join(said, speech(4_000, 11))).verdict?.label).toBe("voicemail");
  });
});

describe("a screening assistant", () => {
  const asked = join(silence(200), speech(5_000, 3), silence(4_000));
  const dialing: CallSignal = { type: "dialing", atMs: 0 };
  const after = (ms: number): Extra => ({ signals: [dialing, answered(ms)] });

  it("answers without ringing, asks and waits", () => {
    const { verdict } = hear(asked, after(400));
    expect(verdict).toMatchObject({ label: "screening", provisional: true });
    expect(verdict?.evidence[0]?.inputs).toMatchObject({ answeredAfterMs: 400 });
  });

  it("is a voicemail after all when it beeps", () => {
    const beeps = join(asked, tone(400, 1_000), silence(1_000));
    expect(hear(beeps, after(400)).verdict).toMatchObject({ label: "voicemail" });
  });

  it("is not what a trunk rings after its answer", () => {
    const rings = join(tone(2_000, 440, 480), silence(4_000), asked);
    expect(hear(rings, after(400)).verdict?.label).not.toBe("screening");
  });

  it("is not what rang for as long as phones do", () => {
    expect(hear(asked, after(9_000)).verdict).toMatchObject({ label: "voicemail" });
  });

  it("is a close runner-up where nothing tells how long it rang", () => {
    const { verdict } = hear(join(asked, silence(1_500)));
    expect(verdict).toMatchObject({
      label: "voicemail",
      provisional: true,
      runnerUp: { label: "screening" },
    });
    expect(verdict?.runnerUp?.margin).toBeLessThan(0.3);
  });
});

describe("who answers what we say after a long greeting", () => {
  const dialing: CallSignal = { type: "dialing", atMs: 0 };
  const rangMs = { atOnce: 400, once: 1_200, aWhile: 7_000 } as const;

  /** Greets, is silent while we speak for 2.4 s, answers with 1.6 s, and is silent again. */
  const reacts = (greetingMs: number, answeredAtMs: number, then = silence(3_000)) => {
    const greeting = join(silence(200), speech(greetingMs, 3), silence(1_400));
    const weSpeakMs = answeredAtMs + greeting.length / 8;
    return hear(join(greeting, silence(2_800), speech(1_600, 9), silence(3_000), then), {
      signals: [dialing, answered(answeredAtMs)],
      agentSpeech: [{ fromMs: weSpeakMs, untilMs: weSpeakMs + 2_400 }],
    }).verdict;
  };

  it("is a screening assistant where nothing rang", () => {
    expect(reacts(4_500, rangMs.atOnce)).toMatchObject({
      label: "screening",
      provisional: true,
      runnerUp: { label: "human" },
    });
  });

  it("is one after any ringing, where nobody greets for as long", () => {
    expect(reacts(8_000, rangMs.aWhile)).toMatchObject({ label: "screening" });
  });

  it("is a receptionist where it rang, and where the greeting was a person's", () => {
    expect(reacts(4_500, rangMs.aWhile)).toMatchObject({ label: "human" });
    // A hand may have been as quick as that.
    expect(reacts(4_500, rangMs.once)).toMatchObject({ label: "human" });
    expect(reacts(1_500, rangMs.atOnce)).toMatchObject({ label: "human", provisional: false });
  });

  it("is a person in the end when somebody comes to the phone", () => {
    for (const ms of [rangMs.atOnce, rangMs.aWhile])
      expect(reacts(8_000, ms, join(speech(600, 21), silence(1_500)))).toMatchObject({
        label: "human",
        provisional: false,
      });
  });
});

describe("the end of a greeting", () => {
  it("is told within a second and a half, and taken back when the greeting goes on", () => {
    const said = join(silence(300), speech(7_000, 3), silence(2_000), speech(3_000, 5));
    const kinds = hear(said).verdicts.map(({ label, kind }) => `${label} ${kind ?? ""}`.trim());
    const ended = kinds.indexOf("voicemail greeting_end");
    expect(ended).toBeGreaterThanOrEqual(0);
    expect(kinds.slice(ended + 1)).toContain("voicemail");
    const first = hear(said).verdicts.find(({ kind }) => kind === "greeting_end");
    expect(first?.atMs).toBeGreaterThan(8_000);
    expect(first?.atMs).toBeLessThan(8_800);
  });
});

describe("speech before answer", () => {
  const early = (samples: Int16Array, extra: Extra = {}) =>
    hear(samples, { signals: [], audioFromMs: 0, ...extra });
  const greeting = join(silence(300), speech(4_000, 3));

  it("is never a person, and only perhaps a greeting", () => {
    const { verdicts, verdict } = early(join(silence(300), speech(700), silence(6_000)));
    expect(verdicts).toEqual([]);
    expect(verdict).toBeUndefined();
    expect(early(join(greeting, silence(4_000))).verdict).toMatchObject({
      label: "voicemail",
      kind: "before_answer",
      provisional: true,
      runnerUp: { label: "announcement" },
    });
  });

  it("is a voicemail's once it beeps", () => {
    const { verdicts } = early(join(greeting, silence(500), tone(400, 1_000), silence(2_000)));
    expect(verdicts.map(({ label }) => label)).toContain("beep");
    expect(verdicts.every(({ phase }) => phase === "before_answer")).toBe(true);
  });

  it("is an announcement when it is repeated", () => {
    const again = join(silence(300), menu, silence(3_000), menu, silence(2_500));
    expect(early(again).verdict?.label).toBe("announcement");
  });

  it("proves nothing when it rings on afterwards, and nothing of it outlives the answer", () => {
    const ringing = join(tone(2_000, 440, 480), silence(4_000));
    const said = join(greeting, silence(2_500), ringing, ringing);
    expect(early(said).verdict?.label).toBe("ringback");
    const { verdicts } = early(join(said, silence(300), speech(600), silence(3_500)), {
      signals: [answered(18_800)],
    });
    const after = verdicts.filter(({ phase }) => phase === "after_answer");
    expect(new Set(after.map(({ label }) => label))).toEqual(new Set(["human"]));
  });

  it("is a recording's when it goes on across the answer", () => {
    const { verdicts } = early(join(greeting, speech(1_500, 5)), { signals: [answered(3_000)] });
    expect(verdicts[0]).toMatchObject({ label: "voicemail", phase: "after_answer" });
    expect(verdicts[0]?.evidence[0]?.rule).toBe("talks-on-across-answer");
  });

  it("counts as the greeting of a beep right after the answer", () => {
    const said = join(greeting, silence(1_200), tone(400, 1_000), silence(1_000));
    const { verdicts } = early(said, { signals: [answered(4_800)] });
    expect(verdicts.map(({ label }) => label)).toContain("beep");
  });

  it("is ringback when it is music, whatever it plays", () => {
    const notes = Array.from({ length: 16 }, (_, note) =>
      tone(450, 262 + 40 * (note % 5), 450 + 70 * (note % 4)),
    );
    const { verdicts } = early(join(...notes));
    expect(new Set(verdicts.map(({ label }) => label))).toEqual(new Set(["ringback"]));
    expect(verdicts.every(({ provisional }) => provisional)).toBe(true);
  });
});
