import { type DetectedRecording, detectRecording } from "@offhook/detection";
import { OffhookError } from "@offhook/session";
import type { Command } from "commander";
import { z } from "zod";
import { seconds } from "./call-report.js";
import { besideManifest, readManifest, reportUnusable } from "./manifest.js";
import { Progress } from "./progress.js";
import { about, channelFlag, RecordingReader } from "./recording-file.js";

interface DetectFlags {
  readonly manifest?: string;
  readonly channel?: string;
  readonly json?: true;
}

/** A recording to listen to, or a line that names none. */
interface Listed {
  /** As it was named. */
  readonly file?: string;
  /** Where it lies. */
  readonly path?: string;
  readonly manifest?: string;
  readonly line?: number;
  readonly problem?: OffhookError;
}

const manifestLineSchema = z.looseObject({ file: z.string().min(1) });

export function addDetectCommand(program: Command): void {
  program
    .command("detect")
    .description("Tell what detection hears in recordings that start when a call was answered.")
    .argument("[file.wav...]", "mono, or stereo with --channel")
    .option("--manifest <list.jsonl>", 'more files, a line each, relative to it: {"file": "a.wav"}')
    .option("--channel <side>", "of a stereo recording: left, which is the default, or right")
    .option("--json", "one JSON object per recording")
    .action(async (files: readonly string[], flags: DetectFlags, command: Command) => {
      const reader = new RecordingReader(channelFlag(flags.channel, command));
      if (files.length === 0 && flags.manifest === undefined)
        command.error("error: name a recording, or a --manifest of them");
      const named = files.map((file) => ({ file, path: file }));
      const listed = flags.manifest === undefined ? [] : await readListed(flags.manifest);
      await detectAll([...named, ...listed], reader, flags.json ?? false);
    });
}

/** One recording after the other; one that cannot be read is named, and the rest is done. */
async function detectAll(
  listed: readonly Listed[],
  reader: RecordingReader,
  json: boolean,
): Promise<void> {
  let bad = 0;
  const progress = new Progress(listed.length);
  for (const { file = "", path = "", problem, ...where } of listed) {
    // `| head` has seen enough.
    if (!process.stdout.writable) return;
    try {
      if (problem) throw problem;
      const recording = await reader.read(path);
      const detected = await about(path, () => detectRecording(recording));
      console.log(json ? JSON.stringify(asJson(file, detected)) : inWords(file, detected));
    } catch (thrown) {
      bad += 1;
      reportUnusable({ ...(file && { file }), ...where }, thrown, json);
    }
    progress.step();
  }
  if (bad > 0)
    throw new OffhookError("INVALID_AUDIO", `${bad} of ${listed.length} could not be used.`, {
      remedy: "Each is named above; the others were done.",
    });
}

/** The files of a manifest; a line that cannot be read stands as its own problem. */
async function readListed(path: string): Promise<readonly Listed[]> {
  const lines = await readManifest(path, manifestLineSchema, '{"file": "…"}');
  return lines.map(({ entry, ...where }) =>
    entry instanceof OffhookError
      ? { ...where, problem: entry }
      : { ...where, file: entry.file, path: besideManifest(path, entry.file) },
  );
}

function asJson(file: string, { verdicts, first, final }: DetectedRecording) {
  return {
    file,
    verdicts: verdicts.map(({ atMs, label, kind, confidence, provisional, evidence }) => ({
      atMs,
      label,
      confidence,
      provisional,
      // The kind is the leading rule's word, finer than the label.
      evidence: evidence.map((each, index) =>
        index === 0 && kind !== undefined ? { kind, ...each } : each,
      ),
    })),
    first,
    final,
  };
}

function inWords(file: string, { verdicts, final }: DetectedRecording): string {
  const lines = verdicts.map(
    ({ atMs, explanation }) => `${seconds(atMs).padStart(8)}  ${explanation}`,
  );
  return [`${file}: ${final ?? "nothing recognised"}`, ...lines].join("\n");
}
