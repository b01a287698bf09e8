import { describe, expect, it } from "vitest";
import type { LegSignal } from "../vocabulary.js";
import { simulateCarrier } from "./simulated-carrier.js";

async function answered() {
  const carrier = simulateCarrier({
    "+12025550101": (callee) => callee.answer(),
    "+12025550150": (callee) => callee.ring({ durationMs: 2_000 }).answer(),
    "+12025550151": (callee) => callee.earlyMedia().speak("hello").reject(486),
    "+12025550152": (callee) => callee.ignore(),
  });
  const place = (to: string) => {
    const told: { signal: LegSignal; atMs: number }[] = [];
    const leg = carrier.placeCall(
      { callId: to, destination: carrier.parseDestination(to) },
      { onSignal: (signal) => told.push({ signal, atMs: carrier.clock.nowMs() }) },
    );
    const transfers = () =>
      told.flatMap(({ signal, atMs }) =>
        signal.type === "transfer"
          ? [`${signal.progress.status} ${signal.progress.sipStatus}@${atMs}`]
          : [],
      );
    return { leg, told, transfers };
  };
  const call = place("+12025550101");
  await carrier.clock.advanceBy(0);
  return { carrier, place, ...call };
}

describe("simulated transfer", () => {
  it("reports how the call to the target goes", async () => {
    const { carrier, leg, transfers } = await answered();
    leg.refer?.("+12025550150");
    await carrier.clock.advanceBy(5_000);
    expect(transfers()).toEqual([
      "accepted 202@0",
      "trying 100@0",
      "ringing 180@0",
      "completed 200@2000",
    ]);
    leg.bye();
    expect(carrier.clock.pendingTimers).toBe(0);
  });

  it.each([
    ["+12025550151", /^failed 486@5\d\d/],
    ["+12025550152", /^failed 408@32000$/],
    ["+12025550199", /^failed 404@0$/],
  ])("reports that %s could not be reached", async (target, last) => {
    const { carrier, leg, transfers } = await answered();
    leg.refer?.(target);
    await carrier.clock.advanceBy(60_000);
    expect(transfers().at(-1)).toMatch(last);
  });

  it("hands over to the leg it was discussed on, which then ends", async () => {
    const { carrier, leg, place, transfers } = await answered();
    const other = place("+12025550150");
    await carrier.clock.advanceBy(3_000);
    leg.refer?.("+12025550150", { replaces: other.leg });
    await carrier.clock.advanceBy(10);
    expect(transfers()).toEqual(["accepted 202@3000", "completed 200@3000"]);
    expect(other.told.at(-1)?.signal.type).toBe("far_side_ended");
    leg.bye();
    expect(carrier.openLegs).toBe(0);
  });

  it("stops reporting when the call ends first", async () => {
    const { carrier, leg, transfers } = await answered();
    leg.refer?.("+12025550150");
    await carrier.clock.advanceBy(1_000);
    leg.bye();
    await carrier.clock.advanceBy(5_000);
    expect(transfers().at(-1)).toBe("ringing 180@0");
    expect(carrier.clock.pendingTimers).toBe(0);
  });

  it("holds and takes off hold", async () => {
    const { carrier, leg, told } = await answered();
    leg.hold?.(true);
    leg.hold?.(false);
    await carrier.clock.advanceBy(1);
    const held = told.flatMap(({ signal }) => (signal.type === "held" ? [signal.held] : []));
    expect(held).toEqual([true, false]);
  });
});
