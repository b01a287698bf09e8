import { TestRunner } from "vitest";
import type { MatrixRow } from "./matrix.js";

/** Makes the running test a row of the closing table. */
export function matrixRow(row: MatrixRow): void {
  const test = TestRunner.getCurrentTest();
  if (test) test.meta.matrix = row;
}

/** How the running test's call ended. */
export function endedBecause(endReason: string): void {
  const test = TestRunner.getCurrentTest();
  if (test?.meta.matrix) test.meta.matrix = { ...test.meta.matrix, endReason };
}
