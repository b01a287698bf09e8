import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeWav } from "@offhook/session";
import { clipPath, loadClip } from "@offhook/session/testing";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { addDetectCommand } from "./detect-command.js";

describe("offhook detect", () => {
  const printed: string[] = [];
  const complained: string[] = [];
  let folder = "";
  beforeEach(async () => {
    printed.length = 0;
    complained.length = 0;
    vi.spyOn(console, "log").mockImplementation((line: string) => void printed.push(line));
    vi.spyOn(console, "error").mockImplementation((line: string) => void complained.push(line));
    folder = await mkdtemp(join(tmpdir(), "offhook-detect-"));
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await rm(folder, { recursive: true });
  });

  async function run(...argv: string[]): Promise<void> {
    const program = new Command().exitOverride();
    program.configureOutput({ writeErr: (text) => void complained.push(text) });
    addDetectCommand(program);
    for (const command of program.commands)
      command.exitOverride().configureOutput({ writeErr: (text) => void complained.push(text) });
    await program.parseAsync(["detect", ...argv], { from: "user" });
  }

  const json = () => printed.map((line) => JSON.parse(line));

  async function file(name: string, content: string | Uint8Array): Promise<string> {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  }

  const manifest = (lines: readonly unknown[]) =>
    file(
      "list.jsonl",
      lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"),
    );

  it("prints a timeline in exactly this shape", async () => {
    await run(clipPath("voicemail_greeting"), "--json");
    const [found] = json();
    expect(Object.keys(found)).toEqual(["file", "verdicts", "first", "final"]);
    expect(found.file).toBe(clipPath("voicemail_greeting"));
    expect(found.verdicts.length).toBeGreaterThan(0);
    for (const verdict of found.verdicts)
      expect(Object.keys(verdict)).toEqual([
        "atMs",
        "label",
        "confidence",
        "provisional",
        "evidence",
      ]);
    expect(found).toMatchObject({ final: "voicemail" });
    expect(found.verdicts.at(-1).evidence[0]).toMatchObject({ rule: expect.any(String) });
  });

  it("names each line that it cannot use, and each file that a line names, and does the rest", async () => {
    await file("good.wav", await readFile(clipPath("hello")));
    await file("bad.wav", "no sound at all, just words");
    const list = await manifest([
      `\uFEFF${JSON.stringify({ file: "good.wav" })}`,
      "not JSON",
      "",
      { file: 7 },
      { name: "good.wav" },
      { file: "bad.wav" },
      { file: "nowhere.wav" },
      { file: "good.wav", label: "human" },
    ]);
    await expect(run("--manifest", list, "--json")).rejects.toThrow("5 of 7 could not be used.");
    const told = json();
    expect(told.map(({ file: named, line, error }) => [named, line, error?.code])).toEqual([
      ["good.wav", undefined, undefined],
      [undefined, 2, "INVALID_OPTION"],
      [undefined, 4, "INVALID_OPTION"],
      [undefined, 5, "INVALID_OPTION"],
      ["bad.wav", 6, "INVALID_AUDIO"],
      ["nowhere.wav", 7, "INVALID_OPTION"],
      ["good.wav", undefined, undefined],
    ]);
    for (const line of [2, 4, 5, 6, 7])
      expect(complained.join("\n")).toContain(`${list} line ${line}: `);
    expect(complained.join("\n")).toContain("bad.wav: The audio cannot be read");
  });

  it("has nothing to do with an empty manifest, and says so", async () => {
    await expect(run("--manifest", await manifest(["", " "]))).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining("nothing in the manifest"),
    });
  });

  it("says which side of a stereo recording it hears unless one was chosen", async () => {
    const [left, right] = [loadClip("hello").data, loadClip("voicemail_greeting").data];
    const samples = new Int16Array(2 * right.length);
    for (let index = 0; index < right.length; index++) {
      samples[2 * index] = left[index] ?? 0;
      samples[2 * index + 1] = right[index] ?? 0;
    }
    const stereo = await file("stereo.wav", writeWav({ samples, sampleRate: 8_000, channels: 2 }));
    await run(stereo, stereo, "--json");
    expect(complained).toEqual([expect.stringContaining("has 2 channels; the left one is heard")]);
    complained.length = 0;
    await run(stereo, "--json", "--channel", "right");
    expect(complained).toEqual([]);
    expect(json().map(({ final }) => final)).toEqual(["human", "human", "voicemail"]);
    await expect(run(stereo, "--channel", "middle")).rejects.toThrow("left or right");
  });

  it("refuses what it cannot hear, and names what is wrong with it", async () => {
    const slow = writeWav({ samples: new Int16Array(4_000), sampleRate: 4_000, channels: 1 });
    const cut = (await readFile(clipPath("hello"))).subarray(0, 2_000);
    const enormous = await file("enormous.wav", "RIFF");
    await truncate(enormous, 5 * 1_024 ** 3);
    const bad = [
      [await file("slow.wav", slow), "slow.wav: cannot analyse audio at 4000 Hz"],
      [await file("cut.wav", cut), "chunk claims"],
      [await file("empty.wav", ""), "only 0 bytes"],
      [enormous, "enormous.wav is 5368709120 bytes long"],
      [folder, "it is a folder"],
      [join(folder, "nowhere.wav"), "there is no such file"],
    ] as const;
    const files = bad.map(([path]) => path);
    await expect(run(...files, clipPath("hello"))).rejects.toThrow("6 of 7 could not be used.");
    const [...told] = complained.filter((line) => line.startsWith("offhook: "));
    expect(told).toEqual(bad.map(([, words]) => expect.stringContaining(words)));
    expect(printed.join()).toContain(": human");
  });

  it("tells the kind within the evidence", async () => {
    const tone = (hz: number, ms: number) =>
      Int16Array.from({ length: ms * 8 }, (_, index) =>
        Math.round(6_000 * Math.sin((2 * Math.PI * hz * index) / 8_000)),
      );
    const parts = [new Int16Array(4_000), tone(985.2, 380), tone(1_370.6, 274), tone(1_776.7, 380)];
    const samples = Int16Array.from(parts.flatMap((part) => [...part]));
    const sit = await file("sit.wav", writeWav({ samples, sampleRate: 8_000, channels: 1 }));
    await run(sit, "--json");
    expect(json()[0].verdicts[0]).toMatchObject({
      label: "announcement",
      evidence: [{ kind: "sit_vacant", rule: "three-rising-tones" }],
    });
  });
});
