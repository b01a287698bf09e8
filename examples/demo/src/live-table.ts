import type { Call } from "@offhook/agent";
import { Listr } from "listr2";

const REFRESH_MS = 200;

/** Shows one line per call while they last: state, ring time, talk time. Settles when all ended. */
export async function showLive(
  calls: readonly Call[],
  write: (line: string) => void,
): Promise<void> {
  // Without a terminal there is nothing to redraw; each call says once that it is over.
  if (!process.stdout.isTTY) {
    await Promise.all(
      calls.map(async (call) => {
        const { states } = await call.ended;
        write(`${call.userNumber.padEnd(13)} ${states.map(({ state }) => state).join(" → ")}`);
      }),
    );
    return;
  }
  const tasks = new Listr(
    calls.map((call) => ({
      title: describe(call, undefined),
      task: async (_context, task) => {
        const started = performance.now();
        const clock = setInterval(() => {
          task.title = describe(call, performance.now() - started);
        }, REFRESH_MS);
        const outcome = await call.ended;
        clearInterval(clock);
        task.title = describe(call, undefined, outcome.endReason);
      },
    })),
    { concurrent: true, rendererOptions: { collapseSubtasks: false } },
  );
  await tasks.run();
}

function describe(call: Call, elapsedMs: number | undefined, endReason?: string): string {
  const { outcome } = call;
  const ringMs = outcome?.ringMs ?? 0;
  const times = outcome
    ? `ring ${seconds(ringMs)}  talk ${seconds(outcome.talkMs)}`
    : `${seconds(elapsedMs ?? 0)}`;
  return `${call.userNumber.padEnd(13)} ${call.state.padEnd(14)} ${times.padEnd(24)} ${endReason ?? ""}`;
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1_000).toFixed(1).padStart(4)} s`;
}
