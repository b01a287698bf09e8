import type { Verdict } from "@offhook/session/vocabulary";
import { describe, expect, it } from "vitest";
import { createPanel, type DetectorFault } from "../panel.js";
import { replayAudio } from "../replay/replay-audio.js";
import { VirtualClock } from "../replay/virtual-clock.js";
import { silence } from "../test-support/synthetic-speech.js";
import { type TranscriberPort, transcript } from "./transcript.js";
import type { TranscriptModelPort } from "./transcript-model.js";

/** Says its phrases one by one, a second of audio apart. */
function scripted(...phrases: string[]): TranscriberPort & { closed: boolean } {
  const port = {
    closed: false,
    open(_: unknown, onText: (text: string) => void) {
      let heard = 0;
      return {
        push(samples: Int16Array) {
          heard += samples.length;
          if (heard % 8_000 === 0) {
            const text = phrases[heard / 8_000 - 1];
            if (text !== undefined) onText(text);
          }
        },
        close() {
          port.closed = true;
        },
      };
    },
  };
  return port;
}

function hear(transcriber: TranscriberPort, model?: TranscriptModelPort) {
  return replayAudio({
    detectors: [transcript({ transcriber, ...(model ? { model } : {}) })],
    samples: silence(6_000),
    sampleRate: 8_000,
    deadAir: false,
  });
}

/** A call that is spoken to by hand. */
function live(model?: TranscriptModelPort) {
  const clock = new VirtualClock();
  const verdicts: Verdict[] = [];
  const faults: DetectorFault[] = [];
  let onText: (text: string) => void = () => {};
  const transcriber: TranscriberPort = {
    open(_, hear) {
      onText = hear;
      return { push() {}, close() {} };
    },
  };
  const panel = createPanel({
    detectors: [transcript({ transcriber, ...(model ? { model } : {}) })],
    clock,
    call: { callId: "live", direction: "outbound" },
    onVerdict: (verdict) => verdicts.push(verdict),
    onFault: (fault) => faults.push(fault),
    deadAir: false,
  });
  return {
    clock,
    panel: {
      faults,
      say: (text: string) => onText(text),
      answer: () =>
        panel.onSignal({
          type: "answered",
          atMs: clock.nowMs(),
          answer: { status: 200, phrase: "OK", usableMedia: true, crossedCancel: false },
        }),
      close: () => panel.close(),
    },
    opinions: () => verdicts.map(({ label, evidence }) => `${label} ${evidence[0]?.rule}`),
  };
}

describe("the transcript detector", () => {
  const said = [
    ["Please leave a message after the tone.", "voicemail", undefined],
    ["Laissez-moi un message après le bip.", "voicemail", undefined],
    ["Bitte hinterlassen Sie eine Nachricht nach dem Signalton.", "voicemail", undefined],
    ["Para ventas, marque uno.", "ivr", undefined],
    ["For sales, press one.", "ivr", undefined],
    ["Record your name and reason for calling.", "screening", undefined],
    ["The number you have dialed has been changed.", "announcement", "number_changed"],
    ["The number you have dialed is not in service.", "announcement", "not_in_service"],
    ["Die gewählte Rufnummer ist nicht vergeben.", "announcement", "not_in_service"],
    ["Hello?", "human", undefined],
  ] as const;
  for (const [text, label, kind] of said)
    it(`takes "${text}" for ${kind ?? label}`, () => {
      const { verdict } = hear(scripted(text));
      expect(verdict?.label).toBe(label);
      expect(verdict?.kind).toBe(kind);
    });

  it("finds a phrase that came in two parts, and revises what it thought at first", () => {
    const { verdicts } = hear(scripted("Hello", "you've reached Tom, please leave", "a message"));
    expect(verdicts[0]).toMatchObject({ label: "human", provisional: true });
    expect(verdicts.at(-1)).toMatchObject({ label: "voicemail", provisional: false });
  });

  it("keeps the words out of the verdict", () => {
    const { verdict } = hear(scripted("You've reached Tom Parker, leave a message"));
    expect(JSON.stringify(verdict).toLowerCase()).not.toContain("parker");
  });

  it("lets a failing model cost nothing, and closes its transcriber with the call", async () => {
    const transcriber = scripted("For sales, press one.");
    const { verdict, faults } = hear(transcriber, {
      judge: () => Promise.reject(new Error("down")),
    });
    await new Promise(setImmediate);
    expect(verdict?.label).toBe("ivr");
    expect(faults).toEqual([]);
    expect(transcriber.closed).toBe(true);
  });

  it("reports a transcriber that gives no text, and throws nothing into it", () => {
    for (const nonsense of [null, 7, {}]) {
      const { verdict, faults } = hear(scripted("Hello?", nonsense as never, "press one"));
      expect(faults.map(({ message }) => message)).toEqual([
        expect.stringContaining("the transcriber gave"),
      ]);
      expect(verdict?.label).toBe("human");
    }
  });

  it("reports a transcriber that opens nothing, once", () => {
    const { faults } = hear({ open: () => undefined as never });
    expect(faults).toHaveLength(1);
    expect(faults[0]?.message).toContain("push() and close()");
  });

  it("closes a transcriber that opened only half of what it should", () => {
    let closed = 0;
    const half = { close: () => closed++ };
    const { faults } = hear({ open: () => half as never });
    expect(faults).toHaveLength(1);
    expect(closed).toBe(1);
  });

  const settled = async () => {
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  };

  it("takes nonsense of a model for no opinion, also where it throws at once", async () => {
    const answers = [
      { label: "dog", confidence: 0.99 },
      { label: "unknown", confidence: 0.99 },
      { label: "human", confidence: Number.NaN },
      { label: "human", confidence: 7 },
      "human",
      undefined,
    ];
    const judges = answers.map((answer) => () => Promise.resolve(answer));
    const throwing = () => {
      throw new Error("no model today");
    };
    for (const judge of [...judges, throwing]) {
      const { opinions, panel } = live({ judge: judge as never });
      panel.say("For sales, press one.");
      await settled();
      expect(opinions()).toEqual(["ivr phrase-press-a-key"]);
      expect(panel.faults).toEqual([]);
    }
  });

  it("asks a model one thing at a time, and aborts it when it hangs", async () => {
    const asked: { text: string; signal: AbortSignal }[] = [];
    const { panel, clock } = live({
      judge(text, { signal }) {
        asked.push({ text, signal });
        return new Promise(() => {});
      },
    });
    for (const words of ["one", "two", "three"]) panel.say(words);
    expect(asked.map(({ text }) => text)).toEqual(["one"]);
    clock.advanceTo(8_100);
    await settled();
    expect(asked.map(({ text }) => text)).toEqual(["one", "one two three"]);
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    panel.close();
    expect(asked[1]?.signal.aborted).toBe(true);
  });

  it("forgets at the answer what the network said before", () => {
    const { panel, opinions } = live();
    panel.say("The number you have dialed is not in service.");
    panel.answer();
    panel.say("Hello?");
    expect(opinions()).toEqual(["announcement phrase-not-in-service", "human phrase-hello"]);
  });

  it("refuses options without a transcriber", () => {
    expect(() => transcript({} as never)).toThrow(/transcript: option "transcriber"/);
  });
});
