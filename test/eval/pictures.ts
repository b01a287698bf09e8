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

/** How many of the people were known to be people by when, beside Asterisk's rules. */
function decisionTime(judged: readonly JudgedCall[]): string {
  const people = judged.filter(({ call }) => call.truth === "human");
  const theirs = people.flatMap(({ call, asterisk }) =>
    asterisk.verdict === "human" ? [Math.max(0, asterisk.atMs - call.utteranceEndMs)] : [],
  );
  return drawCurves({
    title: `People known as people, of ${people.length} calls`,
    x: { label: "after the end of what they said, s", from: 0 },
    left: { label: "known by then, %", until: 100 },
    curves: [
      { name: "offhook", points: cumulative(humanDecisionMs(judged), people.length) },
      { name: "Asterisk's AMD rules", points: cumulative(theirs, people.length) },
    ],
  });
}

function cumulative(waitsMs: readonly number[], of: number): (readonly [number, number])[] {
  return [...waitsMs]
    .sort((a, b) => a - b)
    .map((waitMs, index) => [waitMs / 1_000, ((index + 1) * 100) / of]);
}

function humanCalledMachine(settings: readonly JudgedSetting[]): string {
  const over = (shareOf: (judged: readonly JudgedCall[]) => number) =>
    settings.map(({ machineAtLeast, judged }) => [machineAtLeast, shareOf(judged) * 100] as const);
  return drawCurves({
    title: "Greeting detector: what each threshold costs",
    x: { label: "machineAtLeast" },
    left: { label: "calls, %" },
    curves: [
      { name: "human called machine", points: over((all) => falseMachines(all, said).share) },
      { name: "human called machine, Wilson low", points: over((a) => falseMachines(a, said).low) },
      {
        name: "human called machine, Wilson high",
        points: over((all) => falseMachines(all, said).high),
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
