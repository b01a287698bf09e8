/** How one client of a closed loop did: it places calls, so many at once, and hangs each up on answer. */
export interface LoadResult {
  readonly calls: number;
  readonly failed: number;
  readonly wallMs: number;
  /** User and system time of the client's process. */
  readonly cpuMs: number;
  readonly heapBytes: number;
}

export interface Load {
  readonly target: { readonly host: string; readonly port: number };
  readonly calls: number;
  readonly concurrency: number;
}

/** Runs `placeOne` in a closed loop, warms up first, and measures this process meanwhile. */
export async function closedLoop(
  { calls, concurrency }: Load,
  placeOne: () => Promise<boolean>,
): Promise<LoadResult> {
  await loop(Math.min(200, calls), concurrency, placeOne);
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  const failed = await loop(calls, concurrency, placeOne);
  const wallMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(cpu);
  return {
    calls,
    failed,
    wallMs,
    cpuMs: (user + system) / 1_000,
    heapBytes: process.memoryUsage().heapUsed,
  };
}

async function loop(
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

/** The load that the parent process passed as the one argument. */
export function loadOfArgv(): Load {
  return JSON.parse(process.argv[2] ?? "{}") as Load;
}
