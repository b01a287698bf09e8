import { END_REASONS } from "@offhook/session";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { addReasonsCommand } from "./reasons-command.js";

describe("offhook reasons", () => {
  const printed: string[] = [];
  beforeEach(() => {
    printed.length = 0;
    vi.spyOn(console, "log").mockImplementation((line: string) => void printed.push(line));
  });
  afterEach(() => vi.restoreAllMocks());

  async function run(...argv: string[]): Promise<string> {
    const program = new Command().exitOverride();
    addReasonsCommand(program);
    await program.parseAsync(["reasons", ...argv], { from: "user" });
    return printed.join("\n");
  }

  it("lists every reason with what it means", async () => {
    const table = await run();
    for (const [reason, { meaning }] of Object.entries(END_REASONS))
      expect(table).toMatch(new RegExp(`^${reason} .*${meaning.slice(0, 20)}`, "m"));
  });

  it("tells them in another system's words, exact or not", async () => {
    const table = await run("--dialect", "retell");
    expect(table).toMatch(/^USER_BUSY += {2}dial_busy \(not_connected\)$/m);
    expect(table).toMatch(/^NUMBER_CHANGED +≈ {2}invalid_destination \(not_connected\)$/m);
  });

  it("prints one JSON object per reason", async () => {
    await run("--dialect", "recho", "--inbound", "--json");
    expect(printed).toHaveLength(Object.keys(END_REASONS).length);
    expect(JSON.parse(printed[0] ?? "")).toMatchObject({
      endReason: "USER_HUNG_UP_IN_CALL",
      retryable: false,
      dialects: { recho: { value: "COMPLETED (INBOUND_CALL_COMPLETED)", exact: true } },
    });
  });

  it("refuses a system that it does not know", async () => {
    await expect(run("--dialect", "klingon")).rejects.toMatchObject({ code: "INVALID_OPTION" });
  });
});
