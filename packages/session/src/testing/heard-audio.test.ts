import { describe, expect, it } from "vitest";
import { audibleStretches, HeardAudio } from "./heard-audio.js";

const frame = (value: number) => new Int16Array(160).fill(value);

describe("what a far side heard", () => {
  it("lies where it was heard, with silence between", () => {
    const heard = new HeardAudio(8_000);
    heard.add(100, frame(1_000));
    heard.add(120, frame(2_000));
    heard.add(500, frame(3_000));
    expect(heard.audio.samplesPerChannel).toBe(520 * 8);
    expect(heard.audio.data[100 * 8 - 1]).toBe(0);
    expect(heard.audio.data[100 * 8]).toBe(1_000);
    expect(heard.audio.data[140 * 8]).toBe(0);
    expect(heard.audio.data[500 * 8]).toBe(3_000);
    expect(heard.stretches).toEqual([
      { fromMs: 100, toMs: 140 },
      { fromMs: 500, toMs: 520 },
    ]);
    expect(heard.audibleMs).toBe(60);
  });

  it("keeps no silence, and no more than it was told to", () => {
    const heard = new HeardAudio(8_000, 40);
    for (let atMs = 0; atMs < 1_000; atMs += 20) heard.add(atMs, frame(10));
    expect(heard.audibleMs).toBe(0);
    for (let atMs = 0; atMs < 1_000; atMs += 20) heard.add(atMs, frame(1_000));
    expect(heard.audibleMs).toBe(40);
  });

  it("is empty when nothing was heard", () => {
    const heard = new HeardAudio(8_000);
    expect(heard.audio.samplesPerChannel).toBe(0);
    expect(heard.stretches).toEqual([]);
    expect(heard.digits).toBe("");
  });
});

describe("audible stretches of a recording", () => {
  it("are told to 10 ms, and short gaps do not split them", () => {
    const samples = new Int16Array(8_000);
    samples.fill(1_000, 800, 1_600).fill(1_000, 2_000, 2_400).fill(1_000, 4_000, 8_000);
    expect(audibleStretches({ samples, sampleRate: 8_000 })).toEqual([
      { fromMs: 100, toMs: 300 },
      { fromMs: 500, toMs: 1_000 },
    ]);
  });
});
