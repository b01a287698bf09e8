// Runs `npm start` of every example that has one; each asserts by itself and fails by its exit code.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const examples = join(dirname(fileURLToPath(import.meta.url)), "..", "examples");
let passed = 0;
let failed = 0;
for (const name of readdirSync(examples).sort()) {
  const folder = join(examples, name);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  if (!manifest.scripts?.start) continue;
  const startedMs = performance.now();
  const { status } = spawnSync("npm", ["start", "--silent"], {
    cwd: folder,
    stdio: ["ignore", "inherit", "inherit"],
    timeout: 120_000,
  });
  const tookMs = Math.round(performance.now() - startedMs);
  console.log(`${status === 0 ? "ok  " : "FAIL"} examples/${name} (${tookMs} ms)`);
  if (status === 0) passed += 1;
  else failed += 1;
}
console.log(`examples: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
