import { describe, expect, it } from "vitest";
import { DigitWays } from "./digit-ways.js";

type Via = "rtp" | "info" | "audio";

/** `5 rtp 1000` is a 5 by telephone-event at 1,000 ms, held for 100 ms or as long as said. */
function told(...presses: readonly string[]): string[] {
  const ways = new DigitWays();
  return presses.filter((press) => {
    const [digit = "", via, at, held = "100"] = press.split(" ");
    const durationMs = Number(held);
    return ways.isNew({ type: "dtmf", digit, via: via as Via, durationMs }, Number(at));
  });
}

describe("a key press", () => {
  it("counts once, whichever of its ways comes first", () => {
    expect(told("5 rtp 1000", "5 info 1010", "5 audio 1200")).toEqual(["5 rtp 1000"]);
    expect(told("5 info 1000", "5 rtp 1100")).toEqual(["5 info 1000"]);
    expect(told("5 audio 1000", "5 rtp 1150")).toEqual(["5 audio 1000"]);
  });

  it("counts once when INFO told of its beginning and the events of its end", () => {
    expect(told("5 info 1000", "5 rtp 4100 3000")).toEqual(["5 info 1000"]);
  });

  it("counts as often as it happened, each time by two ways", () => {
    expect(told("5 rtp 1000", "5 rtp 1200", "5 info 1210", "5 info 1400")).toEqual([
      "5 rtp 1000",
      "5 rtp 1200",
    ]);
    expect(told("1 rtp 1000", "1 info 1001", "2 rtp 1200", "2 info 1201", "1 rtp 1400")).toEqual([
      "1 rtp 1000",
      "2 rtp 1200",
      "1 rtp 1400",
    ]);
  });

  it("is another one when it is another digit, the same way, or much later", () => {
    const presses = ["1 rtp 1000", "2 info 1000", "2 info 1100", "1 info 3000"];
    expect(told(...presses)).toEqual(presses);
  });

  it("is told to a peer that repeats itself for ever without being remembered for ever", () => {
    const ways = new DigitWays();
    for (let count = 0; count < 10_000; count++) {
      const signal = { type: "dtmf", digit: "1", durationMs: 6_000, via: "info" } as const;
      expect(ways.isNew(signal, count)).toBe(true);
    }
    expect(Object.values(ways)[0]).toHaveLength(32);
  });
});
