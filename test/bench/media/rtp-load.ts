import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { loadClip } from "@offhook/session/testing";

/** What one run of the load generator saw, all streams together. Times are the kernel's. */
export interface LoadResult {
  /** Packets sent to us. */
  readonly sent: number;
  /** Packets of ours by their sequence numbers, and those of them that came. */
  readonly expected: number;
  readonly received: number;
  /** How far packets were off their stream's own 20 ms schedule. */
  readonly p50JitterMs: number;
  readonly p99JitterMs: number;
  /** The same for each 100 ms of the run. */
  readonly p99JitterOverTimeMs: readonly number[];
  readonly maxGapMs: number;
}

// The build leaves C alone: it is found beside the TypeScript it was written with.
const SOURCE = fileURLToPath(new URL("../../../bench/media/rtp-load.c", import.meta.url));

/** The load generator, compiled for this run. */
export class LoadGenerator {
  readonly #folder = mkdtempSync(join(tmpdir(), "offhook-bench-"));
  readonly #binary = join(this.#folder, "rtp-load");
  readonly #speech = join(this.#folder, "speech.s16");

  /** Why it cannot be had, or undefined. */
  compile(): string | undefined {
    const compiled = spawnSync("cc", ["-O2", "-o", this.#binary, SOURCE], { encoding: "utf8" });
    if (compiled.error) return "no C compiler";
    const { data } = loadClip("voicemail_greeting");
    writeFileSync(this.#speech, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return compiled.status === 0 ? undefined : compiled.stderr;
  }

  async start(streams: number, seconds: number): Promise<LoadRun> {
    const args = [String(streams), String(seconds), this.#speech];
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

  /** Names the next stream's target, which gets one packet at once. The last one begins the run. */
  target(port: number): void {
    this.#child.stdin.write(`${port}\n`);
  }

  async result(): Promise<LoadResult> {
    const line = await this.#lines.next();
    return JSON.parse(String(line.value)) as LoadResult;
  }

  /** Ends a run that has not begun. */
  abort(): void {
    this.#child.kill();
  }
}
