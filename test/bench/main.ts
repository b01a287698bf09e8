// npm run bench -- <section…> [--json]: measures, and prints each figure beside its peer's.
import { parseArgs } from "node:util";
import { detectionBench } from "./detection/detection-bench.js";
import { hearingBench } from "./hearing/hearing-bench.js";
import { hooksBench } from "./hooks/hooks-bench.js";
import { mediaBench } from "./media/media-bench.js";
import type { BenchRow, EmitRow } from "./row.js";
import { signallingBench } from "./signalling/signalling-bench.js";
import { virtualTimeBench } from "./virtual-time/virtual-time-bench.js";

/** What a section may be told; each takes what it knows. */
interface Options {
  readonly soakSeconds: number;
  /** A folder to draw into. */
  readonly picture: string | undefined;
}

const sections: Readonly<Record<string, (emit: EmitRow, options: Options) => Promise<void>>> = {
  signalling: signallingBench,
  hooks: hooksBench,
  media: mediaBench,
  hearing: hearingBench,
  detection: detectionBench,
  "virtual-time": virtualTimeBench,
  // Imported when asked for: it brings a native client with threads of its own.
  agent: async (emit) => (await import("./agent/agent-bench.js")).agentBench(emit),
};

const usage = `npm run bench -- <section…> [--json]

Sections: ${Object.keys(sections).join(", ")}
  --json   one JSON object per figure: {"metric","value","unit","peer","peerValue","ratio","goal","met"}
  --picture DIR    draws media's send jitter over time, and its loss over the streams, into DIR
  --soak-seconds N   how long signalling keeps up 300 calls a second; default 10, the goal is for 300`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      json: { type: "boolean" },
      help: { type: "boolean" },
      picture: { type: "string" },
      "soak-seconds": { type: "string", default: "10" },
    },
    allowPositionals: true,
  });
  const unknown = positionals.find((name) => !(name in sections));
  if (values.help || positionals.length === 0 || unknown !== undefined) {
    if (unknown !== undefined) console.error(`bench: there is no section ${unknown}`);
    console.log(usage);
    return values.help ? 0 : 2;
  }
  const soakSeconds = Number(values["soak-seconds"]);
  if (!(soakSeconds > 0)) {
    console.error("bench: --soak-seconds must be a number above 0");
    return 2;
  }
  for (const name of positionals) {
    const rows: BenchRow[] = [];
    await sections[name]?.(
      (row) => {
        if (values.json) console.log(JSON.stringify(row));
        else rows.push(row);
      },
      { soakSeconds, picture: values.picture },
    );
    if (!values.json) console.log(tableOf(name, rows));
  }
  return 0;
}

function tableOf(section: string, rows: readonly BenchRow[]): string {
  const cells = rows.map((row) => [
    row.metric,
    `${row.value} ${row.unit}`,
    row.peer === null ? "" : `${row.peer}: ${row.peerValue}`,
    row.ratio === null ? "" : `× ${row.ratio}`,
    row.goal ?? "",
    row.met === null ? "" : row.met ? "met" : "missed",
  ]);
  const all = [[section, "", "peer", "ratio", "goal", ""], ...cells];
  const widths = [0, 1, 2, 3, 4, 5].map((column) =>
    Math.max(...all.map((line) => line[column]?.length ?? 0)),
  );
  return all
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

process.exitCode = await main();
