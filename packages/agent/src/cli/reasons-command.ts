import { OffhookError } from "@offhook/session";
import {
  DIALECTS,
  type DialectName,
  isDialectName,
  type ReasonLine,
  reasonTable,
} from "@offhook/session/dialects";
import type { Command } from "commander";

interface ReasonsFlags {
  readonly dialect?: string;
  readonly inbound?: true;
  readonly json?: true;
}

export function addReasonsCommand(program: Command): void {
  program
    .command("reasons")
    .description("List every reason a call can end for, also in another system's words.")
    .option("--dialect <name>", `in the words of: ${Object.keys(DIALECTS).join(", ")}`)
    .option("--inbound", "the words for calls that come in, where they differ")
    .option("--json", "one JSON object per line")
    .action((flags: ReasonsFlags) => {
      const dialect = flags.dialect === undefined ? undefined : parseDialect(flags.dialect);
      const lines = reasonTable({
        ...(dialect ? { dialects: [dialect] } : {}),
        direction: flags.inbound ? "inbound" : "outbound",
      });
      if (flags.json) for (const line of lines) console.log(JSON.stringify(line));
      else console.log(inWords(lines, dialect));
    });
}

function parseDialect(name: string): DialectName {
  if (isDialectName(name)) return name;
  throw new OffhookError("INVALID_OPTION", `offhook speaks no ${JSON.stringify(name)}.`, {
    remedy: `Use one of ${Object.keys(DIALECTS).join(", ")}.`,
  });
}

function inWords(lines: readonly ReasonLine[], dialect: DialectName | undefined): string {
  if (dialect === undefined)
    return columns(
      ["end reason", "final state", "retry", "meaning"],
      lines.map(({ endReason, finalStates, retryable, meaning }) => [
        endReason,
        finalStates.join(" | "),
        retryable ? "yes" : "no",
        meaning,
      ]),
    );
  const { title, shows } = DIALECTS[dialect];
  const rows = lines.map(({ endReason, dialects }) => {
    const told = dialects[dialect];
    return [endReason, told?.exact ? "=" : "≈", told?.value ?? ""];
  });
  const table = columns(["end reason", "", `${title}: ${shows}`], rows);
  return `${table}\n\n= their very word   ≈ their nearest word`;
}

function columns(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "))
    .map((line) => line.trimEnd())
    .join("\n");
}
