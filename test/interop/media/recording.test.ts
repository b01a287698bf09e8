import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ClipName,
  clipPath,
  LABEL_NUMBERS,
  startLoopbackCarrier,
} from "@offhook/session/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { channelOf, readWav } from "../../../packages/session/src/media/recording/wav.js";
import { startOffhook } from "../cli/offhook.js";
import { onlyOutcome } from "../cli/outcome-shape.js";
import { similarity } from "./similarity.js";

const folder = mkdtempSync(join(tmpdir(), "offhook-recording-"));
let trunk = "";
let close = async () => {};

beforeAll(async () => {
  const carrier = await startLoopbackCarrier({ numbers: LABEL_NUMBERS });
  trunk = carrier.uri;
  close = () => carrier.close();
});
afterAll(async () => {
  await close();
  rmSync(folder, { recursive: true, force: true });
});

const dial = (number: string, ...flags: string[]) =>
  startOffhook(["dial", number, "--trunk", trunk, ...flags], { withinMs: 40_000 });

const clip = (name: ClipName) => readWav(readFileSync(clipPath(name))).samples;

describe("a recorded call", () => {
  it("gives the same verdicts again that it gave live, whoever was called", async () => {
    const numbers = ["120", "122", "123", "128", "131", "132"].map((end) => `+12025550${end}`);
    const calls = numbers.map(async (number) => {
      const journal = join(folder, `${number}.journal`);
      const flags = ["--record", join(folder, `${number}.wav`), "--journal", journal];
      // Not in the middle of a verdict: what is said of the last words may fall to either side.
      await dial(number, ...flags, "--hangup-after", "13000").exited;
      const { lines } = await startOffhook(["replay", journal]).exited;
      const { recorded, same, differences } = lines[0] as unknown as {
        readonly recorded: readonly unknown[];
        readonly same: boolean;
        readonly differences: readonly unknown[];
      };
      return { number, heardSomething: recorded.length > 0, same, differences };
    });
    expect(await Promise.all(calls)).toEqual(
      numbers.map((number) => ({ number, heardSomething: true, same: true, differences: [] })),
    );
  });

  it("is readable after the process was killed in the middle of it", async () => {
    const file = join(folder, "killed.wav");
    const process = dial("+12025550122", "--record", file, "--play", clipPath("reminder"));
    await process.event("active");
    await expect
      .poll(() => statSync(file).size, { timeout: 15_000 })
      .toBeGreaterThan(44 + 3 * 32_000);
    process.signal("SIGKILL");
    expect((await process.exited).signal).toBe("SIGKILL");
    const recording = readWav(readFileSync(file));
    expect(recording.channels).toBe(2);
    const seconds = recording.samples.length / 2 / recording.sampleRate;
    expect(seconds).toBeGreaterThanOrEqual(3);
    const heard = similarity(channelOf(recording, 0), clip("ivr_menu").subarray(0, 12_000));
    const said = similarity(channelOf(recording, 1), clip("reminder").subarray(0, 12_000));
    expect(heard.correlation).toBeGreaterThan(0.95);
    expect(said.correlation).toBeGreaterThan(0.95);
  });

  it("goes on without its recording when the disk is full, and says so", async () => {
    const disk = join(folder, "disk");
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=128k", "tmpfs", disk]);
    try {
      const file = join(disk, "call.wav");
      const exit = await dial("+12025550122", "--record", file, "--hangup-after", "8000").exited;
      const outcome = onlyOutcome(exit);
      expect(outcome).toMatchObject({
        finalState: "ended",
        endedBy: "agent",
        errors: [{ code: "MEDIA_FAILED", where: "recording", phase: "active" }],
      });
      expect(outcome["talkMs"]).toBeGreaterThanOrEqual(8_000);
      expect(readWav(readFileSync(file)).samples.length).toBeGreaterThanOrEqual(2 * 2 * 8_000);
    } finally {
      execFileSync("umount", [disk]);
    }
  });

  it("goes on without a recording where none can be made, and says so", async () => {
    const file = join(folder, "no-such-folder", "call.wav");
    const exit = await dial("+12025550128", "--record", file, "--hangup-after", "1500").exited;
    expect(onlyOutcome(exit)).toMatchObject({ finalState: "ended", endedBy: "agent" });
    expect(`${exit.stderr}${JSON.stringify(exit.lines)}`).toContain("ENOENT");
  });
});
