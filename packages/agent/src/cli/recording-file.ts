import { channelOf, isOffhookError, OffhookError, readWav } from "@offhook/session";
import type { Command } from "commander";
import { readNamedFile } from "./read-file.js";

export type Channel = "left" | "right";

export interface Recording {
  readonly samples: Int16Array;
  readonly sampleRate: number;
}

/** How long the line stays silent after the recording's end, as it would before somebody hangs up. */
const TAIL_MS = 4_000;
/** What `readWav` takes at most. */
const MOST_BYTES = 64 * 1_024 * 1_024;

/**
 * Reads recordings for one command: one side of each as mono, with a silent tail. Of a stereo
 * recording that is the left side unless a side was chosen, which is said once.
 */
export class RecordingReader {
  readonly #chosen: Channel | undefined;
  #told = false;

  constructor(chosen: Channel | undefined) {
    this.#chosen = chosen;
  }

  /** Throws INVALID_OPTION for a file that cannot be read, INVALID_AUDIO for one that is no WAV file; both name it. */
  async read(file: string): Promise<Recording> {
    const bytes = await readNamedFile(file, "a WAV file", MOST_BYTES);
    const audio = await about(file, () => readWav(bytes));
    const { sampleRate, channels } = audio;
    if (channels > 1 && this.#chosen === undefined && !this.#told) {
      this.#told = true;
      console.error(
        `offhook: ${file} has ${channels} channels; the left one is heard. --channel right hears the other one.`,
      );
    }
    const heard = channelOf(audio, this.#chosen === "right" ? 1 : 0);
    const withTail = new Int16Array(heard.length + Math.floor((sampleRate * TAIL_MS) / 1_000));
    withTail.set(heard);
    return { samples: withTail, sampleRate };
  }
}

/** Does something with a file's content; an error about it names the file. */
export async function about<Result>(
  file: string,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (thrown) {
    if (!isOffhookError(thrown) || thrown.code === "INVALID_JOURNAL") throw thrown;
    const { code, message, remedy } = thrown;
    throw new OffhookError(code, `${file}: ${message}`, remedy === undefined ? {} : { remedy });
  }
}

/** The side that `--channel` names, if it was given. Says what is wrong with any other word. */
export function channelFlag(channel: string | undefined, command: Command): Channel | undefined {
  if (channel === undefined || channel === "left" || channel === "right") return channel;
  return command.error("error: --channel takes left or right");
}
