import { isOffhookError, messageOf, OffhookError } from "@offhook/session";
import type { z } from "zod";
import { readNamedFile } from "./read-file.js";

/** One line of a manifest; what it says, or why it cannot be used. */
export interface ManifestLine<Entry> {
  /** The manifest and the number of the line. */
  readonly where: string;
  readonly entry: Entry | OffhookError;
}

/**
 * The lines of a JSON-lines file that the user named, empty ones left out. A line that cannot be
 * read stands as its own problem. Throws INVALID_OPTION when the file cannot be read at all.
 */
export async function readManifest<Entry>(
  path: string,
  schema: z.ZodType<Entry>,
  shape: string,
): Promise<readonly ManifestLine<Entry>[]> {
  const lines = (await readNamedFile(path, "a manifest")).toString("utf8").split("\n");
  return lines.flatMap((text, index) =>
    text.trim() === ""
      ? []
      : [{ where: `${path} line ${index + 1}`, entry: parseLine(text, schema, shape) }],
  );
}

function parseLine<Entry>(text: string, schema: z.ZodType<Entry>, shape: string) {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return new OffhookError("INVALID_OPTION", `is not ${shape}`);
  }
  const { data, error } = schema.safeParse(value);
  if (data !== undefined) return data;
  const [issue] = error?.issues ?? [];
  const at = issue?.path.join(".");
  const why = issue ? `${at ? `${at}: ` : ""}${issue.message}` : "unreadable";
  return new OffhookError("INVALID_OPTION", `is not ${shape} (${why})`);
}

/** Says which line or file cannot be used, and why; in JSON too, so that nothing is missed there. */
export function reportUnusable(what: string, thrown: unknown, json: boolean): void {
  const code = isOffhookError(thrown) ? thrown.code : "INTERNAL";
  console.error(`offhook: ${what}: ${messageOf(thrown)} (${code})`);
  if (json)
    console.log(JSON.stringify({ file: what, error: { code, message: messageOf(thrown) } }));
}
