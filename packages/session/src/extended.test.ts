import { describe, expect, it } from "vitest";
import { extended } from "./extended.js";

describe("an extended copy", () => {
  it("has what the first says, in its order, and the last word of the second", () => {
    const copy = extended({ callId: "a", atMs: 1 }, { atMs: 2, media: "PCMU" });
    expect(Object.entries(copy)).toEqual([
      ["callId", "a"],
      ["atMs", 2],
      ["media", "PCMU"],
    ]);
  });

  it("leaves the first as it is", () => {
    const first = { callId: "a" };
    expect(extended(first, { callId: "b" })).not.toBe(first);
    expect(first).toEqual({ callId: "a" });
  });
});
