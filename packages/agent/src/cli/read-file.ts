import { readFile, stat } from "node:fs/promises";
import { messageOf, OffhookError } from "@offhook/session";

/** Why a file cannot be read, in words; the system's own for what is rarer. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "reading it is not permitted",
};

/** Reads a file that the user named, if it is not larger than `mostBytes`. Throws INVALID_OPTION, which names it. */
export async function readNamedFile(
  path: string,
  whatItIs: string,
  mostBytes = Number.POSITIVE_INFINITY,
): Promise<Buffer> {
  const remedy = `Give the path of ${whatItIs}.`;
  try {
    const { size } = await stat(path);
    // Asked before it is read: a file that nobody wants need not fit into memory.
    if (size > mostBytes)
      throw new OffhookError(
        "INVALID_OPTION",
        `${path} is ${size} bytes long, more than the ${mostBytes} that are read`,
        { remedy: "Cut it to the part that matters." },
      );
    return await readFile(path);
  } catch (thrown) {
    if (thrown instanceof OffhookError) throw thrown;
    const reason = REASONS[(thrown as NodeJS.ErrnoException).code ?? ""] ?? messageOf(thrown);
    throw new OffhookError("INVALID_OPTION", `Cannot read ${path}: ${reason}`, { remedy });
  }
}
