import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { drawCurves } from "@offhook/detection";
import type { Measured } from "./plane-load.js";

/** Draws what was measured into a folder, made if need be; returns the files. */
export async function writeMediaPictures(
  folder: string,
  measured: {
    readonly ours: Measured;
    readonly ladder: readonly Measured[];
  },
): Promise<readonly string[]> {
  const { ours, ladder } = measured;
  await mkdir(folder, { recursive: true });
  const pictures = {
    "media-jitter.svg": jitter(ours),
    "media-loss.svg": loss(ladder),
  };
  for (const [name, svg] of Object.entries(pictures)) await writeFile(join(folder, name), svg);
  return Object.keys(pictures).map((name) => join(folder, name));
}

function jitter(run: Measured): string {
  const points = run.p99JitterOverTimeMs.map((ms, slice) => [slice / 10, ms] as const);
  return drawCurves({
    title: `Off the 20 ms schedule, ${run.streams} streams at once`,
    x: { label: "time, s" },
    left: { label: "ms", shows: [0, 5] },
    curves: [{ name: "p99 send jitter of each 100 ms", points }],
  });
}

function loss(ladder: readonly Measured[]): string {
  const over = (measure: (run: Measured) => number) =>
    ladder.map((run) => [run.streams, measure(run)] as const);
  return drawCurves({
    title: "More and more streams on one thread",
    x: { label: "streams at once, 50 packets/s each way", shows: [0] },
    left: { label: "packets lost, %", shows: [0, 1] },
    right: { label: "p99 send jitter, ms", shows: [0, 5] },
    curves: [
      { name: "lost on the way in, %", points: over((run) => 100 * (1 - run.readShare)) },
      {
        name: "lost on the way out, %",
        points: over((run) => 100 * (1 - run.received / run.expected)),
      },
      { name: "p99 send jitter, ms", points: over((run) => run.p99JitterMs), axis: "right" },
    ],
  });
}
