import { LABEL_NUMBERS, LOOPBACK_NUMBERS } from "@offhook/session/testing";
import { describe, expect, it } from "vitest";
import { carrierTable } from "./carrier-command.js";

describe("offhook carrier", () => {
  it("lists the demo's numbers first, as the demo has them, with how a call ends", () => {
    const demo = carrierTable().slice(0, LOOPBACK_NUMBERS.length);
    expect(demo).toHaveLength(21);
    for (const [index, { number, callee, expected }] of LOOPBACK_NUMBERS.entries())
      expect(demo[index]?.split(/ {2,}/).join(" ")).toBe(`${number} ${callee} ${expected}`);
  });

  it("then lists a number for everything that detectors tell apart", () => {
    const heard = carrierTable().slice(LOOPBACK_NUMBERS.length);
    expect(heard).toHaveLength(LABEL_NUMBERS.length);
    for (const [index, { number, callee, label, kind = "" }] of LABEL_NUMBERS.entries()) {
      expect(heard[index]).toContain(`${number}   ${callee} `);
      expect(heard[index]?.split(" label ")[1]).toBe(kind === "" ? label : `${label} (${kind})`);
    }
  });
});
