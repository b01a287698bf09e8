import type { Reporter, TestModule, Vitest } from "vitest/node";
import { type MatrixRow, requiredRows, rowKey } from "./matrix.js";

interface Tally {
  readonly row: MatrixRow;
  passed: number;
  total: number;
  readonly endReasons: Set<string>;
}

/** Closes a run with one line per case of the interop matrix; a full run without one of them fails. */
export default class MatrixReporter implements Reporter {
  private vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.vitest = vitest;
  }

  async onTestRunEnd(testModules: ReadonlyArray<TestModule>): Promise<void> {
    const tallies = new Map<string, Tally>();
    for (const testModule of testModules)
      for (const test of testModule.children.allTests()) {
        const row = test.meta().matrix;
        if (row === undefined) continue;
        const known = tallies.get(rowKey(row));
        const tally = known ?? { row, passed: 0, total: 0, endReasons: new Set<string>() };
        tallies.set(rowKey(row), tally);
        tally.total += 1;
        if (test.result().state === "passed") tally.passed += 1;
        if (row.endReason !== undefined) tally.endReasons.add(row.endReason);
      }
    const missing = requiredRows().filter((row) => !tallies.has(rowKey(row)));
    const lines = [...tallies.values()].map(({ row, passed, total, endReasons }) => [
      ...cells(row),
      resultOf(passed, total),
      [...endReasons].join(", ") || "–",
    ]);
    if (lines.length === 0) return;
    const part = await this.isPart(testModules.length);
    if (!part) for (const row of missing) lines.push([...cells(row), "MISSING", "–"]);
    const good = [...tallies.values()].filter(({ passed, total }) => passed === total).length;
    print(["case", "peer", "transport", "role", "result", "end reason"], lines);
    console.log(`${good} of ${lines.length} cases of the interop matrix are green\n`);
    if (!part && missing.length > 0) process.exitCode = 1;
  }

  /** Whether only some of the tests were asked for. */
  private async isPart(ran: number): Promise<boolean> {
    const { vitest } = this;
    const all = await vitest?.globTestSpecifications();
    return ran < (all?.length ?? 0) || vitest?.config.testNamePattern !== undefined;
  }
}

const cells = ({ case: name, peer, transport, role }: MatrixRow) => [name, peer, transport, role];

function resultOf(passed: number, total: number): string {
  if (total === 1) return passed === 1 ? "passed" : "FAILED";
  return passed === total ? `passed ${passed}` : `FAILED ${total - passed} of ${total}`;
}

function print(head: readonly string[], lines: readonly (readonly string[])[]): void {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)),
  );
  const text = (line: readonly string[]) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  console.log(`\n${text(head)}\n${text(widths.map((width) => "─".repeat(width)))}`);
  for (const line of lines) console.log(text(line));
}
