import { parseJournal, replayJournal } from "@offhook/session/journal";
import type { Command } from "commander";
import { replayRecording } from "../replay-recording.js";
import { seconds } from "./call-report.js";
import { readNamedFile } from "./read-file.js";

interface ReplayFlags {
  readonly recording?: string;
  readonly json?: true;
}

export function addReplayCommand(program: Command): void {
  program
    .command("replay")
    .description("Drive a recorded call through detection, state machine and outcome again.")
    .argument("<journal>", "the journal of a call that was recorded")
    .option("--recording <file.wav>", "its recording; default: the file that the journal names")
    .option("--json", "one JSON object")
    .action(async (path: string, flags: ReplayFlags) => {
      const lines = (await readNamedFile(path, "a journal")).toString("utf8").split("\n");
      const { outcome, differences } = replayJournal(lines);
      const journal = parseJournal(lines);
      const named = journal.entries.find((entry) => entry.type === "recording")?.file;
      const file = flags.recording ?? named ?? "";
      const detection = replayRecording(journal, await readNamedFile(file, "the recording"));
      if (flags.json)
        return console.log(JSON.stringify({ outcome: outcome ?? null, differences, ...detection }));
      for (const { atMs, label, kind, confidence, provisional } of detection.replayed)
        console.log(
          `${seconds(atMs).padStart(8)}  ${label}${kind ? ` (${kind})` : ""}, ${Math.round(confidence * 100)} %${provisional ? ", provisional" : ""}`,
        );
      console.log(
        detection.same ? "The same verdicts as in the call." : "Not what the call heard:",
      );
      if (!detection.same)
        for (const { atMs, label } of detection.recorded)
          console.log(`${seconds(atMs).padStart(8)}  ${label}`);
      if (outcome) console.log(`${outcome.endReason}: ${outcome.because.text}`);
      for (const difference of differences) console.log(`Beware: ${difference}`);
    });
}
