import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Detector, drawCurves } from "@offhook/detection";
import { type JudgedCall, sideOf } from "./judge.js";
import { falseMachines, humanDecisionMs } from "./metrics.js";

/** The speaking calls of the corpus as one setting of the greeting detector judges them. */
export interface JudgedSetting {
  readonly machineAtLeast: number;
  readonly detectors: readonly Detector[];
  readonly judged: JudgedCall[];
}

/** Draws the evaluation's curves into a folder, made if need be; returns the files. */
export async function writePictures(
  folder: string,
  judged: readonly JudgedCall[],
  settings: readonly JudgedSetting[],
): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  const pictures = {
    "decision-time.svg": decisionTime(judged),
    "human-called-machine.svg": humanCalledMachine(settings),
  };
  for (const [name, svg] of Object.entries(pictures)) await writeFile(join(folder, name), svg);
  return Object.keys(pictures).map((name) => join(folder, name));
}

/** Waits beyond this are lost on people. */
const SHOWN_MS = 4_000;

/** How many of the people were known to be people by when, beside Asterisk's rules. */
function decisionTime(judged: readonly JudgedCall[]): string {
  const people = judged.filter(({ call }) => call.truth === "human");
  const theirs = people.flatMap(({ call, asterisk }) =>
    asterisk.verdict === "human" ? [Math.max(0, asterisk.atMs - call.utteranceEndMs)] : [],
  );
  return drawCurves({
    title: `People known as people, of ${people.length} calls`,
    x: { label: "after the end of what they said, s", shows: [0, SHOWN_MS / 1_000] },
    left: { label: "known by then, %", shows: [100] },
    curves: [
      { name: "offhook", points: cumulative(humanDecisionMs(judged), people.length), steps: true },
      { name: "Asterisk's AMD rules", points: cumulative(theirs, people.length), steps: true },
    ],
  });
}

/** From nobody at the start to whoever is known at the end. */
function cumulative(waitsMs: readonly number[], of: number): (readonly [number, number])[] {
  const known = (count: number) => (count * 100) / of;
  const inTime = waitsMs.filter((waitMs) => waitMs <= SHOWN_MS).sort((a, b) => a - b);
  return [
    [0, 0],
    ...inTime.map((waitMs, index) => [waitMs / 1_000, known(index + 1)] as const),
    [SHOWN_MS / 1_000, known(inTime.length)],
  ];
}

function humanCalledMachine(settings: readonly JudgedSetting[]): string {
  const over = (shareOf: (judged: readonly JudgedCall[]) => number) =>
    settings.map(({ machineAtLeast, judged }) => [machineAtLeast, shareOf(judged) * 100] as const);
  return drawCurves({
    title: "Greeting detector: what each threshold costs",
    x: { label: "machineAtLeast" },
    left: { label: "calls, %", shows: [10] },
    curves: [
      {
        name: "human called machine, with its 95 % Wilson interval",
        points: over((all) => falseMachines(all, said).share),
        between: {
          low: over((all) => falseMachines(all, said).low),
          high: over((all) => falseMachines(all, said).high),
        },
      },
      { name: "machine called human", points: over(falseHumans) },
    ],
  });
}

const said = ({ final }: JudgedCall) => final?.label;

function falseHumans(judged: readonly JudgedCall[]): number {
  const machines = judged.filter(({ call }) => call.truth !== "human");
  return machines.filter((each) => sideOf(said(each)) === "human").length / machines.length;
}
