import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Call, type Calls, outcomeLine } from "@offhook/agent";
import {
  type CallOutcome,
  channelOf,
  type EndReason,
  readWav,
  type Verdict,
} from "@offhook/session";
import { audibleStretches, LABEL_NUMBERS, type LabelRow } from "@offhook/session/testing";

/** One call to a number that sounds like something, and what detection said of it. */
export interface HeardCall {
  readonly row: LabelRow;
  readonly call: Call;
  readonly verdicts: readonly Verdict[];
  /** From the call's beginning; empty until it is answered. */
  readonly answer: { atMs?: number };
}

/** What the agent of this demo makes of a label, where the number itself does not settle it. */
const ENDS: Partial<Record<Verdict["label"], EndReason>> = {
  beep: "AGENT_HUNG_UP_VOICEMAIL_DETECTED",
  voicemail: "AGENT_HUNG_UP_VOICEMAIL_DETECTED",
  ivr: "AGENT_HUNG_UP_IVR_DETECTED",
  screening: "AGENT_HUNG_UP_SCREENING_DETECTED",
  fax: "AGENT_HUNG_UP_FAX_DETECTED",
};

/** Long enough to hear everything out: it is detection that is shown here, and no waits. */
const limits = { ringMs: 15_000, userSilenceMs: 15_000 };

const HEADINGS = ["", "number", "who answers", "heard", "when", "at first", "then it ended as"];

export function callLabelNumbers(calls: Calls): readonly HeardCall[] {
  return LABEL_NUMBERS.map((row) => {
    const call = calls.dial({ to: row.number, limits });
    const verdicts: Verdict[] = [];
    const answer: { atMs?: number } = {};
    call.session.on("verdict", ({ verdict }) => void verdicts.push(verdict));
    call.session.on("active", ({ atMs }) => {
      answer.atMs = atMs;
    });
    return { row, call, verdicts, answer };
  });
}

/** What one call came to: the line for `--json`, the cells of the table, and what is wrong with it. */
export interface Told {
  readonly line: object;
  readonly cells: readonly string[];
  readonly wrong: string | undefined;
}

/** To be asked once the carrier is closed: only then is its recording of the call complete. */
export async function tellHeard(heard: HeardCall, recordings: string): Promise<Told> {
  const { row, call, verdicts, answer } = heard;
  const outcome = await call.ended;
  const decisive = decisiveOf(verdicts);
  const before = verdicts[0];
  const afterBeepMs = row.label === "beep" ? await messageAfterBeep(row, recordings) : undefined;
  const wrong = whatIsWrong(row, decisive, outcome, afterBeepMs);
  return {
    line: {
      ...outcomeLine(call, outcome),
      callee: row.callee,
      expectedLabel: row.label,
      heard: verdicts.map(({ atMs, phase, label, kind, confidence, provisional }) => ({
        atMs,
        afterAnswerMs: phase === "after_answer" ? atMs - (answer.atMs ?? 0) : null,
        label,
        ...(kind === undefined ? {} : { kind }),
        confidence,
        provisional,
      })),
      ...(afterBeepMs === undefined ? {} : { messageAfterBeepMs: afterBeepMs }),
    },
    cells: [
      wrong === undefined ? "✓" : "✗",
      row.number,
      row.callee,
      inWords(decisive),
      decisive ? when(decisive, answer.atMs) : "",
      before && before.label !== decisive?.label
        ? `${inWords(before)}, ${when(before, answer.atMs)}`
        : "",
      afterBeepMs === undefined
        ? outcome.endReason
        : `${outcome.endReason}; its message began ${afterBeepMs} ms after the beep`,
    ],
    wrong: wrong && `${row.number}: ${wrong}`,
  };
}

/** The cells of all calls under their headings, each column as wide as it must be. */
export function asTable(rows: readonly (readonly string[])[]): readonly string[] {
  const all = [HEADINGS, ...rows];
  const widths = HEADINGS.map((_, column) =>
    Math.max(...all.map((row) => row[column]?.length ?? 0)),
  );
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** A beep if one was heard; else what stood at the end, from the moment it was told first. */
function decisiveOf(verdicts: readonly Verdict[]): Verdict | undefined {
  const beep = verdicts.find(({ label }) => label === "beep");
  if (beep) return beep;
  const last = verdicts.at(-1);
  const other = verdicts.findLastIndex(({ label }) => label !== last?.label);
  const since = verdicts[other + 1];
  return since && last ? { ...last, atMs: since.atMs, phase: since.phase } : undefined;
}

function whatIsWrong(
  { label, kind, expected = ENDS[label] ?? "AGENT_HUNG_UP" }: LabelRow,
  decisive: Verdict | undefined,
  { endReason }: CallOutcome,
  afterBeepMs: number | undefined,
): string | undefined {
  if (decisive?.label !== label || (kind !== undefined && decisive.kind !== kind))
    return `expected ${kind ?? label}, heard ${inWords(decisive)}`;
  if (endReason !== expected) return `expected ${expected}, got ${endReason}`;
  if (label === "beep" && !(Number(afterBeepMs) > 0)) return "no message followed the beep";
  return undefined;
}

function inWords(verdict: Verdict | undefined): string {
  if (!verdict) return "nothing";
  return verdict.kind === undefined ? verdict.label : `${verdict.label} (${verdict.kind})`;
}

function when({ atMs, phase }: Verdict, answeredAtMs = 0): string {
  return phase === "after_answer"
    ? `${seconds(atMs - answeredAtMs)} after answer`
    : `${seconds(atMs)}, before answer`;
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1_000).toFixed(1)} s`;
}

/**
 * How long after the end of its beep the machine heard our message begin, by the carrier's own
 * recording: what it sent and what it heard are on one line there, sample by sample.
 */
async function messageAfterBeep(row: LabelRow, folder: string): Promise<number | undefined> {
  const recording = await readFile(join(folder, `${row.number}.wav`)).catch(() => undefined);
  if (!recording) return undefined;
  const wav = readWav(recording);
  const { sampleRate } = wav;
  const [heard, said] = [0, 1].map((channel) =>
    audibleStretches({ samples: channelOf(wav, channel), sampleRate }),
  );
  const beep = said?.at(-1);
  const message = heard?.at(0);
  return beep && message ? Math.round(message.fromMs - beep.toMs) : undefined;
}
