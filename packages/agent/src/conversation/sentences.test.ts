import { describe, expect, it } from "vitest";
import { SentenceCutter } from "./sentences.js";

function cut(...fragments: string[]): string[] {
  const cutter = new SentenceCutter();
  return [...fragments.flatMap((fragment) => cutter.add(fragment)), ...cutter.end()];
}

describe("cutting text for the voice", () => {
  it("gives a sentence as soon as its end is certain", () => {
    const cutter = new SentenceCutter();
    expect(cutter.add("Hello the")).toEqual([]);
    expect(cutter.add("re.")).toEqual([]);
    expect(cutter.add(" How are")).toEqual(["Hello there."]);
    expect(cutter.end()).toEqual(["How are"]);
  });

  it("leaves numbers, times and titles in one piece", () => {
    expect(cut("Dr. Smith sees you at 10.30 on no. 7. Fine?")).toEqual([
      "Dr. Smith sees you at 10.30 on no. 7.",
      "Fine?",
    ]);
  });

  it("speaks the first clause early, and later ones whole", () => {
    const pieces = cut(
      "If you would like to come on Monday, we op",
      "en at nine. On Tuesday, we",
      " do.",
    );
    expect(pieces).toEqual([
      "If you would like to come on Monday,",
      "we open at nine.",
      "On Tuesday, we do.",
    ]);
  });

  it("never waits for punctuation that does not come", () => {
    const pieces = cut("word ".repeat(200));
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.join(" ")).toBe("word ".repeat(200).trim());
  });

  it("loses no character, however the text is fragmented", () => {
    const text = "One, two! Three… four? “Five.” Six\nseven。eight. ";
    for (let size = 1; size < 9; size++) {
      const fragments = text.match(new RegExp(`[\\s\\S]{1,${size}}`, "g")) ?? [];
      expect(
        cut(...fragments)
          .join("")
          .replace(/\s/g, ""),
      ).toBe(text.replace(/\s/g, ""));
    }
  });
});
