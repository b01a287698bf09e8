import { describe, expect, it } from "vitest";
import { type Played, Playout } from "./playout.js";

const RATE = 8000;
const FRAME = 160;

function ramp(count: number, from = 1): Int16Array {
  return Int16Array.from({ length: count }, (_, index) => ((from + index) % 30_000) + 1);
}

function pullMs(playout: Playout, ms: number): Int16Array {
  const out = new Int16Array((ms * RATE) / 1000);
  for (let at = 0; at < out.length; at += FRAME) playout.pull(out.subarray(at, at + FRAME));
  return out;
}

describe("playout", () => {
  it("gives back what was written, in order, then silence", () => {
    const playout = new Playout(RATE);
    const audio = ramp(1000);
    playout.write(audio.subarray(0, 333));
    playout.write(audio.subarray(333));
    const heard = pullMs(playout, 140);
    expect(heard.subarray(0, 1000)).toEqual(audio);
    expect(heard.subarray(1000).every((sample) => sample === 0)).toBe(true);
  });

  it("keeps order while the ring wraps and grows", () => {
    const playout = new Playout(RATE);
    const audio = ramp(60_000);
    const heard: number[] = [];
    const frame = new Int16Array(FRAME);
    let at = 0;
    for (let round = 0; round < 100; round++) {
      const size = 100 + ((round * 977) % 1000);
      playout.write(audio.subarray(at, at + size));
      at += size;
      const count = playout.pull(frame);
      heard.push(...frame.subarray(0, count));
    }
    while (playout.queuedSamples > 0) {
      const count = playout.pull(frame);
      heard.push(...frame.subarray(0, count));
    }
    expect(Int16Array.from(heard)).toEqual(audio.subarray(0, at));
  });

  it("settles a mark with the pull that sends its last sample", () => {
    const playout = new Playout(RATE);
    const marks: Played[] = [];
    playout.write(ramp(2 * FRAME));
    playout.mark((played) => marks.push(played));
    pullMs(playout, 20);
    expect(marks).toEqual([]);
    pullMs(playout, 20);
    expect(marks).toEqual([{ playedMs: 40, interrupted: false }]);
  });

  it("counts each mark from the end of the one before", () => {
    const playout = new Playout(RATE);
    const marks: Played[] = [];
    playout.write(ramp(FRAME));
    playout.mark((played) => marks.push(played));
    playout.write(ramp(3 * FRAME));
    playout.mark((played) => marks.push(played));
    pullMs(playout, 80);
    expect(marks.map((mark) => mark.playedMs)).toEqual([20, 60]);
  });

  it("settles a mark at once when nothing is queued", () => {
    const playout = new Playout(RATE);
    const marks: Played[] = [];
    playout.write(ramp(FRAME));
    pullMs(playout, 20);
    playout.mark((played) => marks.push(played));
    expect(marks).toEqual([{ playedMs: 20, interrupted: false }]);
  });

  it("clears to silence and tells how much of the current stretch was heard", () => {
    const playout = new Playout(RATE);
    const marks: Played[] = [];
    playout.write(ramp(FRAME));
    playout.mark((played) => marks.push(played));
    playout.write(ramp(5 * FRAME));
    playout.mark((played) => marks.push(played));
    playout.write(ramp(FRAME));
    playout.mark((played) => marks.push(played));
    pullMs(playout, 60);
    expect(playout.clear()).toEqual({ playedMs: 40 });
    expect(marks).toEqual([
      { playedMs: 20, interrupted: false },
      { playedMs: 40, interrupted: true },
      { playedMs: 0, interrupted: true },
    ]);
    expect(pullMs(playout, 20).every((sample) => sample === 0)).toBe(true);
    expect(playout.queuedMs).toBe(0);
  });

  it("begins a new stretch after clear", () => {
    const playout = new Playout(RATE);
    playout.write(ramp(5 * FRAME));
    pullMs(playout, 40);
    playout.clear();
    playout.write(ramp(FRAME));
    const marks: Played[] = [];
    playout.mark((played) => marks.push(played));
    pullMs(playout, 20);
    expect(marks).toEqual([{ playedMs: 20, interrupted: false }]);
  });

  it("holds everything back while paused", () => {
    const playout = new Playout(RATE);
    playout.write(ramp(FRAME));
    playout.pause();
    expect(pullMs(playout, 20).every((sample) => sample === 0)).toBe(true);
    expect(playout.queuedMs).toBe(20);
    playout.resume();
    expect(pullMs(playout, 20)).toEqual(ramp(FRAME));
  });

  it("settles what is pending when it closes, and everything afterwards", () => {
    const playout = new Playout(RATE);
    const marks: Played[] = [];
    playout.write(ramp(2 * FRAME));
    playout.mark((played) => marks.push(played));
    pullMs(playout, 20);
    playout.close();
    playout.write(ramp(FRAME));
    playout.mark((played) => marks.push(played));
    expect(marks).toEqual([
      { playedMs: 20, interrupted: true },
      { playedMs: 0, interrupted: true },
    ]);
    expect(playout.queuedMs).toBe(0);
  });
});
