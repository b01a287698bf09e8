import { drawCurves, type Tuned, type TunePoint } from "@offhook/detection";

/** What each setting of the greeting detector gets wrong, and how long it takes, as SVG. */
export function tunePicture({ points, best }: Tuned): string {
  const over = (yOf: (point: TunePoint) => number) =>
    points.map((point) => [point.machineAtLeast, yOf(point)] as const);
  return drawCurves({
    title: "Greeting detector: what each threshold costs",
    x: { label: "machineAtLeast" },
    left: { label: "calls, %", shows: [10] },
    right: { label: "dead air, s" },
    curves: [
      { name: "false human: machines called a person", points: over((p) => p.falseHuman * 100) },
      { name: "false machine: people called a machine", points: over((p) => p.falseMachine * 100) },
      {
        name: "dead air: median time from answer to a person's first verdict",
        axis: "right",
        points: over((p) => p.deadAirMs / 1_000),
      },
    ],
    mark: { x: best.machineAtLeast, name: `chosen: ${best.machineAtLeast}` },
  });
}
