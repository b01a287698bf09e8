import { readFile } from "node:fs/promises";
import { messageOf, OffhookError } from "@offhook/session";

/** Reads a file that the user named. Throws INVALID_OPTION, which names it. */
export async function readNamedFile(path: string, whatItIs: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (thrown) {
    throw new OffhookError("INVALID_OPTION", `Cannot read ${path}: ${messageOf(thrown)}`, {
      remedy: `Give the path of ${whatItIs}.`,
    });
  }
}
