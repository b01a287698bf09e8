import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { explainJournal } from "@offhook/session/journal";
import { startLoopbackCarrier } from "@offhook/session/testing";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { addDialCommand } from "./dial-command.js";

describe("offhook dial --journal", () => {
  let folder = "";
  beforeEach(async () => {
    vi.spyOn(console, "log").mockImplementation(() => {});
    folder = await mkdtemp(join(tmpdir(), "offhook-dial-"));
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await rm(folder, { recursive: true });
  });

  it("records a real call whose story can be told", async () => {
    const carrier = await startLoopbackCarrier({ listen: ["udp:127.0.0.1:0"] });
    const path = join(folder, "call.jsonl");
    try {
      const [address] = carrier.addresses;
      const program = new Command().exitOverride();
      addDialCommand(program);
      const trunk = `sip:127.0.0.1:${address?.port}`;
      const argv = ["dial", "+12025550102", "--trunk", trunk, "--journal", path];
      await program.parseAsync(argv, { from: "user" });
    } finally {
      await carrier.close();
    }
    const text = await readFile(path, "utf8");
    const story = explainJournal(text.split("\n"));
    expect(story).toContain("INVITE sent.");
    expect(story).toContain("Refused: 486");
    expect(story).toContain("USER_BUSY (not_connected, ended by the user)");
    expect(text).not.toContain("+12025550102");
  });

  it("places no call when the journal cannot be written", async () => {
    const program = new Command().exitOverride();
    addDialCommand(program);
    const argv = ["dial", "+12025550102", "--trunk", "sip:127.0.0.1:9", "--journal", folder];
    await expect(program.parseAsync(argv, { from: "user" })).rejects.toMatchObject({
      code: "JOURNAL_UNWRITABLE",
    });
  });
});
