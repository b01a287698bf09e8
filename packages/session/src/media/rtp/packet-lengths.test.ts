import { describe, expect, it } from "vitest";
import { concatAudio } from "../send/tones.js";
import { likeness } from "../testing/correlation.js";
import { sweep } from "../testing/plane-fixture.js";
import { VirtualLine } from "../testing/virtual-line.js";

const pcmu = { name: "PCMU", payloadType: 0, clockRate: 8000 };
const g722 = { name: "G722", payloadType: 9, clockRate: 8000 };
const opus = { name: "OPUS", payloadType: 107, clockRate: 48_000, channels: 2 };

/** How many packets a peer sends in a second when `packetMs` was agreed; it has to be heard, too. */
function packetsPerSecond(codec: typeof pcmu, packetMs: number): number {
  const line = new VirtualLine({ codec, agreed: { packetMs } });
  line.run(1_000);
  const before = line.far.stats.packetsSent;
  const said = sweep(600, line.sampleRate);
  line.far.playout.write(said);
  const heard = concatAudio(...line.run(1_000));
  expect(likeness(heard, said, 1_600)).toBeGreaterThan(0.9);
  return line.far.stats.packetsSent - before;
}

describe("packets", () => {
  it.each([
    [pcmu, 10, 100],
    [pcmu, 30, 33],
    [g722, 45, 22],
    [pcmu, 60, 17],
    [opus, 10, 100],
    [opus, 60, 17],
  ])("are as long as was agreed: %o, %d ms", (codec, packetMs, count) => {
    expect(Math.abs(packetsPerSecond(codec, packetMs) - count)).toBeLessThanOrEqual(1);
  });

  it.each([
    [pcmu, 12, 100],
    [pcmu, 22.5, 50],
    [opus, 15, 100],
    [opus, 30, 50],
    [opus, 55, 25],
    [pcmu, 3, 100],
    [pcmu, 200, 17],
  ])("are the next shorter where that cannot be made: %o, %d ms", (codec, packetMs, count) => {
    expect(Math.abs(packetsPerSecond(codec, packetMs) - count)).toBeLessThanOrEqual(1);
  });
});
