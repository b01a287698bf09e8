// Makes the checkout ready: dependencies when the lockfile or Node changed, then a build.
// Needs only Node and npm: pnpm comes through `npm exec`, pinned, into npm's own cache.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const pnpm = manifest.packageManager.split("+")[0];
const stampFile = join(root, "node_modules", ".offhook-setup");

/** Runs a command with all of its output on stderr, so that stdout stays the caller's. */
function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ["ignore", 2, 2],
    env: { ...process.env, CI: "true" },
  });
  if (error) throw error;
  if (status !== 0) {
    console.error(`setup: \`${command} ${args.join(" ")}\` failed (exit ${status})`);
    process.exit(status ?? 1);
  }
}

function wantedStamp() {
  const hash = createHash("sha256").update(process.version);
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json"])
    hash.update(readFileSync(join(root, file)));
  return hash.digest("hex");
}

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`setup: offhook needs Node >= 20.19, this is ${process.version}`);
  process.exit(1);
}

const stamp = wantedStamp();
if (!existsSync(stampFile) || readFileSync(stampFile, "utf8") !== stamp) {
  console.error("setup: installing dependencies (once per lockfile change)");
  run("npm", [
    "exec",
    "--yes",
    "--loglevel=error",
    "--",
    pnpm,
    "install",
    "--frozen-lockfile",
    "--reporter=append-only",
    "--loglevel=error",
  ]);
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, stamp);
}
run(join(root, "node_modules", ".bin", "tsc"), ["-b"]);
