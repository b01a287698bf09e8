// Feeds mutated SIP, SDP and digest headers to a carrier, and mutated RTP, RTCP and telephone-events
// to calls: `npm run fuzz -- --runs 100000 --seed 1`.
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { seededRandom } from "@offhook/session";
import { corpusFor, individual } from "./corpus.js";
import { openTarget, type Target } from "./harness.js";
import { fuzzMedia, type MediaRoom } from "./media.js";
import { mutate, shrink } from "./mutate.js";

const kept = fileURLToPath(new URL("../../fuzz/kept/", import.meta.url));
/** A fresh carrier now and then, so that a run is not mostly about what came before. */
const RUNS_PER_TARGET = 500;
/** Always the same ids, so that what is kept fits the carrier of `kept.test.ts` too. */
const TARGET_SEED = 1;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  },
});
const runs = Number(values.runs);
const seed = Number(values.seed);
if (!Number.isInteger(runs) || runs < 1 || !Number.isInteger(seed)) {
  console.error("usage: npm run fuzz -- [--runs N] [--seed N] [--json]");
  process.exit(2);
}

let late: string | undefined;
process.on("uncaughtException", (error) => {
  late = `uncaught: ${String(error)}`;
});
process.on("unhandledRejection", (error) => {
  late = `unhandled: ${String(error)}`;
});

const random = seededRandom(seed);
const failures = new Map<string, string>();
const startedMs = performance.now();
for (let done = 0; done < runs; done += RUNS_PER_TARGET) {
  const target = await openTarget(seededRandom(TARGET_SEED));
  const corpus = corpusFor(target.invite, target.dialog);
  for (let run = done; run < Math.min(done + RUNS_PER_TARGET, runs); run++) {
    const text = mutate(individual(corpus[run % corpus.length] ?? "", run), corpus, random);
    const complaint = target.feed(text);
    if (complaint !== undefined) await keep(text, complaint);
    if (run % 100 === 0) {
      await new Promise((resolve) => setImmediate(resolve));
      if (!target.isAlive()) await keep(text, "no answer to OPTIONS afterwards");
    }
    if (late !== undefined) {
      await keep(text, late);
      late = undefined;
    }
  }
  await target.close();
}

// Whatever came in, a closed carrier leaves no timer behind.
await new Promise((resolve) => setImmediate(resolve));
if (process.getActiveResourcesInfo().includes("Timeout"))
  failures.set("a timer goes on after everything was closed", `seed ${seed}`);

for (const { run, complaint, datagram } of fuzzMedia(await builtMediaRoom(), runs, seed))
  failures.set(complaint, `datagram ${datagram} (run ${run})`);

const seconds = (performance.now() - startedMs) / 1_000;
if (values.json)
  console.log(
    JSON.stringify({
      metric: "fuzz failures",
      value: failures.size,
      unit: "inputs",
      goal: 0,
      met: failures.size === 0,
    }),
  );
else {
  for (const [complaint, file] of failures) console.log(`${file}: ${complaint}`);
  console.log(
    `${runs} mutated messages and ${runs} mutated datagrams in ${seconds.toFixed(1)} s (seed ${seed}): ${failures.size} failed`,
  );
}
process.exitCode = failures.size === 0 ? 0 : 1;

/** Shrinks a failing input and keeps it, where `kept.test.ts` replays it from then on. */
async function keep(text: string, complaint: string): Promise<void> {
  if (failures.has(complaint) || failures.size >= 20) return;
  failures.set(complaint, "");
  const target: Target = await openTarget(seededRandom(TARGET_SEED));
  const smallest =
    target.feed(text) === undefined
      ? text
      : shrink(text, (candidate) => target.feed(candidate) !== undefined);
  await target.close();
  mkdirSync(kept, { recursive: true });
  const name = `${createHash("sha256").update(smallest).digest("hex").slice(0, 12)}.sip`;
  writeFileSync(join(kept, name), Buffer.from(smallest, "latin1"));
  failures.set(complaint, name);
}

/** The media room has no door to the outside for this: it is taken as it was built. */
async function builtMediaRoom(): Promise<MediaRoom> {
  const room = new URL("../../../packages/session/dist/media/", import.meta.url);
  const parts = ["rtp/rtp-leg.js", "testing/correlation.js", "testing/plane-fixture.js"];
  const loaded: readonly object[] = await Promise.all(
    [...parts, "testing/virtual-line.js"].map((part) => import(new URL(part, room).href)),
  );
  return Object.assign({}, ...loaded) as MediaRoom;
}
