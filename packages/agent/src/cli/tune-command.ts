import { resolve } from "node:path";
import { checkRecording, type LabelledRecording, type LabelledRing } from "@offhook/detection";
import { OffhookError } from "@offhook/session";
import type { Command } from "commander";
import { z } from "zod";
import { seconds } from "./call-report.js";
import { besideManifest, readManifest, reportUnusable } from "./manifest.js";
import { share } from "./option-parsers.js";
import { Progress } from "./progress.js";
import { about, channelFlag, RecordingReader } from "./recording-file.js";
import { tunePicture } from "./tune-picture.js";
import { type LabelledCalls, percent, type Tuning, tuneProfile } from "./tune-profile.js";
import { mustBeWritable, writeFilesWhole } from "./write-file-whole.js";

interface TuneFlags {
  readonly manifest: string;
  readonly channel?: string;
  readonly falseMachineAtMost: number;
  readonly out?: string;
  readonly picture?: string;
  readonly json?: true;
}

const atMs = z.number().min(0).max(86_400_000);
/** A call that was recorded, or one that ended in a 480 after ringing, or one that has both. */
const labelledSchema = z
  .looseObject({
    file: z.string().min(1).optional(),
    label: z.enum(["human", "voicemail"]),
    /** From the recording's start. */
    answeredAtMs: atMs.optional(),
    /** How long it rang before the 480. */
    ringMs: atMs.int().min(1).optional(),
  })
  .refine(({ file, ringMs }) => file !== undefined || ringMs !== undefined, {
    message: "there is neither a file nor ringMs",
  });
const SHAPE = '{"file": "…", "label": "human" or "voicemail"}, or with "ringMs" for "file"';

export function addTuneCommand(program: Command): void {
  program
    .command("tune")
    .description("Fit detection to your own calls: labelled recordings, and labelled ring times.")
    .requiredOption(
      "--manifest <labelled.jsonl>",
      'a line per call: {"file": "a.wav", "label": "human" or "voicemail"}, with "answeredAtMs" where it starts before the answer; "ringMs" for a call that ended in a 480',
    )
    .option("--out <profile.json>", "where to write what was chosen")
    .option("--picture <curves.svg>", "where to draw what each setting gets wrong")
    .option(
      "--false-machine-at-most <share>",
      "of the people, so many may be called a machine, 0 to 1",
      share,
      0.04,
    )
    .option("--channel <side>", "of a stereo recording: left, which is the default, or right")
    .option("--json", "one JSON object, after one for each line that cannot be used")
    .action(async (flags: TuneFlags, command: Command) => {
      await tune(flags, new RecordingReader(channelFlag(flags.channel, command)));
    });
}

async function tune(flags: TuneFlags, reader: RecordingReader): Promise<void> {
  await checkOutputs(flags);
  const { calls, unusable } = await readCalls(flags.manifest, reader, flags.json ?? false);
  const recorded = new Progress(calls.recordings.length);
  const tuning = tuneProfile(calls, flags.falseMachineAtMost, () => recorded.step());
  if (flags.picture !== undefined && tuning.curve === undefined)
    throw new OffhookError("INVALID_OPTION", "There is no curve to draw for --picture.", {
      remedy: "Give recordings of people and of machines, or leave --picture away.",
    });
  const { out, picture } = flags;
  await writeFilesWhole([
    ...(picture !== undefined && tuning.curve
      ? [{ path: picture, text: tunePicture(tuning.curve) }]
      : []),
    ...(out === undefined
      ? []
      : [{ path: out, text: `${JSON.stringify(tuning.tuned, null, 2)}\n` }]),
  ]);
  console.log(flags.json ? JSON.stringify(asJson(tuning)) : inWords(tuning, flags));
  if (unusable > 0)
    throw new OffhookError("INVALID_OPTION", `${unusable} of the lines could not be used.`, {
      remedy: "Each is named above; the others were done.",
    });
}

/** Before anything is read: tuning takes its time, and nobody's calls are to be overwritten. */
async function checkOutputs({ manifest, out, picture }: TuneFlags): Promise<void> {
  const taken = new Map([[resolve(manifest), "--manifest"]]);
  for (const [flag, path] of [
    ["--out", out],
    ["--picture", picture],
  ] as const) {
    if (path === undefined) continue;
    const before = taken.get(resolve(path));
    if (before !== undefined)
      throw new OffhookError(
        "INVALID_OPTION",
        `${flag} names the same file as ${before}: ${path}`,
        {
          remedy: "Give each a file of its own.",
        },
      );
    taken.set(resolve(path), flag);
    await mustBeWritable(path);
  }
}

/** One line after the other; one that cannot be used is named, and the rest is done. */
async function readCalls(
  manifest: string,
  reader: RecordingReader,
  json: boolean,
): Promise<{ readonly calls: LabelledCalls; readonly unusable: number }> {
  const recordings: LabelledRecording[] = [];
  const rings: LabelledRing[] = [];
  const lineOf = new Map<string, number>();
  let unusable = 0;
  const lines = await readManifest(manifest, labelledSchema, SHAPE);
  for (const { entry, ...where } of lines) {
    try {
      if (entry instanceof OffhookError) throw entry;
      if (entry.file !== undefined) {
        const path = besideManifest(manifest, entry.file);
        mustBeNew(path, lineOf);
        recordings.push(await readLabelled(path, entry, reader));
        lineOf.set(path, where.line);
      }
      if (entry.ringMs !== undefined)
        rings.push({ ringMs: entry.ringMs, voicemail: entry.label === "voicemail" });
    } catch (thrown) {
      unusable += 1;
      reportUnusable(where, thrown, json);
    }
  }
  return { calls: { recordings, rings }, unusable };
}

/** A recording that is listed twice would count twice, or against itself. */
function mustBeNew(path: string, lineOf: ReadonlyMap<string, number>): void {
  const before = lineOf.get(path);
  if (before !== undefined)
    throw new OffhookError("INVALID_OPTION", `${path} is in line ${before} already`, {
      remedy: "List each recording once.",
    });
}

async function readLabelled(
  file: string,
  { label, answeredAtMs = 0 }: Pick<z.infer<typeof labelledSchema>, "label" | "answeredAtMs">,
  reader: RecordingReader,
): Promise<LabelledRecording> {
  const { samples, sampleRate } = await reader.read(file);
  const lastsMs = (samples.length * 1_000) / sampleRate;
  if (answeredAtMs >= lastsMs)
    throw new OffhookError(
      "INVALID_OPTION",
      `answeredAtMs ${answeredAtMs} is after the end of ${file}`,
    );
  const recording = { samples, sampleRate, answeredAtMs };
  // What cannot be analysed is found here, where its line is known, and not in the middle of tuning.
  await about(file, () => checkRecording(recording));
  return { ...recording, label: label === "human" ? "human" : "machine" };
}

function asJson({ tuned, curve, because }: Tuning) {
  return { ...tuned, points: curve?.points ?? [], because };
}

function inWords({ tuned, curve, because }: Tuning, { out, picture }: TuneFlags): string {
  const rows = curve?.points.map(
    (point) =>
      `${String(point.machineAtLeast).padEnd(15)} ${percent(point.falseMachine).padEnd(14)} ${percent(point.falseHuman).padEnd(12)} ${seconds(point.deadAirMs)}`,
  );
  const table = rows ? ["machineAtLeast  false machine  false human  dead air", ...rows, ""] : [];
  const written = [out, picture].filter((file) => file !== undefined);
  return [
    ...table,
    ...because,
    ...(written.length > 0 ? [`Written: ${written.join(", ")}`] : []),
    ...(out === undefined ? [JSON.stringify(tuned)] : []),
  ].join("\n");
}
