import { once } from "node:events";
import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf, OffhookError } from "../errors.js";
import type { JournalSink } from "./record-journal.js";

export interface JournalFile extends JournalSink {
  /** Settles when everything is on disk. Rejects with JOURNAL_UNWRITABLE if something is not. */
  close(): Promise<void>;
}

/**
 * A journal on disk, streamed as it is told, so that a crash loses at most its last lines. Its folder is
 * made; a file that exists is not touched. Rejects with JOURNAL_UNWRITABLE.
 */
export async function openJournalFile(path: string): Promise<JournalFile> {
  const handle = await mkdir(dirname(path), { recursive: true })
    .then(() => open(path, "ax"))
    .catch((thrown: unknown) => {
      throw unwritable(path, thrown);
    });
  const stream = handle.createWriteStream();
  let failure: unknown;
  // A full disk must not end the call that is being recorded; close() tells.
  stream.on("error", (error) => {
    failure ??= error;
  });
  return {
    write(line) {
      if (!stream.writableEnded && !stream.destroyed) stream.write(`${line}\n`);
    },
    async close() {
      if (!stream.closed) {
        const closed = once(stream, "close");
        stream.end();
        await closed.catch(() => {});
      }
      if (failure !== undefined) throw unwritable(path, failure);
    },
  };
}

function unwritable(path: string, cause: unknown): OffhookError {
  return new OffhookError("JOURNAL_UNWRITABLE", `Cannot write ${path}: ${messageOf(cause)}`, {
    remedy: "Give a path that does not exist yet, in a folder that can be written.",
    cause,
  });
}
