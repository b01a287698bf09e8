import { channelOf, readWav } from "@offhook/session";
import { readNamedFile } from "./read-file.js";

export type Channel = "left" | "right";

/** How long the line stays silent after the recording's end, as it would before somebody hangs up. */
const TAIL_MS = 4_000;

/**
 * One side of a recording as mono, with a silent tail. Throws INVALID_OPTION for a file that cannot
 * be read and INVALID_AUDIO for one that is no WAV file.
 */
export async function readRecording(
  file: string,
  channel: Channel,
): Promise<{ readonly samples: Int16Array; readonly sampleRate: number }> {
  const audio = readWav(await readNamedFile(file, "a WAV file"));
  const { sampleRate } = audio;
  const heard = channelOf(audio, channel === "right" ? 1 : 0);
  const withTail = new Int16Array(heard.length + Math.floor((sampleRate * TAIL_MS) / 1_000));
  withTail.set(heard);
  return { samples: withTail, sampleRate };
}
