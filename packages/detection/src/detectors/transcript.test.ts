import { describe, expect, it } from "vitest";
import { replayAudio } from "../replay/replay-audio.js";
import { silence } from "../test-support/synthetic-speech.js";
import { type TranscriberPort, type TranscriptModelPort, transcript } from "./transcript.js";

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

  it("refuses options without a transcriber", () => {
    expect(() => transcript({} as never)).toThrow(/transcript: option "transcriber"/);
  });
});
