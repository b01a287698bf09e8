import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ClipName, clipPath } from "@offhook/session/testing";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { addTuneCommand } from "./tune-command.js";

const person = (clip: ClipName) => ({ file: clipPath(clip), label: "human" });
const machine = (clip: ClipName) => ({ file: clipPath(clip), label: "voicemail" });
const RECORDED = [person("hello"), person("name"), machine("voicemail_greeting")];
const RUNG = [
  { label: "human", ringMs: 2_000 },
  { label: "voicemail", ringMs: 18_000 },
  { label: "voicemail", ringMs: 22_000 },
];

describe("offhook tune", () => {
  const printed: string[] = [];
  const complained: string[] = [];
  let folder = "";
  beforeEach(async () => {
    printed.length = 0;
    complained.length = 0;
    vi.spyOn(console, "log").mockImplementation((line: string) => void printed.push(line));
    vi.spyOn(console, "error").mockImplementation((line: string) => void complained.push(line));
    folder = await mkdtemp(join(tmpdir(), "offhook-tune-"));
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await rm(folder, { recursive: true });
  });

  async function run(lines: readonly unknown[], ...argv: string[]): Promise<string> {
    const manifest = join(folder, "labelled.jsonl");
    const text = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line)));
    await writeFile(manifest, text.join("\n"));
    const program = new Command().exitOverride();
    addTuneCommand(program);
    await program.parseAsync(["tune", "--manifest", manifest, ...argv], { from: "user" });
    return printed.join("\n");
  }

  it("writes a profile, a picture and why it chose that", async () => {
    const [out, picture] = [join(folder, "profile.json"), join(folder, "curves.svg")];
    const words = await run([...RECORDED, ...RUNG], "--out", out, "--picture", picture);
    const tuned = JSON.parse(await readFile(out, "utf8"));
    expect(tuned.profile).toEqual({ voicemailRing: { minMs: 18_000, maxMs: 22_000 } });
    const { machineAtLeast } = tuned.greeting;
    expect(words).toContain(`machineAtLeast ${machineAtLeast}: of the settings`);
    expect(words).toContain("one person is 50 % of them, one machine 100 %");
    expect(words).toContain("voicemailRing 18.0 s to 22.0 s");
    const svg = await readFile(picture, "utf8");
    for (const name of ["false human", "false machine", "dead air", `chosen: ${machineAtLeast}`])
      expect(svg).toContain(name);
    expect((await readdir(folder)).sort()).toEqual([
      "curves.svg",
      "labelled.jsonl",
      "profile.json",
    ]);
  });

  it("names each line that it cannot use, does the rest, and then fails", async () => {
    const bad = [
      "not JSON",
      { file: clipPath("hello"), label: "robot" },
      { label: "human" },
      { ...person("hello"), answeredAtMs: 3_600_000 },
      { file: "nowhere.wav", label: "human" },
      { file: "labelled.jsonl", label: "human" },
    ];
    const out = join(folder, "profile.json");
    await expect(run([...bad, ...RECORDED], "--out", out, "--json")).rejects.toThrow(
      "6 of the lines could not be used.",
    );
    const named = complained.filter((line) => line.startsWith("offhook: "));
    for (const index of bad.keys()) expect(named[index]).toContain(` line ${index + 1}: `);
    expect(printed.slice(0, 6).map((line) => typeof JSON.parse(line).error.code)).toEqual(
      bad.map(() => "string"),
    );
    expect(JSON.parse(printed[6] ?? "").points.length).toBeGreaterThan(4);
    expect(JSON.parse(await readFile(out, "utf8"))).toHaveProperty("greeting.machineAtLeast");
  });

  it("tunes what the labels suffice for, and says what stays as it is", async () => {
    expect(await run(RUNG)).toContain("The greeting detector stays as it is");
    printed.length = 0;
    expect(await run(RECORDED)).toContain("voicemailRing stays as it is");
  });

  it("leaves the answer's lead-in out of the dead air", async () => {
    await run(RECORDED, "--json");
    await run(
      RECORDED.map((each) => ({ ...each, answeredAtMs: 200 })),
      "--json",
    );
    const [from0, from200] = printed.map((line) => JSON.parse(line).points[0].deadAirMs);
    expect(from200).toBeLessThan(from0);
  });

  it("writes nothing when there is nothing to tune by", async () => {
    const out = join(folder, "profile.json");
    await expect(run([person("hello")], "--out", out)).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: "Nothing to tune by: there are 1 recordings of people and 0 of machines.",
    });
    expect(await readdir(folder)).toEqual(["labelled.jsonl"]);
  });

  it("counts no recording twice, and lets nobody label it both ways", async () => {
    const again = { ...person("voicemail_greeting"), label: "human" };
    await expect(run([...RECORDED, again])).rejects.toThrow("1 of the lines");
    expect(complained[0]).toContain(" line 4: ");
    expect(complained[0]).toContain("is in line 3 already");
    expect(printed.join()).toContain("There are 2 recordings of people and 1 of machines");
  });

  it("writes neither of two files where one cannot be written", async () => {
    const [out, picture] = [join(folder, "profile.json"), join(folder, "no", "curves.svg")];
    await expect(run(RECORDED, "--out", out, "--picture", picture)).rejects.toThrow(
      `Cannot write ${picture}`,
    );
    expect(await readdir(folder)).toEqual(["labelled.jsonl"]);
  });

  it("writes over no manifest, and not two things into one file", async () => {
    const manifest = join(folder, "labelled.jsonl");
    await expect(run(RECORDED, "--out", manifest)).rejects.toThrow("same file as --manifest");
    const both = join(folder, "both");
    await expect(run(RECORDED, "--out", both, "--picture", both)).rejects.toThrow(
      "--picture names the same file as --out",
    );
    expect(await readdir(folder)).toEqual(["labelled.jsonl"]);
    expect((await readFile(manifest, "utf8")).split("\n")).toHaveLength(RECORDED.length);
  });

  it("names a place where it cannot write, and leaves nothing half-written there", async () => {
    await expect(run(RUNG, "--out", folder)).rejects.toThrow(`Cannot write ${folder}`);
    expect(await readdir(folder)).toEqual(["labelled.jsonl"]);
    await expect(stat(`${folder}.${process.pid}.tmp`)).rejects.toMatchObject({ code: "ENOENT" });
  });
});
