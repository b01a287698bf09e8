import { mkdtemp, open, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ComfortNoise } from "../codecs/comfort-noise.js";
import { Background } from "../send/background.js";
import { readWav } from "./wav.js";
import { type RecordingFile, WavRecorder } from "./wav-recorder.js";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "offhook-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** A file on a disk with room for so many bytes: a write takes what fits, the next one nothing. */
async function onDisk(path: string, bytes: number): Promise<RecordingFile> {
  const file = await open(path, "wx");
  return {
    close: () => file.close(),
    write(data, offset, length, position) {
      const room = Math.min(length, bytes - position);
      if (room <= 0) throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
      return file.write(data, offset, room, position);
    },
  };
}

const caller = new Int16Array(160).fill(7);
const agent = new Int16Array(160).fill(-9);

describe("a recording", () => {
  it("has the caller left and the agent right, without what was said while paused", async () => {
    const path = join(folder, "call.wav");
    const recorder = await WavRecorder.create(path, 8000);
    for (let frame = 0; frame < 60; frame++) recorder.add(caller, agent);
    recorder.pause();
    recorder.add(agent, agent);
    recorder.resume();
    recorder.add(caller, agent);
    expect(await recorder.close()).toEqual({ durationMs: 1_220 });
    const { samples, ...format } = readWav(await readFile(path));
    expect(format).toEqual({ sampleRate: 8000, channels: 2 });
    expect(samples.length).toBe(2 * 61 * 160);
    expect(samples.every((sample, index) => sample === (index % 2 === 0 ? 7 : -9))).toBe(true);
  });

  it("is a valid file at any moment, as if the process had died", async () => {
    const path = join(folder, "call.wav");
    const recorder = await WavRecorder.create(path, 8000);
    for (let frame = 0; frame < 125; frame++) recorder.add(caller, agent);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(readWav(await readFile(path)).samples.length).toBe(2 * 2 * 8000);
    await recorder.close();
  });

  it("stays readable up to where the disk was full, and tells of it once", async () => {
    const path = join(folder, "call.wav");
    const failures: unknown[] = [];
    const recorder = await WavRecorder.create(path, 8000, {
      onFailure: (error) => failures.push(error),
      openFile: (name) => onDisk(name, 100_000),
    });
    const second = new Int16Array(8000).fill(7);
    for (let at = 0; at < 9; at++) recorder.add(second, second);
    await expect(recorder.close()).rejects.toMatchObject({ code: "ENOSPC" });
    expect(failures).toMatchObject([{ code: "ENOSPC" }]);
    expect((await stat(path)).size).toBe(100_000);
    const { samples } = readWav(await readFile(path));
    expect(samples.length).toBe(2 * 3 * 8000);
    expect(samples.every((sample) => sample === 7)).toBe(true);
  });

  it("ends, readable, where a WAV file can hold no more", async () => {
    const path = join(folder, "call.wav");
    const failures: unknown[] = [];
    const recorder = await WavRecorder.create(path, 8000, {
      onFailure: (error) => failures.push(error),
      maxDataBytes: 100_000,
    });
    const second = new Int16Array(8000).fill(7);
    for (let at = 0; at < 9; at++) recorder.add(second, second);
    await expect(recorder.close()).rejects.toThrow("holds no more");
    expect(failures).toHaveLength(1);
    expect(readWav(await readFile(path)).samples).toEqual(new Int16Array(2 * 3 * 8000).fill(7));
  });

  it("does not write over a file that is there, and tells when it cannot write", async () => {
    const path = join(folder, "call.wav");
    await (await WavRecorder.create(path, 8000)).close();
    await expect(WavRecorder.create(path, 8000)).rejects.toMatchObject({ code: "EEXIST" });
  });
});

describe("background sound", () => {
  it("goes on under speech, over and over, and never overflows", () => {
    const background = new Background(Int16Array.from([100, 200, 300]), -20);
    const frame = Int16Array.from([1000, 32_767, 0, 0]);
    background.mixInto(frame);
    expect([...frame]).toEqual([1010, 32_767, 30, 10]);
  });
});

describe("comfort noise", () => {
  it("has the level the peer asked for", () => {
    const noise = new ComfortNoise();
    const frame = new Int16Array(8000);
    const rms = () => Math.sqrt(frame.reduce((sum, sample) => sum + sample ** 2, 0) / frame.length);
    noise.receive(Uint8Array.from([50]));
    noise.fill(frame);
    expect(20 * Math.log10(rms() / 32_767)).toBeCloseTo(-50, 0);
    noise.receive(Uint8Array.from([0]));
    noise.fill(frame);
    expect(20 * Math.log10(rms() / 32_767)).toBeCloseTo(-30, 0);
  });
});
