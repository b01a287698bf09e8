import { createInterface } from "node:readline";
import { report, startMeasuring } from "./client-load.js";

export interface ServerReady {
  readonly port: number;
}

/** How one stretch of answering calls went. */
export interface ServerResult {
  readonly calls: number;
  readonly wallMs: number;
  readonly cpuMs: number;
}

/**
 * Serves until the parent process says `end`; `begin` starts the stretch that is measured. `answered`
 * tells how many calls were seen through to their end so far.
 */
export async function serve(port: number, completed: () => number): Promise<void> {
  const ready: ServerReady = { port };
  report(ready);
  let before = 0;
  let measured = startMeasuring();
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === "begin") {
      before = completed();
      measured = startMeasuring();
    } else if (line === "end") {
      const result: ServerResult = { calls: completed() - before, ...measured() };
      report(result);
      return;
    }
  }
}
