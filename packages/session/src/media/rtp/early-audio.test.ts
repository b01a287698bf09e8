import { describe, expect, it } from "vitest";
import { concatAudio } from "../send/tones.js";
import { likeness } from "../testing/correlation.js";
import { sweep } from "../testing/plane-fixture.js";
import { VirtualLine } from "../testing/virtual-line.js";

const RATE = 8_000;
const said = sweep(600, RATE);

describe("a peer that speaks before its answer is read", () => {
  it("is heard at once where our offer is out in the clear", () => {
    const line = new VirtualLine({ unanswered: true });
    line.near.expect(line.codecs);
    line.far.playout.write(said);
    const heard = concatAudio(...line.run(800));
    expect(likeness(heard, said, 160)).toBeGreaterThan(0.98);
    expect(line.signals).toEqual([{ type: "audio_started" }]);
    expect(line.near.target).toBeUndefined();
  });

  it("is not cut off when the answer names where it speaks from, or somewhere else", () => {
    for (const remote of [
      { address: "192.0.2.1", port: 4000 },
      { address: "10.0.0.1", port: 4000 },
    ]) {
      const line = new VirtualLine({ unanswered: true });
      line.near.expect(line.codecs);
      line.far.playout.write(said);
      const before = line.run(300);
      line.connectNear({ remote });
      const heard = concatAudio(...before, ...line.run(500));
      expect(likeness(heard, said, 160)).toBeGreaterThan(0.98);
      expect(line.near.target).toEqual({ address: "192.0.2.1", port: 4000 });
    }
  });

  it("is heard from its first word where only the answer tells how to read it", () => {
    const line = new VirtualLine({ unanswered: true });
    line.far.playout.write(said);
    expect(line.run(120)).toEqual([]);
    expect(line.signals).toEqual([]);
    line.connectNear();
    const heard = concatAudio(...line.run(900));
    expect(likeness(heard.subarray(0, 1_600), said.subarray(0, 800), 160)).toBeGreaterThan(0.98);
    expect(line.near.stats).toMatchObject({ packetsLost: 0, packetsDropped: 0 });
  });

  it("takes up no more room than about a second of packets", () => {
    const line = new VirtualLine({ unanswered: true });
    line.run(60_000);
    line.connectNear();
    expect(line.near.stats.packetsReceived).toBeLessThanOrEqual(51);
    expect(line.near.stats.packetsDropped).toBeGreaterThan(2_900);
  });
});
