import { access, constants, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf, OffhookError } from "@offhook/session";

interface FileToWrite {
  readonly path: string;
  readonly text: string;
}

/**
 * Writes beside the files and renames when all are there, so that a reader finds the old ones or
 * the new ones and never half. Throws INVALID_OPTION, which names the file.
 */
export async function writeFilesWhole(files: readonly FileToWrite[]): Promise<void> {
  const unfinished = (path: string) => `${path}.${process.pid}.tmp`;
  try {
    for (const { path, text } of files)
      await orSay(path, () => writeFile(unfinished(path), text, { flush: true }));
    for (const { path } of files) await orSay(path, () => rename(unfinished(path), path));
  } finally {
    for (const { path } of files) await rm(unfinished(path), { force: true });
  }
}

/** Asked before long work: whether its result can be written. Throws INVALID_OPTION, which names the file. */
export async function mustBeWritable(path: string): Promise<void> {
  await orSay(path, async () => {
    await access(dirname(path), constants.W_OK);
    const there = await stat(path).catch(() => undefined);
    if (there?.isDirectory()) throw new Error("it is a folder");
  });
}

async function orSay(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    throw new OffhookError("INVALID_OPTION", `Cannot write ${path}: ${messageOf(thrown)}`, {
      remedy: "Name a file in a folder that exists and that you may write to.",
    });
  }
}
