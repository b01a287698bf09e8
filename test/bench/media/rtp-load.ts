import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

/** What one run of the load generator saw, all streams together. */
export interface LoadResult {
  readonly sent: number;
  readonly received: number;
  /** How far packets were off their stream's own 20 ms schedule, by kernel time stamps. */
  readonly p50JitterMs: number;
  readonly p99JitterMs: number;
  readonly maxGapMs: number;
}

// The build leaves C alone: it is found beside the TypeScript it was written with.
const SOURCE = fileURLToPath(new URL("../../../bench/media/rtp-load.c", import.meta.url));

/** The load generator, compiled for this run. */
export class LoadGenerator {
  readonly #folder = mkdtempSync(join(tmpdir(), "offhook-bench-"));
  readonly #binary = join(this.#folder, "rtp-load");

  /** Why it cannot be had, or undefined. */
  compile(): string | undefined {
    const compiled = spawnSync("cc", ["-O2", "-o", this.#binary, SOURCE], { encoding: "utf8" });
    if (compiled.error) return "no C compiler";
    return compiled.status === 0 ? undefined : compiled.stderr;
  }

  async start(streams: number, seconds: number, silent = false): Promise<LoadRun> {
    const args = [String(streams), String(seconds), ...(silent ? ["silent"] : [])];
    const child = spawn(this.#binary, args, { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await lines.next();
    const ports = String(first.value).trim().split(" ").map(Number);
    return new LoadRun(child, lines, ports);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}

/** One run: its ports are known before it begins to send. */
export class LoadRun {
  readonly ports: readonly number[];
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  constructor(
    child: ChildProcessByStdio<Writable, Readable, null>,
    lines: AsyncIterator<string>,
    ports: readonly number[],
  ) {
    this.#child = child;
    this.#lines = lines;
    this.ports = ports;
  }

  /** Sends to one target port for each stream. */
  async run(targets: readonly number[]): Promise<LoadResult> {
    this.#child.stdin.end(`${targets.join(" ")}\n`);
    const line = await this.#lines.next();
    return JSON.parse(String(line.value)) as LoadResult;
  }
}
