import { dirname, resolve } from "node:path";
import { type DetectedRecording, detectRecording } from "@offhook/detection";
import { isOffhookError, messageOf, OffhookError, readWav } from "@offhook/session";
import type { Command } from "commander";
import { z } from "zod";
import { seconds } from "./call-report.js";
import { readNamedFile } from "./read-file.js";

interface DetectFlags {
  readonly manifest?: string;
  readonly channel: string;
  readonly json?: true;
}

/** What was heard in one recording, as `--json` prints it. */
interface Timeline extends DetectedRecording {
  readonly file: string;
}

/** How long the line stays silent after the recording's end, as it would before somebody hangs up. */
const TAIL_MS = 4_000;

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
  const listed = flags.manifest === undefined ? [] : await readManifest(flags.manifest);
  let bad = 0;
  const report = (what: string, thrown: unknown) => {
    bad += 1;
    const code = isOffhookError(thrown) ? thrown.code : "INTERNAL";
    console.error(`offhook: ${what}: ${messageOf(thrown)} (${code})`);
    if (flags.json)
      console.log(JSON.stringify({ file: what, error: { code, message: messageOf(thrown) } }));
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

async function detect(file: string, channel: string): Promise<Timeline> {
  const { sampleRate, channels, samples } = readWav(await readNamedFile(file, "a WAV file"));
  const side = sideOf(samples, channels, channel === "right" ? 1 : 0);
  const heard = new Int16Array(side.length + (sampleRate * TAIL_MS) / 1_000);
  heard.set(side);
  return { file, ...detectRecording({ samples: heard, sampleRate }) };
}

function sideOf(samples: Int16Array, channels: number, side: number): Int16Array {
  if (channels === 1) return samples;
  return samples.filter((_sample, index) => index % channels === side);
}

type Listed = string | { readonly line: string; readonly problem: OffhookError };

/** The files of a manifest, relative to it; a line that cannot be read stands as its own problem. */
async function readManifest(path: string): Promise<readonly Listed[]> {
  const lines = (await readNamedFile(path, "a manifest")).toString("utf8").split("\n");
  return lines.flatMap((text, index): Listed[] => {
    if (text.trim() === "") return [];
    try {
      return [resolve(dirname(path), manifestLineSchema.parse(JSON.parse(text)).file)];
    } catch {
      const problem = new OffhookError("INVALID_OPTION", 'is not {"file": "…"}');
      return [{ line: `${path} line ${index + 1}`, problem }];
    }
  });
}

function inWords({ file, verdicts, final }: Timeline): string {
  const lines = verdicts.map(
    ({ atMs, explanation }) => `${seconds(atMs).padStart(8)}  ${explanation}`,
  );
  return [`${file}: ${final ?? "nothing recognised"}`, ...lines].join("\n");
}
