import { dirname, resolve } from "node:path";
import { isOffhookError, messageOf, OffhookError } from "@offhook/session";
import type { z } from "zod";
import { readNamedFile } from "./read-file.js";

/** One line of a manifest; what it says, or why it cannot be used. */
export interface ManifestLine<Entry> {
  readonly manifest: string;
  /** From 1. */
  readonly line: number;
  readonly entry: Entry | OffhookError;
}

/** What cannot be used: a file, a line, or the file that a line names. */
interface Unusable {
  readonly file?: string;
  readonly manifest?: string;
  readonly line?: number;
}

/**
 * The lines of a JSON-lines file that the user named, empty ones left out. A line that cannot be
 * read stands as its own problem. Throws INVALID_OPTION when the file cannot be read at all, or
 * there is nothing in it.
 */
export async function readManifest<Entry>(
  path: string,
  schema: z.ZodType<Entry>,
  shape: string,
): Promise<readonly ManifestLine<Entry>[]> {
  const text = (await readNamedFile(path, "a manifest")).toString("utf8");
  // Some editors begin every file with a byte order mark.
  const lines = text.replace(/^\uFEFF/, "").split("\n");
  const found = lines.flatMap((each, index) =>
    each.trim() === ""
      ? []
      : [{ manifest: path, line: index + 1, entry: parseLine(each, schema, shape) }],
  );
  if (found.length > 0) return found;
  throw new OffhookError("INVALID_OPTION", `There is nothing in the manifest ${path}`, {
    remedy: `Give a line for each recording: ${shape}`,
  });
}

/** Where a file lies that a manifest names: relative to the manifest. */
export function besideManifest(manifest: string, file: string): string {
  return resolve(dirname(manifest), file);
}

function parseLine<Entry>(text: string, schema: z.ZodType<Entry>, shape: string) {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return new OffhookError("INVALID_OPTION", `it is not ${shape}`);
  }
  const { data, error } = schema.safeParse(value);
  if (data !== undefined) return data;
  const [issue] = error?.issues ?? [];
  const at = issue?.path.join(".");
  const why = issue ? `${at ? `${at}: ` : ""}${issue.message}` : "unreadable";
  return new OffhookError("INVALID_OPTION", `it is not ${shape} (${why})`);
}

/** Says which line or file cannot be used, and why; in JSON too, so that nothing is missed there. */
export function reportUnusable(what: Unusable, thrown: unknown, json: boolean): void {
  const code = isOffhookError(thrown) ? thrown.code : "INTERNAL";
  const remedy = isOffhookError(thrown) ? thrown.remedy : undefined;
  const message = messageOf(thrown);
  const where = what.line === undefined ? "" : `${what.manifest} line ${what.line}: `;
  console.error(`offhook: ${where}${message} (${code})`);
  if (remedy !== undefined) console.error(`  ${remedy}`);
  if (json)
    console.log(JSON.stringify({ ...what, error: { code, message, ...(remedy && { remedy }) } }));
}
