import { readdirSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CLIPS, type ClipName, clipPath, loadClip } from "./clips.js";

const names = Object.keys(CLIPS) as ClipName[];
const assets = new URL("../../assets/", import.meta.url);

describe("bundled speech", () => {
  it("has a text for each file and a file for each text", () => {
    const files = readdirSync(assets).map((file) => file.replace(/\.wav$/, ""));
    expect(files.sort()).toEqual([...names].sort());
  });

  it("stays small enough to be packaged", () => {
    const bytes = names.map((name) => statSync(clipPath(name)).size);
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(300_000);
  });

  it.each(names)("%s is 8 kHz speech, as loud as a telephone call and never clipped", (name) => {
    const { data, sampleRate } = loadClip(name);
    const rms = Math.sqrt(data.reduce((sum, sample) => sum + sample ** 2, 0) / data.length);
    expect(sampleRate).toBe(8_000);
    expect(20 * Math.log10(rms / 32_768)).toBeGreaterThan(-26);
    expect(20 * Math.log10(rms / 32_768)).toBeLessThan(-10);
    expect(data.every((sample) => Math.abs(sample) < 32_000)).toBe(true);
  });
});
