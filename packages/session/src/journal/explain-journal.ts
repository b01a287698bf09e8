import { endReasonRow } from "../call/end-reason.js";
import type { MediaReport } from "../call/media-report.js";
import type { CallOutcome } from "../call/outcome.js";
import { describeInput } from "./describe-input.js";
import type { JournalEntry, JournalHeader } from "./journal-schema.js";
import { type Replay, replayJournal } from "./replay-journal.js";

/**
 * Tells a recorded call's story in plain words: a timeline, then why it ended, on what grounds and
 * what to do next. Throws INVALID_JOURNAL.
 */
export function explainJournal(lines: Iterable<string>): string {
  const replay = replayJournal(lines);
  const { header, entries, truncated } = replay.journal;
  const told = [
    `${header.direction === "outbound" ? "Outbound" : "Inbound"} call ${header.callId}, created ${header.at}.`,
    "",
    ...timeline(header, entries),
    "",
    ...(replay.outcome ? endOf(replay.outcome) : unfinished(replay)),
    ...replay.differences.map((difference) => `Beware: ${difference}`),
    ...(truncated ? ["The journal's last line is cut off, as a crash leaves it."] : []),
  ];
  return `${told.join("\n")}\n`;
}

function timeline({ settings }: JournalHeader, entries: readonly JournalEntry[]): string[] {
  return entries.flatMap((entry) => {
    const text = textOf(entry, settings.limits);
    return text === undefined ? [] : [`${seconds(entry.atMs)}  ${text}`];
  });
}

function textOf(
  entry: JournalEntry,
  limits: JournalHeader["settings"]["limits"],
): string | undefined {
  switch (entry.type) {
    case "input":
      return describeInput(entry.input, limits);
    case "state":
      return `→ ${entry.state}`;
    case "recording":
      return "The call is being recorded.";
    case "hook":
      return hookText(entry);
    default:
      return undefined;
  }
}

/** Hooks that took no time and did no harm are not worth a line. */
function hookText(entry: Extract<JournalEntry, { type: "hook" }>): string | undefined {
  const { event, tookMs, result } = entry;
  if (result === "threw") return `A ${event} hook threw after ${tookMs} ms.`;
  if (result === "timed_out") return `A ${event} hook had not settled after ${tookMs} ms.`;
  return tookMs > 0 ? `A ${event} hook took ${tookMs} ms.` : undefined;
}

function endOf(outcome: CallOutcome): string[] {
  const { endReason, finalState, endedBy, because, verdict, message, media, errors } = outcome;
  const row = endReasonRow(endReason);
  const rang = outcome.ringMs === undefined ? "It never rang" : `It rang ${length(outcome.ringMs)}`;
  const talked =
    finalState === "ended" ? `the conversation lasted ${length(outcome.talkMs)}` : "nobody talked";
  return [
    `${endReason} (${finalState}, ended by the ${endedBy})`,
    row.meaning,
    `Grounds: ${because.text} (rule ${because.rule})`,
    `${rang}; ${talked}.`,
    ...(verdict
      ? [`Detection said ${verdict.label} with confidence ${verdict.confidence.toFixed(2)}.`]
      : []),
    ...(message
      ? [
          `The message was played ${message.complete ? "in full" : "in part"}: ${message.playedMs} of ${message.totalMs} ms.`,
        ]
      : []),
    ...(media ? [audioInWords(media)] : []),
    ...errors.map(({ code, where, message: what }) => `Fault in ${where}: ${code}, ${what}`),
    `What to do: ${row.advice}`,
  ];
}

function audioInWords({ codec, oneWay, ...counted }: MediaReport): string {
  const { packetsSent, packetsReceived, packetsLost } = counted;
  const said = oneWay === "nothing_delivered" ? "sent and none of them delivered" : "sent";
  const heard =
    oneWay === "nothing_received"
      ? "nothing ever came back"
      : `${packetsReceived} received, ${packetsLost} lost`;
  return `Audio was ${codec}: ${packetsSent} packets ${said}, ${heard}.`;
}

function unfinished({ snapshot }: Replay): string[] {
  return [`The journal stops while the call was ${snapshot.state}.`];
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(3).padStart(10)} s`;
}

function length(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
