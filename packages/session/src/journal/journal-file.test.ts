import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openJournalFile } from "./journal-file.js";

describe("a journal file", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "offhook-journal-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("holds every line once it is closed, in a folder that did not exist", async () => {
    const path = join(folder, "deep", "call.jsonl");
    const file = await openJournalFile(path);
    for (let line = 0; line < 2_000; line++) file.write(`{"line":${line}}`);
    await file.close();
    await file.close();
    file.write("too late");
    const lines = (await readFile(path, "utf8")).split("\n");
    expect(lines).toHaveLength(2_001);
    expect(lines[1_999]).toBe('{"line":1999}');
  });

  it("never writes over another", async () => {
    const path = join(folder, "call.jsonl");
    await writeFile(path, "mine");
    await expect(openJournalFile(path)).rejects.toMatchObject({ code: "JOURNAL_UNWRITABLE" });
    expect(await readFile(path, "utf8")).toBe("mine");
  });

  it("cannot be made below a file", async () => {
    await writeFile(join(folder, "plain"), "");
    const opening = openJournalFile(join(folder, "plain", "call.jsonl"));
    await expect(opening).rejects.toMatchObject({ code: "JOURNAL_UNWRITABLE" });
  });
});
