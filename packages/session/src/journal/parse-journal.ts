import { OffhookError } from "../errors.js";
import {
  JOURNAL_VERSION,
  type JournalEntry,
  type JournalHeader,
  journalEntrySchema,
} from "./journal-schema.js";

export interface Journal {
  readonly header: JournalHeader;
  /** Everything after the header, in order. */
  readonly entries: readonly JournalEntry[];
  /** The last line was cut off, as a crash leaves it; it is not among the entries. */
  readonly truncated: boolean;
}

/**
 * Reads a journal line by line (JSON Lines; empty lines are skipped). Throws INVALID_JOURNAL, which
 * names the line and the field. A last line that is cut off is not an error.
 */
export function parseJournal(lines: Iterable<string>): Journal {
  const numbered = [...lines]
    .map((text, index) => ({ text: text.trim(), number: index + 1 }))
    .filter(({ text }) => text !== "");
  let header: JournalHeader | undefined;
  let truncated = false;
  const entries: JournalEntry[] = [];
  for (const [index, line] of numbered.entries()) {
    const json = jsonOf(line.text);
    if (json === undefined && header && index === numbered.length - 1) {
      truncated = true;
      break;
    }
    const entry = entryOf(json, line.number);
    if (index === 0 && entry.type === "header") header = entry;
    else if (index === 0) throw invalid(line.number, "comes before the header");
    else if (entry.type === "header") throw invalid(line.number, "is a second header");
    else entries.push(entry);
  }
  if (!header) throw invalid(1, "is missing: the journal is empty");
  return { header, entries, truncated };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function entryOf(json: unknown, line: number): JournalEntry {
  if (json === undefined) throw invalid(line, "is not JSON");
  const version = versionOf(json);
  if (version !== undefined && version !== JOURNAL_VERSION)
    throw invalid(
      line,
      `names version ${JSON.stringify(version)}; this reader knows ${JOURNAL_VERSION}`,
    );
  const parsed = journalEntrySchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join(".") || "the line itself";
  throw invalid(line, `does not fit at ${field}: ${issue?.message ?? "unknown"}`);
}

/** What a header names as its version; undefined for other lines. */
function versionOf(json: unknown): unknown {
  if (typeof json !== "object" || json === null) return undefined;
  const { type, version } = json as { type?: unknown; version?: unknown };
  return type === "header" ? version : undefined;
}

function invalid(line: number, what: string): OffhookError {
  return new OffhookError("INVALID_JOURNAL", `Line ${line} of the journal ${what}.`, {
    remedy: "Give a journal that offhook wrote, as it was written.",
  });
}
