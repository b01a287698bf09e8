import { access } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Journal, parseJournal, replayJournal } from "@offhook/session/journal";
import type { Command } from "commander";
import { type ReplayedDetection, replayRecording } from "../replay-recording.js";
import { seconds } from "./call-report.js";
import { readNamedFile } from "./read-file.js";
import { about } from "./recording-file.js";

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
      const file = flags.recording ?? (await recordingOf(journal, path));
      const detection = file === undefined ? undefined : await hearAgain(journal, file);
      if (flags.json)
        return console.log(JSON.stringify({ outcome: outcome ?? null, differences, ...detection }));
      for (const line of detection ? inWords(detection) : NO_RECORDING) console.log(line);
      console.log(
        outcome
          ? `${outcome.endReason}: ${outcome.because.text}`
          : "The journal stops before the call ended.",
      );
      for (const difference of differences) console.log(`Beware: ${difference}`);
    });
}

const NO_RECORDING = ["The journal tells of no recording: nothing could be heard again."];

/** The recording that the journal names: from here, or from where the journal lies now. */
async function recordingOf(journal: Journal, path: string): Promise<string | undefined> {
  const named = journal.entries.find((entry) => entry.type === "recording")?.file;
  if (named === undefined) return undefined;
  const beside = [join(dirname(path), named), join(dirname(path), basename(named))];
  for (const file of [named, ...beside])
    if (
      await access(file).then(
        () => true,
        () => false,
      )
    )
      return file;
  return named;
}

async function hearAgain(journal: Journal, file: string): Promise<ReplayedDetection> {
  const wav = await readNamedFile(file, "the recording");
  return about(file, () => replayRecording(journal, wav));
}

function inWords({ replayed, recorded, same }: ReplayedDetection): readonly string[] {
  return [
    ...replayed.map(
      ({ atMs, label, kind, confidence, provisional }) =>
        `${seconds(atMs).padStart(8)}  ${label}${kind ? ` (${kind})` : ""}, ${Math.round(confidence * 100)} %${provisional ? ", provisional" : ""}`,
    ),
    same ? "The same verdicts as in the call." : "Not what the call heard:",
    ...(same ? [] : recorded.map(({ atMs, label }) => `${seconds(atMs).padStart(8)}  ${label}`)),
  ];
}
