// What a user would get: publint on each package, then a consumer that installs the packed tarballs
// and compiles against their types with skipLibCheck off.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const pnpm = manifest.packageManager.split("+")[0];
const packages = ["session", "detection", "agent"];
const work = mkdtempSync(join(tmpdir(), "offhook-packages-"));

function run(command, args, cwd) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status === 0) return stdout;
  throw new Error(`${command} ${args.join(" ")}\n${stdout}\n${stderr}`);
}
const pnpmExec = (...args) => ["exec", "--yes", "--loglevel=error", "--", pnpm, ...args];

try {
  const tarballs = {};
  for (const name of packages) {
    const folder = join(root, "packages", name);
    run("npm", pnpmExec("pack", "--pack-destination", work), folder);
    const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const tarball = join(work, `offhook-${name}-${version}.tgz`);
    run(join(root, "node_modules", ".bin", "publint"), ["run", tarball, "--strict"], folder);
    tarballs[`@offhook/${name}`] = `file:${tarball}`;
    console.log(`ok   @offhook/${name} passes publint and packs`);
  }
  const consumer = join(work, "consumer");
  mkdirSync(consumer);
  writeFileSync(
    join(consumer, "package.json"),
    JSON.stringify({
      private: true,
      type: "module",
      dependencies: tarballs,
      pnpm: { overrides: tarballs },
    }),
  );
  writeFileSync(
    join(consumer, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        strict: true,
        skipLibCheck: false,
        module: "NodeNext",
        moduleResolution: "NodeNext",
        target: "ES2023",
        lib: ["ES2023", "DOM"],
        noEmit: true,
        types: ["node"],
        typeRoots: [join(root, "node_modules", "@types")],
      },
      include: ["*.ts"],
    }),
  );
  writeFileSync(join(consumer, "main.ts"), consumerSource());
  run("npm", pnpmExec("install", "--ignore-scripts", "--prefer-offline"), consumer);
  run(join(root, "node_modules", ".bin", "tsc"), ["-p", "."], consumer);
  console.log("ok   a consumer of the packed tarballs compiles with skipLibCheck off");
  console.log(run("node", ["main.ts.mjs"], consumer).trim());
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Compiled as TypeScript and, having no types of its own, run as JavaScript. */
function consumerSource() {
  const source = `import { createCalls, defineAgent } from "@offhook/agent";
import { defaultDetectors } from "@offhook/detection";
import { simulateCarrier } from "@offhook/session/testing";

const carrier = simulateCarrier((callee) => callee.ring({ durationMs: 2_000 }).reject(486));
const agent = defineAgent({ name: "consumer", detectors: defaultDetectors() });
const call = createCalls({ carrier, agent }).dial({ to: "+12025550100" });
const outcome = await carrier.clock.runUntil(call.ended);
if (outcome.endReason !== "USER_BUSY") throw new Error(outcome.endReason);
console.log("ok   a consumer of the packed tarballs places a call: " + outcome.endReason);
`;
  writeFileSync(join(work, "consumer", "main.ts.mjs"), source);
  return source;
}
