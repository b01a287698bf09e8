import type { MediaPort, OpenMediaOptions } from "@offhook/session";
import { afterEach, describe, expect, it } from "vitest";
import { agreed } from "../../../packages/session/src/media/testing/plane-fixture.js";
import { type ImpairedPlane, impairedPlane } from "./impaired-plane.js";
import type { Impairment } from "./impaired-relay.js";

const planes: ImpairedPlane[] = [];
afterEach(async () => {
  await Promise.all(planes.splice(0).map((plane) => plane.close()));
});

const LONG_ENOUGH_MS = 16_000;

/** Two planes of ours that talk over a network whose harm is known; the figures of one of them. */
async function figures(impairment: Impairment) {
  const near = impairedPlane(impairment, { seed: 5 });
  const far = impairedPlane({}, { seed: 6 });
  planes.push(near, far);
  const open = (plane: ImpairedPlane): MediaPort => {
    const options: OpenMediaOptions = {
      callId: "figures",
      localAddress: "127.0.0.1",
      sampleRate: 8_000,
      rtpLostMs: 5_000,
      onSignal: () => {},
    };
    return plane.open(options);
  };
  const [one, other] = [open(near), open(far)];
  const [at, otherAt] = await Promise.all([one.local, other.local]);
  one.connect(agreed(otherAt));
  other.connect(agreed(at));
  // The third report of either side, at the latest.
  await new Promise((resolve) => setTimeout(resolve, LONG_ENOUGH_MS));
  const relay = near.relays[0];
  if (!relay) throw new Error("there is no relay");
  return { stats: one.stats(), relay };
}

describe("the figures of a call", () => {
  it("are those of the network that it went over", async () => {
    const [calm, bad] = await Promise.all([
      figures({}),
      figures({ lossRate: 0.05, duplicateRate: 0.05, jitterMs: 30, delayMs: 60 }),
    ]);
    console.log("figure | calm network | 5 % loss, 5 % twice, 30 ms jitter, 60 ms each way");
    for (const name of ["packetsLost", "jitterMs", "roundTripMs", "remoteLossRate", "mos"] as const)
      console.log([name, calm.stats[name], bad.stats[name]].join(" | "));
    const { stats, relay } = bad;
    expect(Math.abs(stats.packetsLost - relay.towardsUs.lost)).toBeLessThan(10);
    expect(relay.towardsUs.lost / relay.towardsUs.seen).toBeGreaterThan(0.03);
    // Kept back by up to 30 ms each by chance: a third of it, and what a busy machine adds.
    expect(stats.jitterMs).toBeGreaterThan(7);
    expect(stats.jitterMs).toBeLessThan(18);
    expect(calm.stats.jitterMs).toBeLessThan(stats.jitterMs);
    expect(stats.roundTripMs).toBeGreaterThanOrEqual(118);
    expect(stats.roundTripMs).toBeLessThan(170);
    expect(calm.stats.roundTripMs).toBeLessThan(60);
    expect(stats.remoteLossRate).toBeGreaterThan(0.005);
    expect(stats.remoteLossRate).toBeLessThan(0.12);
    expect(calm.stats.packetsLost).toBe(0);
    expect(calm.stats.mos).toBeGreaterThan(4.2);
    expect(stats.mos).toBeGreaterThan(2.5);
    expect(stats.mos).toBeLessThan(4);
  });
});
