// Runs each step, keeps count, and closes with one line over everything.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const work = mkdtempSync(join(tmpdir(), "offhook-ci-"));
const total = { passed: 0, failed: 0, skipped: 0 };

/** A step that counts its own tests leaves a vitest JSON report; any other counts as one. */
const steps = [
  { name: "test", script: "test", report: true },
  { name: "lint", script: "lint" },
  { name: "types", script: "types" },
  { name: "packages", script: "packages" },
  { name: "docs", script: "docs:check" },
  { name: "examples", script: "examples" },
  { name: "demo", script: "demo" },
  {
    name: "interop",
    script: "test:interop",
    report: true,
    reporters: ["./test/interop/matrix-reporter.ts"],
  },
  { name: "fuzz", script: "fuzz", args: ["--runs", "100000"] },
];

const scripts = JSON.parse(readFileSync("package.json", "utf8")).scripts;

for (const step of steps) {
  if (!(step.script in scripts)) throw new Error(`package.json has no script ${step.script}`);
  await run(step);
}
rmSync(work, { recursive: true, force: true });
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;

async function run({ name, script, report, reporters = [], args = [] }) {
  const file = join(work, `${name}.json`);
  const more = report
    ? [
        ...["default", "json", ...reporters].map((reporter) => `--reporter=${reporter}`),
        `--outputFile.json=${file}`,
      ]
    : args;
  console.log(`\n── ${name} ──`);
  const startedMs = performance.now();
  const code = await exitCode("npm", ["run", "--silent", script, "--", ...more]);
  const counts = count(report ? file : undefined, code);
  for (const key of Object.keys(total)) total[key] += counts[key];
  const took = ((performance.now() - startedMs) / 1_000).toFixed(0);
  const { passed, failed, skipped } = counts;
  console.log(`── ${name}: ${passed} ok, ${failed} not ok, ${skipped} left out; ${took} s ──`);
}

function exitCode(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", () => resolve(1));
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

function count(file, code) {
  if (file === undefined)
    return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
      readFileSync(file, "utf8"),
    );
    // A run that fails without a failing test (a file that does not load) still failed.
    const failed = code !== 0 && numFailedTests === 0 ? 1 : numFailedTests;
    return { passed: numPassedTests, failed, skipped: numPendingTests + numTodoTests };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
