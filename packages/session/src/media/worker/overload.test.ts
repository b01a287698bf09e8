import { describe, expect, it } from "vitest";
import { type LoadSample, OverloadGuard } from "./overload.js";

const CALM: LoadSample = {
  ticks: 200,
  lateTicks: 2,
  legs: 300,
  expectedPackets: 15_000,
  lostPackets: 5,
};
const LATE: LoadSample = { ...CALM, lateTicks: 60 };
const LOSSY: LoadSample = { ...CALM, lostPackets: 200 };

function after(...samples: readonly LoadSample[]): boolean {
  const guard = new OverloadGuard();
  for (const sample of samples) guard.take(sample);
  return guard.overloaded;
}

describe("admission control", () => {
  it("closes the door after three bad seconds in a row, by lateness or by loss", () => {
    expect(after(LATE, LATE)).toBe(false);
    expect(after(LATE, LATE, CALM, LATE)).toBe(false);
    expect(after(LATE, LOSSY, LATE)).toBe(true);
  });

  it("opens it again after three good ones", () => {
    const bad = [LATE, LATE, LATE];
    expect(after(...bad, CALM, CALM)).toBe(true);
    expect(after(...bad, CALM, CALM, CALM)).toBe(false);
  });

  it("never closes it over a few calls: one bad network, or a machine busy with other things", () => {
    const few = { ...LATE, legs: 10, expectedPackets: 500, lostPackets: 250 };
    expect(after(few, few, few)).toBe(false);
  });
});
