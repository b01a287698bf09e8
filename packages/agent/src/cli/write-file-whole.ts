import { rename, rm, writeFile } from "node:fs/promises";
import { messageOf, OffhookError } from "@offhook/session";

/**
 * Writes beside the file and renames, so that a reader finds the old file or the new one and never
 * half of either. Throws INVALID_OPTION, which names the file.
 */
export async function writeFileWhole(path: string, text: string): Promise<void> {
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(unfinished, text, { flush: true });
    await rename(unfinished, path);
  } catch (thrown) {
    await rm(unfinished, { force: true });
    throw new OffhookError("INVALID_OPTION", `Cannot write ${path}: ${messageOf(thrown)}`, {
      remedy: "Name a file in a folder that exists and that you may write to.",
    });
  }
}
