import { describe, expect, it } from "vitest";
import { JitterBuffer } from "./jitter-buffer.js";

const TICKS = 160;

/** Feeds 20 ms packets that arrive on time, beginning with this one. */
function feed(buffer: JitterBuffer, first: number, count: number, startMs: number): void {
  for (let index = first; index < first + count; index++) {
    const nowMs = startMs + (index - first) * 20;
    const packet = {
      payloadType: 0,
      marker: false,
      sequence: index,
      timestamp: index * TICKS,
      ssrc: 1,
      payload: new Uint8Array(TICKS),
    };
    buffer.push(packet, TICKS, nowMs);
    buffer.pull(nowMs, TICKS);
  }
}

describe("a jitter buffer", () => {
  it("takes no hold for jitter, also where the sender's clock stood still meanwhile", () => {
    const buffer = new JitterBuffer(8000);
    feed(buffer, 0, 100, 0);
    const before = buffer.targetMs;
    feed(buffer, 100, 100, 12_000);
    expect(buffer.targetMs).toBe(before);
  });

  it("keeps packets back for as long as they come late", () => {
    const buffer = new JitterBuffer(8000);
    feed(buffer, 0, 100, 0);
    const before = buffer.targetMs;
    for (let index = 100; index < 200; index += 5) feed(buffer, index, 5, index * 20 + 80);
    expect(buffer.targetMs).toBeGreaterThan(before);
  });
});
