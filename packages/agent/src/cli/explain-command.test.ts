import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openJournalFile, recordJournal } from "@offhook/session/journal";
import { simulateCarrier } from "@offhook/session/testing";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createCalls, defineAgent } from "../index.js";
import { addExplainCommand } from "./explain-command.js";

describe("offhook explain", () => {
  const printed: string[] = [];
  let folder = "";
  beforeEach(async () => {
    printed.length = 0;
    const print = (text: unknown) => {
      printed.push(String(text));
      return true;
    };
    vi.spyOn(process.stdout, "write").mockImplementation(print);
    vi.spyOn(console, "log").mockImplementation((line) => void print(line));
    folder = await mkdtemp(join(tmpdir(), "offhook-explain-"));
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await rm(folder, { recursive: true });
  });

  async function run(...argv: string[]): Promise<string> {
    const program = new Command().exitOverride();
    addExplainCommand(program);
    await program.parseAsync(["explain", ...argv], { from: "user" });
    return printed.join("");
  }

  /** A call that an agent records from its `setup` on. */
  async function recorded(): Promise<string> {
    const path = join(folder, "call.jsonl");
    const file = await openJournalFile(path);
    const written: Promise<void>[] = [];
    const agent = defineAgent({
      name: "recorded",
      setup: ({ session }) => void written.push(recordJournal(session.call, file)),
    });
    const carrier = simulateCarrier((callee) => callee.ring({ durationMs: 3_000 }).reject(603));
    const call = createCalls({ carrier, agent }).dial({ to: "+12025550100" });
    await carrier.clock.runUntil(call.ended);
    await Promise.all(written);
    await file.close();
    return path;
  }

  it("tells the story of a call that an agent recorded", async () => {
    const story = await run(await recorded());
    expect(story).toContain("3.000 s  Refused: 603 Decline.");
    expect(story).toContain("USER_HUNG_UP_RINGING (not_connected, ended by the user)");
  });

  it("prints the replayed outcome as JSON", async () => {
    expect(JSON.parse(await run(await recorded(), "--json"))).toMatchObject({
      outcome: { endReason: "USER_HUNG_UP_RINGING" },
      differences: [],
      truncated: false,
    });
  });

  it("names the line of a file that is no journal, and a file that is none at all", async () => {
    const path = join(folder, "no-journal.txt");
    await writeFile(path, "dear diary\n");
    await expect(run(path)).rejects.toThrow(/Line 1 .* is not JSON/);
    await expect(run(join(folder, "nowhere"))).rejects.toMatchObject({ code: "INVALID_OPTION" });
  });
});
