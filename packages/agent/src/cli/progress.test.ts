import { expect, it } from "vitest";
import { Progress } from "./progress.js";

function told(isTTY: { readonly stdout: boolean; readonly stderr: boolean }): string {
  let text = "";
  const write = (more: string) => {
    text += more;
  };
  const stdout = { isTTY: isTTY.stdout, write: () => expect.fail("results only") };
  const progress = new Progress(2, { stdout, stderr: { isTTY: isTTY.stderr, write } });
  progress.step();
  progress.step();
  return text;
}

it("progress is shown to somebody who watches stderr while the results go elsewhere", () => {
  expect(told({ stdout: false, stderr: true })).toBe("\r1 of 2\r2 of 2\n");
});

it("progress is shown neither in a file nor between results", () => {
  expect(told({ stdout: false, stderr: false })).toBe("");
  expect(told({ stdout: true, stderr: true })).toBe("");
});
