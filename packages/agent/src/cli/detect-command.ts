import { dirname, resolve } from "node:path";
import { type DetectedRecording, detectRecording } from "@offhook/detection";
import { OffhookError } from "@offhook/session";
import type { Command } from "commander";
import { z } from "zod";
import { seconds } from "./call-report.js";
import { readManifest, reportUnusable } from "./manifest.js";
import { type Channel, readRecording } from "./recording-file.js";

interface DetectFlags {
  readonly manifest?: string;
  readonly channel: Channel;
  readonly json?: true;
}

/** What was heard in one recording, as `--json` prints it. */
interface Timeline extends DetectedRecording {
  readonly file: string;
}

const manifestLineSchema = z.looseObject({ file: z.string().min(1) });

export function addDetectCommand(program: Command): void {
  program
    .command("detect")
    .description("Tell what detection hears in recordings that start when a call was answered.")
    .argument("[file.wav...]", "mono, or stereo with --channel")
    .option("--manifest <list.jsonl>", 'more files, a line each: {"file": "a.wav"}')
    .option("--channel <side>", "of a stereo recording: left or right", "left")
    .option("--json", "one JSON object per recording")
    .action(async (files: readonly string[], flags: DetectFlags, command: Command) => {
      if (flags.channel !== "left" && flags.channel !== "right")
        command.error("error: --channel takes left or right");
      if (files.length === 0 && flags.manifest === undefined)
        command.error("error: name a recording, or a --manifest of them");
      await detectAll(files, flags);
    });
}

/** One recording after the other; one that cannot be read is named, and the rest is done. */
async function detectAll(files: readonly string[], flags: DetectFlags): Promise<void> {
  const listed = flags.manifest === undefined ? [] : await readListed(flags.manifest);
  let bad = 0;
  const report = (what: string, thrown: unknown) => {
    bad += 1;
    reportUnusable(what, thrown, flags.json ?? false);
  };
  for (const entry of [...files, ...listed]) {
    if (typeof entry !== "string") {
      report(entry.line, entry.problem);
      continue;
    }
    try {
      const timeline = await detect(entry, flags.channel);
      console.log(flags.json ? JSON.stringify(timeline) : inWords(timeline));
    } catch (thrown) {
      report(entry, thrown);
    }
  }
  if (bad > 0)
    throw new OffhookError("INVALID_AUDIO", `${bad} of the recordings could not be used.`, {
      remedy: "Each is named above; the others were done.",
    });
}

async function detect(file: string, channel: Channel): Promise<Timeline> {
  return { file, ...detectRecording(await readRecording(file, channel)) };
}

type Listed = string | { readonly line: string; readonly problem: OffhookError };

/** The files of a manifest, relative to it; a line that cannot be read stands as its own problem. */
async function readListed(path: string): Promise<readonly Listed[]> {
  const lines = await readManifest(path, manifestLineSchema, '{"file": "…"}');
  return lines.map(({ where, entry }) =>
    entry instanceof OffhookError
      ? { line: where, problem: entry }
      : resolve(dirname(path), entry.file),
  );
}

function inWords({ file, verdicts, final }: Timeline): string {
  const lines = verdicts.map(
    ({ atMs, explanation }) => `${seconds(atMs).padStart(8)}  ${explanation}`,
  );
  return [`${file}: ${final ?? "nothing recognised"}`, ...lines].join("\n");
}
