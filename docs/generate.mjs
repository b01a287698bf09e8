// Writes docs/reference/ from the tables, types and tests it describes. With --check it writes
// nothing and fails when a page is stale. Reads the builds, so build first (`tsc -b`).
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { dialectsPage } from "./pages/dialects.mjs";
import { endReasonsPage } from "./pages/end-reasons.mjs";
import { errorsPage } from "./pages/errors.mjs";
import { hooksPage } from "./pages/hooks.mjs";
import { statesPage } from "./pages/states.mjs";

const reference = join(dirname(fileURLToPath(import.meta.url)), "reference");

const pages = {
  "end-reasons.md": endReasonsPage(),
  "hooks.md": hooksPage(),
  "states.md": statesPage(),
  "errors.md": errorsPage(),
  "dialects.md": dialectsPage(),
};

const stale = Object.entries(pages).filter(([name, text]) => onDisk(name) !== text);

if (process.argv.includes("--check")) {
  for (const [name] of stale)
    console.error(`docs/reference/${name} is stale: run \`npm run docs\``);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  mkdirSync(reference, { recursive: true });
  for (const [name, text] of stale) writeFileSync(join(reference, name), text);
  console.log(`${stale.length} of ${Object.keys(pages).length} pages written`);
}

function onDisk(name) {
  try {
    return readFileSync(join(reference, name), "utf8");
  } catch {
    return undefined;
  }
}
