import { explainJournal, replayJournal } from "@offhook/session/journal";
import type { Command } from "commander";
import { readNamedFile } from "./read-file.js";

interface ExplainFlags {
  readonly json?: true;
}

export function addExplainCommand(program: Command): void {
  program
    .command("explain")
    .description("Tell a recorded call's story in plain words, with a timeline.")
    .argument("<journal>", "the journal of one call, as recordJournal() wrote it")
    .option("--json", "the outcome that the journal replays to, as one JSON object")
    .action(async (path: string, flags: ExplainFlags) => {
      const lines = (await readNamedFile(path, "a journal")).toString("utf8").split("\n");
      if (!flags.json) return void process.stdout.write(explainJournal(lines));
      const { outcome, differences, journal } = replayJournal(lines);
      const { truncated } = journal;
      console.log(JSON.stringify({ outcome: outcome ?? null, differences, truncated }));
    });
}
