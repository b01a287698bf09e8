import { describe, expect, it } from "vitest";
import { CLIPS } from "./clips.js";
import { LABEL_NUMBERS } from "./label-numbers.js";
import { calleesOf, LOOPBACK_NUMBERS, numberTable } from "./numbers.js";
import { scenarioOf } from "./scenario.js";
import { simulateCarrier } from "./simulated-carrier.js";

const rows = [...LOOPBACK_NUMBERS, ...LABEL_NUMBERS];

describe("the table of numbers", () => {
  it("has each number once, all of them set aside for fiction", () => {
    const numbers = rows.map(({ number }) => number);
    expect(new Set(numbers).size).toBe(numbers.length);
    for (const { number, script } of rows)
      expect(script ? /^\+120255501\d\d$/.test(number) : number === "+1202").toBe(true);
  });

  it("writes scenarios that make sense, and that can be stored", () => {
    for (const { number, script } of rows) {
      if (!script) continue;
      const { steps } = scenarioOf(script, { to: number, from: undefined, headers: {} });
      expect(JSON.parse(JSON.stringify(steps)).length).toBe(steps.length);
    }
  });

  it("speaks every clip that is not the agent's", () => {
    const spoken: readonly string[] = rows.flatMap(({ number, script }) =>
      script
        ? scenarioOf(script, { to: number, from: undefined, headers: {} }).steps.map((step) =>
            "audio" in step && typeof step.audio === "string" ? step.audio : "",
          )
        : [],
    );
    const unused = Object.keys(CLIPS).filter((name) => !spoken.includes(name));
    expect(unused).toEqual(["reminder"]);
  });

  it("lets the demo be patient or in a hurry", async () => {
    const carrier = simulateCarrier(calleesOf(numberTable({ ringMs: 12_000 })));
    let rangMs: number | undefined;
    const destination = carrier.parseDestination("+12025550104");
    const rejected = new Promise<void>((resolve) => {
      carrier.placeCall(
        { callId: "patient", destination },
        {
          onSignal({ type }) {
            if (type !== "rejected") return;
            rangMs = carrier.clock.nowMs();
            resolve();
          },
        },
      );
    });
    await carrier.clock.runUntil(rejected);
    expect(rangMs).toBe(12_000);
  });
});
