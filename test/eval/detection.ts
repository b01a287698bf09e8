import { defaultDetectors, greeting } from "@offhook/detection";
import type { BenchRow } from "../bench/row.js";
import { corpusCalls } from "../corpus/calls.js";
import { loadLibrary, type Split } from "../corpus/library.js";
import { isSpeaking, type JudgedCall, judge } from "./judge.js";
import {
  balancedAccuracy,
  beepScore,
  confusion,
  falseMachines,
  humanDecisionMs,
  percentile,
  row,
} from "./metrics.js";
import { type JudgedSetting, writePictures } from "./pictures.js";

/**
 * `npm run eval:detection [-- --json] [--split train|test] [--scale 0.2] [--stress] [--wrong]
 * [--picture DIR]`
 * With `--stress` the unusual calls on worse lines, in place of the usual ones.
 * The whole corpus through the default detectors, beside Asterisk's rules on the same audio. With
 * pictures it takes several times as long: each speaking call is judged at every setting.
 */
async function main(arguments_: readonly string[]): Promise<void> {
  const optionOf = (name: string) => arguments_[arguments_.indexOf(name) + 1];
  const split: Split =
    arguments_.includes("--split") && optionOf("--split") === "train" ? "train" : "test";
  const scale = arguments_.includes("--scale") ? Number(optionOf("--scale")) : 1;
  const pictures = arguments_.includes("--picture") ? optionOf("--picture") : null;
  if (pictures === undefined || pictures?.startsWith("--"))
    throw new Error("--picture takes the folder to draw into");
  const settings: readonly JudgedSetting[] = pictures === null ? [] : allSettings();
  const library = await loadLibrary();
  const judged: JudgedCall[] = [];
  const stress = arguments_.includes("--stress");
  for (const call of corpusCalls(library, split, { scale, stress })) {
    judged.push(judge(call));
    if (isSpeaking(call.truth))
      for (const setting of settings) setting.judged.push(judge(call, setting.detectors));
  }
  const rows = measure(judged, `${split} half`);
  if (arguments_.includes("--json")) for (const each of rows) console.log(JSON.stringify(each));
  else print(rows, judged, split);
  if (arguments_.includes("--wrong")) printWrong(judged);
  if (pictures !== null)
    for (const file of await writePictures(pictures, judged, settings))
      console.error(`drawn: ${file}`);
}

function allSettings(): JudgedSetting[] {
  return [0.5, 0.56, 0.62, 0.7, 0.78, 0.86, 0.93].map((machineAtLeast) => ({
    machineAtLeast,
    detectors: defaultDetectors().map((detector) =>
      detector.name === greeting.detectorName ? greeting({ machineAtLeast }) : detector,
    ),
    judged: [],
  }));
}

function measure(judged: readonly JudgedCall[], half: string): BenchRow[] {
  const final = (each: JudgedCall) => each.final?.label;
  const first = (each: JudgedCall) => each.first?.label;
  const asterisk = (each: JudgedCall) => each.asterisk.verdict;
  const peer = (value: number) => ({ name: "asterisk-amd-rules", value });
  const percent = (share: number) => share * 100;
  const clean = judged.filter(
    ({ call: { channel } }) => channel.snrDb >= 20 && channel.noise !== "babble",
  );
  const rows: BenchRow[] = [];
  const tiers = [
    ["all tiers", judged, { accuracy: 95, wrong: 4 }],
    ["clean tier", clean, { accuracy: 97.5, wrong: 1.5 }],
  ] as const;
  for (const [tier, calls, goals] of tiers) {
    rows.push(
      row(
        `balanced accuracy, final, ${tier}`,
        percent(balancedAccuracy(calls, final)),
        "%",
        { atLeast: goals.accuracy },
        peer(percent(balancedAccuracy(calls, asterisk))),
      ),
      row(
        `balanced accuracy, first, ${tier}`,
        percent(balancedAccuracy(calls, first)),
        "%",
        undefined,
        peer(percent(balancedAccuracy(calls, asterisk))),
      ),
    );
    const wrong = falseMachines(calls, final);
    const theirs = falseMachines(calls, asterisk);
    rows.push(
      row(
        `human called machine, ${tier}`,
        percent(wrong.share),
        "%",
        { atMost: goals.wrong },
        peer(percent(theirs.share)),
      ),
      row(`human called machine, ${tier}, Wilson low`, percent(wrong.low), "%"),
      row(`human called machine, ${tier}, Wilson high`, percent(wrong.high), "%"),
    );
  }
  for (const snrDb of [Number.POSITIVE_INFINITY, 30, 20, 15, 10]) {
    const calls = judged.filter(({ call: { channel } }) =>
      snrDb === 10 ? channel.snrDb < 15 : channel.snrDb === snrDb,
    );
    rows.push(
      row(
        `balanced accuracy, final, SNR ${snrDb === 10 ? "10-15" : snrDb} dB`,
        percent(balancedAccuracy(calls, final)),
        "%",
        undefined,
        peer(percent(balancedAccuracy(calls, asterisk))),
      ),
    );
  }
  const decided = humanDecisionMs(judged);
  rows.push(
    row("human decided after the utterance, p50", percentile(decided, 0.5) / 1_000, "s", {
      atMost: 0.9,
    }),
    row("human decided after the utterance, p95", percentile(decided, 0.95) / 1_000, "s", {
      atMost: 1.4,
    }),
  );
  const beeps = beepScore(judged);
  rows.push(
    row("beep F1", beeps.f1, "share", { atLeast: 0.985 }),
    row("beep precision", beeps.precision, "share"),
    row("beep recall", beeps.recall, "share"),
    row("beep report after its end, p50", percentile(beeps.lagsMs, 0.5), "ms"),
    row("beep report after its end, p95", percentile(beeps.lagsMs, 0.95), "ms", { atMost: 100 }),
  );
  rows.push(...toneRows(judged));
  for (const [truth, line] of confusion(judged))
    for (const [label, count] of line) rows.push(row(`${truth} called ${label}`, count, "calls"));
  return rows.map((each) => ({ ...each, metric: `${each.metric} (${half})` }));
}

function toneRows(judged: readonly JudgedCall[]): BenchRow[] {
  const recall = (
    name: string,
    calls: readonly JudgedCall[],
    heard: (each: JudgedCall) => boolean,
  ) =>
    row(`${name} recall`, (calls.filter(heard).length * 100) / Math.max(1, calls.length), "%", {
      atLeast: 99,
    });
  const of = (truth: string) => judged.filter(({ call }) => call.truth === truth);
  const sit = judged.filter(({ call }) => call.variant.startsWith("sit_"));
  const humans = of("human");
  const alarmed = humans.filter(({ verdicts }) => verdicts.some(({ label }) => TONES.has(label)));
  return [
    recall("SIT", sit, ({ verdicts }) => verdicts.some(({ label }) => label === "announcement")),
    recall("SIT kind", sit, ({ verdicts, call }) =>
      verdicts.some(({ kind }) => kind === call.variant),
    ),
    recall(
      "busy",
      of("busy"),
      ({ final }) => final?.label === "busy" || final?.label === "reorder",
    ),
    recall("fax", of("fax"), ({ final }) => final?.label === "fax"),
    row(
      "music recall",
      (of("music").filter(({ final }) => final?.label === "music").length * 100) /
        Math.max(1, of("music").length),
      "%",
    ),
    row(
      "silence called a machine",
      of("silence").filter(({ verdicts }) =>
        verdicts.some(({ label }) => label !== "silence" && label !== "human"),
      ).length,
      "calls",
      { atMost: 0 },
    ),
    row("tone false alarms in human calls", alarmed.length, "calls", { atMost: 0 }),
  ];
}

const TONES: ReadonlySet<string> = new Set([
  "beep",
  "busy",
  "reorder",
  "fax",
  "ringback",
  "announcement",
]);

function print(all: readonly BenchRow[], judged: readonly JudgedCall[], split: string): void {
  // The matrix below has those.
  const rows = all.filter(({ unit, metric }) => unit !== "calls" || !/ called \w+ \(/.test(metric));
  console.log(`\n${judged.length} calls, ${split} half\n`);
  for (const { metric, value, unit, peerValue, goal, met } of rows)
    console.log(
      `${metric.padEnd(62)} ${`${value} ${unit}`.padStart(12)}` +
        `${peerValue === null ? "" : `   asterisk ${peerValue}`}` +
        `${goal === null ? "" : `   goal ${goal} ${met ? "met" : "MISSED"}`}`,
    );
  console.log("\nTruth down, what it was called in the end across");
  for (const line of matrixLines(judged)) console.log(`  ${line}`);
}

/** Every truth against every label that occurs, with how many of each were called what they are. */
function matrixLines(judged: readonly JudgedCall[]): string[] {
  const matrix = confusion(judged);
  const labels = [...new Set([...matrix.values()].flatMap((line) => [...line.keys()]))];
  const truths = [...matrix.keys()];
  labels.sort((a, b) => (truths.indexOf(a) + 1 || 99) - (truths.indexOf(b) + 1 || 99));
  const cells = (first: string, rest: readonly (string | number)[]) =>
    first.padEnd(13) + rest.map((cell) => String(cell).padStart(13)).join("");
  return [
    cells("", labels),
    ...[...matrix].map(([truth, line]) =>
      cells(
        truth,
        labels.map((label) => line.get(label) ?? "."),
      ),
    ),
  ];
}

function printWrong(judged: readonly JudgedCall[]): void {
  for (const { call, verdicts, final } of judged) {
    if (final?.label === call.truth) continue;
    const { snrDb, noise } = call.channel;
    console.log(
      `${call.id} ${call.variant} snr ${snrDb} ${noise} utterance until ${Math.round(call.utteranceEndMs)}:`,
      verdicts
        .map(
          ({ label, kind, atMs, provisional, evidence }) =>
            `${label}${kind ? `/${kind}` : ""}${provisional ? "?" : "!"}@${atMs}[${evidence[0]?.rule}]`,
        )
        .join(" "),
    );
  }
}

await main(process.argv.slice(2));
