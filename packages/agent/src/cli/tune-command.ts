import { dirname, resolve } from "node:path";
import { detectRecording, type LabelledRecording, type LabelledRing } from "@offhook/detection";
import { OffhookError } from "@offhook/session";
import type { Command } from "commander";
import { z } from "zod";
import { seconds } from "./call-report.js";
import { readManifest, reportUnusable } from "./manifest.js";
import { share } from "./option-parsers.js";
import { type Channel, readRecording } from "./recording-file.js";
import { tunePicture } from "./tune-picture.js";
import { type LabelledCalls, percent, type Tuning, tuneProfile } from "./tune-profile.js";
import { writeFileWhole } from "./write-file-whole.js";

interface TuneFlags {
  readonly manifest: string;
  readonly channel: string;
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
    .option("--channel <side>", "of a stereo recording: left or right", "left")
    .option("--json", "one JSON object, after one for each line that cannot be used")
    .action(async (flags: TuneFlags, command: Command) => {
      const { channel } = flags;
      if (channel !== "left" && channel !== "right")
        command.error("error: --channel takes left or right");
      else await tune(flags, channel);
    });
}

async function tune(flags: TuneFlags, channel: Channel): Promise<void> {
  const { calls, unusable } = await readCalls(flags.manifest, channel, flags.json ?? false);
  const tuning = tuneProfile(calls, flags.falseMachineAtMost);
  if (flags.picture !== undefined && tuning.curve === undefined)
    throw new OffhookError("INVALID_OPTION", "There is no curve to draw for --picture.", {
      remedy: "Give recordings of people and of machines, or leave --picture away.",
    });
  if (flags.picture !== undefined && tuning.curve)
    await writeFileWhole(flags.picture, tunePicture(tuning.curve));
  if (flags.out !== undefined)
    await writeFileWhole(flags.out, `${JSON.stringify(tuning.tuned, null, 2)}\n`);
  console.log(flags.json ? JSON.stringify(asJson(tuning)) : inWords(tuning, flags));
  if (unusable > 0)
    throw new OffhookError("INVALID_OPTION", `${unusable} of the lines could not be used.`, {
      remedy: "Each is named above; the others were done.",
    });
}

/** One line after the other; one that cannot be used is named, and the rest is done. */
async function readCalls(
  manifest: string,
  channel: Channel,
  json: boolean,
): Promise<{ readonly calls: LabelledCalls; readonly unusable: number }> {
  const recordings: LabelledRecording[] = [];
  const rings: LabelledRing[] = [];
  let unusable = 0;
  for (const { where, entry } of await readManifest(manifest, labelledSchema, SHAPE)) {
    try {
      if (entry instanceof OffhookError) throw entry;
      if (entry.file !== undefined)
        recordings.push(await readLabelled(resolve(dirname(manifest), entry.file), entry, channel));
      if (entry.ringMs !== undefined)
        rings.push({ ringMs: entry.ringMs, voicemail: entry.label === "voicemail" });
    } catch (thrown) {
      unusable += 1;
      reportUnusable(where, thrown, json);
    }
  }
  return { calls: { recordings, rings }, unusable };
}

async function readLabelled(
  file: string,
  { label, answeredAtMs = 0 }: Pick<z.infer<typeof labelledSchema>, "label" | "answeredAtMs">,
  channel: Channel,
): Promise<LabelledRecording> {
  const { samples, sampleRate } = await readRecording(file, channel);
  const lastsMs = (samples.length * 1_000) / sampleRate;
  if (answeredAtMs >= lastsMs)
    throw new OffhookError(
      "INVALID_OPTION",
      `answeredAtMs ${answeredAtMs} is after the end of ${file}`,
    );
  const recording = { samples, sampleRate, answeredAtMs };
  // What cannot be analysed is found here, where its line is known, and not in the middle of tuning.
  detectRecording(recording);
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
