import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeWav } from "@offhook/session";
import { recordJournal } from "@offhook/session/journal";
import { type ClipName, clipPath, loadClip, simulateCarrier } from "@offhook/session/testing";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createCalls, defineAgent } from "../index.js";
import { addReplayCommand } from "./replay-command.js";

/** Who answers at once may as well be an assistant that screens calls. */
const RING_MS = 5_000;

describe("offhook replay", () => {
  const printed: string[] = [];
  let folder = "";
  beforeEach(async () => {
    printed.length = 0;
    vi.spyOn(console, "log").mockImplementation((line: string) => void printed.push(line));
    folder = await mkdtemp(join(tmpdir(), "offhook-replay-"));
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await rm(folder, { recursive: true });
  });

  async function run(...argv: string[]): Promise<string> {
    printed.length = 0;
    const program = new Command().exitOverride();
    addReplayCommand(program);
    await program.parseAsync(["replay", ...argv], { from: "user" });
    return printed.join("\n");
  }

  /** The journal of a call to a machine; it names a recording unless told otherwise. */
  async function journalOf({ recorded = true } = {}) {
    const carrier = simulateCarrier((callee) =>
      callee.ring({ durationMs: RING_MS }).answer().speak("voicemail_greeting").stayOn(),
    );
    const agent = defineAgent({
      name: "recorded",
      async onAnswer({ session, signal }) {
        await session.listen({ quietMs: 4_000, timeoutMs: 15_000, signal });
        await session.end();
      },
    });
    const calls = createCalls({ carrier, agent });
    const { session, ended } = calls.dial({ to: "+12025550100" });
    const lines: string[] = [];
    const written = recordJournal(session.call, { write: (line) => void lines.push(line) });
    await carrier.clock.runUntil(ended);
    await written;
    await calls.close();
    const at = new Date(RING_MS).toISOString();
    const begun = { type: "recording", atMs: RING_MS, at, fromMs: RING_MS };
    if (recorded) lines.splice(1, 0, JSON.stringify({ ...begun, file: "calls/call.wav" }));
    return lines;
  }

  async function written(lines: readonly string[], name = "call.jsonl"): Promise<string> {
    await writeFile(join(folder, name), lines.join("\n"));
    return join(folder, name);
  }

  /** A clip, and then silence for as long as the call went on. */
  async function record(clip: ClipName, ...path: readonly string[]): Promise<void> {
    const { data, sampleRate } = loadClip(clip);
    const samples = new Int16Array(data.length + 8 * sampleRate);
    samples.set(data);
    await writeFile(join(folder, ...path), writeWav({ samples, sampleRate, channels: 1 }));
  }

  it("finds the recording beside the journal, wherever both were moved", async () => {
    const path = await written(await journalOf());
    await record("voicemail_greeting", "call.wav");
    expect(await run(path)).toMatch(/same verdicts as in the call\.\nAGENT_HUNG_UP_VOICEMAIL/);
    await mkdir(join(folder, "calls"));
    await record("hello", "calls", "call.wav");
    expect(await run(path)).toContain("Not what the call heard:");
    expect(JSON.parse(await run(path, "--json"))).toMatchObject({ same: false, differences: [] });
  });

  it("replays the outcome of a call that was not recorded", async () => {
    const path = await written(await journalOf({ recorded: false }));
    expect(await run(path)).toMatch(/tells of no recording.*\nAGENT_HUNG_UP_VOICEMAIL/);
    expect(JSON.parse(await run(path, "--json"))).not.toHaveProperty("replayed");
    await expect(run(path, "--recording", clipPath("hello"))).rejects.toMatchObject({
      code: "INVALID_JOURNAL",
    });
  });

  it("says where a journal stops that its process did not end", async () => {
    const lines = await journalOf({ recorded: false });
    const path = await written(lines.slice(0, 4));
    expect(await run(path)).toContain("The journal stops before the call ended.");
  });

  it("names the journal's line that is wrong, and the recording that is none", async () => {
    const lines = await journalOf();
    for (const [broken, message] of [
      [[], "the journal is empty"],
      [["not JSON", ...lines], "Line 1 of the journal is not JSON"],
      [[...lines].reverse(), "Line 1 of the journal comes before the header"],
      [lines.with(2, "{}"), "Line 3 of the journal"],
    ] as const)
      await expect(run(await written(broken))).rejects.toMatchObject({
        code: "INVALID_JOURNAL",
        message: expect.stringContaining(message),
      });
    const path = await written(lines);
    await expect(run(path)).rejects.toThrow("calls/call.wav: there is no such file");
    await expect(run(path, "--recording", path)).rejects.toMatchObject({
      code: "INVALID_AUDIO",
      message: expect.stringContaining(`${path}: `),
    });
    await expect(run(folder)).rejects.toThrow("it is a folder");
  });
});
