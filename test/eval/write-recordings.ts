import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeWav } from "@offhook/session";
import { corpusCalls } from "../corpus/calls.js";
import { loadLibrary } from "../corpus/library.js";

const USAGE = `node test/dist/eval/write-recordings.js DIR [--split train|test] [--scale 0.1]

Writes calls of the corpus as WAV files, for offhook detect and offhook tune to be tried on:
calls.jsonl has every call with what it is, labelled.jsonl the people and the voicemails.
The prompts they are made of may not be passed on: keep the folder to yourself.`;

/** How the corpus names what `offhook tune` takes labels for. */
const TUNABLE: ReadonlySet<string> = new Set(["human", "voicemail"]);

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      split: { type: "string", default: "train" },
      scale: { type: "string", default: "0.1" },
    },
    allowPositionals: true,
  });
  const [folder] = positionals;
  const { split } = values;
  const scale = Number(values.scale);
  if (folder === undefined || !(scale > 0) || (split !== "train" && split !== "test")) {
    console.error(USAGE);
    return 2;
  }
  await mkdir(folder, { recursive: true });
  const lines: { readonly file: string; readonly label: string }[] = [];
  for (const { id, truth, samples, sampleRate } of corpusCalls(await loadLibrary(), split, {
    scale,
  })) {
    const file = `${id}.wav`;
    await writeFile(join(folder, file), writeWav({ samples, sampleRate, channels: 1 }));
    lines.push({ file, label: truth });
  }
  const labelled = lines.filter(({ label }) => TUNABLE.has(label));
  for (const [name, listed] of [
    ["calls.jsonl", lines],
    ["labelled.jsonl", labelled],
  ] as const)
    await writeFile(join(folder, name), listed.map((line) => `${JSON.stringify(line)}\n`).join(""));
  console.log(`${lines.length} calls in ${folder}, ${labelled.length} of them labelled`);
  return 0;
}

process.exitCode = await main();
