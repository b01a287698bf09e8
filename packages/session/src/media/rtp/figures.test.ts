import { describe, expect, it } from "vitest";
import { type Network, VirtualLine } from "../testing/virtual-line.js";
import { estimateMos } from "./quality.js";

/** The figures of a call of two minutes over such a network, and how much was sent in it. */
function figures(network: Network) {
  const line = new VirtualLine({ network });
  line.run(120_000, () => {});
  return { ...line.near.stats, sent: line.far.stats.packetsSent };
}

describe("the figures of a call", () => {
  for (const lossRate of [0, 0.01, 0.05, 0.2]) {
    it(`tell ${100 * lossRate} % of loss, also where packets come twice or out of order`, () => {
      for (const more of [{}, { duplicateRate: 0.1 }, { duplicateRate: 0.05, jitterMs: 60 }]) {
        const { packetsLost, packetsReceived, sent } = figures({ seed: 21, lossRate, ...more });
        expect(Math.abs(packetsLost / sent - lossRate)).toBeLessThanOrEqual(
          lossRate === 0 ? 0.0005 : 0.012,
        );
        const unique = packetsReceived / (1 + (more.duplicateRate ?? 0));
        expect(Math.abs((unique + packetsLost) / sent - 1)).toBeLessThan(0.02);
      }
    });
  }

  it("tell the jitter: a third of the width where packets are kept back by chance", () => {
    for (const jitterMs of [0, 15, 60]) {
      const figure = figures({ seed: 22, jitterMs }).jitterMs;
      expect(Math.abs(figure - jitterMs / 3)).toBeLessThan(0.3 * (jitterMs / 3) + 0.1);
    }
  });

  it("do not count a packet as late because it came twice", () => {
    const calm = figures({ seed: 23, jitterMs: 40 });
    const doubled = figures({ seed: 23, jitterMs: 40, duplicateRate: 0.3 });
    const share = ({ packetsLate = 0, sent }: typeof calm) => packetsLate / sent;
    expect(share(doubled)).toBeLessThan(share(calm) + 0.005);
  });

  it("go on over a change to a codec with another clock", () => {
    const events = { name: "TELEPHONE-EVENT", payloadType: 101, clockRate: 8000 };
    const opus = { name: "OPUS", payloadType: 107, clockRate: 48_000, channels: 2 };
    const line = new VirtualLine({ network: { seed: 25, jitterMs: 250 } });
    line.connectNear({ receive: [...line.codecs, opus, events] });
    line.run(3_000);
    const { packetsLate: late = 0 } = line.near.stats;
    expect(late).toBeGreaterThan(0);
    const remote = { address: "192.0.2.2", port: 4000 };
    const agreed = { remote, direction: "sendrecv", receive: [opus], packetMs: 20 } as const;
    line.far.connect({ ...agreed, send: opus }, line.nowMs / 5, line.nowMs);
    line.run(400);
    expect(line.near.stats.packetsLate).toBeGreaterThanOrEqual(late);
  });

  it("give a good line a good mark, and a worse one a worse", () => {
    const marks = [0, 0.01, 0.05, 0.2].map((lossRate) => figures({ lossRate, seed: 24 }).mos ?? 0);
    expect(marks[0]).toBeGreaterThan(4.3);
    expect(marks[1]).toBeGreaterThan(4);
    expect(marks[2]).toBeGreaterThan(3);
    expect(marks[2]).toBeLessThan(4);
    expect(marks[3]).toBeLessThan(2.8);
    expect([...marks].sort((one, other) => other - one)).toEqual(marks);
    const far = estimateMos({ lossRate: 0, roundTripMs: 800, bufferMs: 60 });
    expect(far).toBeLessThan(3.6);
    for (const lossRate of [-1, 0, 0.5, 1, 2])
      for (const roundTripMs of [0, 30_000]) {
        const mos = estimateMos({ lossRate, roundTripMs, bufferMs: 300 });
        expect(mos).toBeGreaterThanOrEqual(1);
        expect(mos).toBeLessThanOrEqual(4.5);
      }
  });
});
