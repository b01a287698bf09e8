/** How one side of a closed loop did. */
export interface LoadResult {
  readonly calls: number;
  readonly failed: number;
  readonly wallMs: number;
  /** User and system time of the process, all of its threads. */
  readonly cpuMs: number;
}

export interface Load {
  readonly target: { readonly host: string; readonly port: number };
  readonly calls: number;
  readonly concurrency: number;
}

/** Not measured: as many calls as it takes until most of the code is compiled. */
export const WARM_UP_CALLS = 4_000;

/** Runs `placeOne` in a closed loop, warms up first, and measures this process meanwhile. */
export async function closedLoop(
  { calls, concurrency }: Load,
  placeOne: () => Promise<boolean>,
): Promise<LoadResult> {
  await loop(WARM_UP_CALLS, concurrency, placeOne);
  const measured = startMeasuring();
  const failed = await loop(calls, concurrency, placeOne);
  return { calls, failed, ...measured() };
}

/** Returns how to read what went by since. */
export function startMeasuring(): () => Pick<LoadResult, "wallMs" | "cpuMs"> {
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  return () => {
    const wallMs = performance.now() - startedMs;
    const { user, system } = process.cpuUsage(cpu);
    return { wallMs, cpuMs: (user + system) / 1_000 };
  };
}

/** Calls `placeOne` so many times, so many at once; returns how often it came to nothing. */
export async function loop(
  calls: number,
  concurrency: number,
  placeOne: () => Promise<boolean>,
): Promise<number> {
  let left = calls;
  let failed = 0;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      if (!(await placeOne())) failed += 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return failed;
}

/** What the parent process passed as the one argument. */
export function argumentOf<Argument>(): Argument {
  return JSON.parse(process.argv[2] ?? "{}") as Argument;
}

/** Says something to the parent process. */
export function report(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** The heap in use once everything that nobody needs is gone. Needs `--expose-gc`. */
export function heapInUse(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
