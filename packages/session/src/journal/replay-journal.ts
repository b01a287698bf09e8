import type { CallSnapshot } from "../call/call-input.js";
import { advance, openCall } from "../call/call-machine.js";
import { isTerminal } from "../call/call-state.js";
import { type CallOutcome, outcomeOf } from "../call/outcome.js";
import type { CallFault } from "../vocabulary.js";
import { type Journal, parseJournal } from "./parse-journal.js";

export interface Replay {
  readonly journal: Journal;
  /** The call as it stood after the last input. */
  readonly snapshot: CallSnapshot;
  /** Absent when the journal stops before the call was over. */
  readonly outcome?: CallOutcome;
  /** Where the journal's own states and end differ from the replay; empty for an untouched journal. */
  readonly differences: readonly string[];
}

/**
 * Drives a recorded call through the same machine again, to the same outcome. Throws
 * INVALID_JOURNAL.
 */
export function replayJournal(lines: Iterable<string>): Replay {
  const journal = parseJournal(lines);
  const { direction, settings, callId, createdAtWallMs } = journal.header;
  let { snapshot } = openCall(direction, settings);
  const lateFaults: CallFault[] = [];
  const recorded: string[] = [];
  for (const entry of journal.entries) {
    if (entry.type === "state") recorded.push(entry.state);
    if (entry.type !== "input") continue;
    const { input } = entry;
    // What failed while hooks ran is no longer the machine's, but belongs to the record.
    if (isTerminal(snapshot.state) && input.type === "fault" && input.fault.phase === "closing")
      lateFaults.push(input.fault);
    snapshot = advance(snapshot, input).snapshot;
  }
  const replayed = snapshot.states.map(({ state }) => state);
  const differences =
    recorded.join() === replayed.join()
      ? []
      : [`It recorded the states ${recorded.join(", ")} but replays ${replayed.join(", ")}.`];
  if (!isTerminal(snapshot.state)) return { journal, snapshot, differences };
  const { facts, states } = snapshot;
  const made = outcomeOf({ callId, createdAtWallMs }, facts, states, settings.profile);
  const media = journal.entries.find((entry) => entry.type === "end")?.media;
  const outcome = {
    ...made,
    errors: [...made.errors, ...lateFaults],
    ...(media === undefined ? {} : { media }),
  };
  return {
    journal,
    snapshot,
    outcome,
    differences: [...differences, ...endDifferences(journal, outcome)],
  };
}

function endDifferences({ entries }: Journal, outcome: CallOutcome): string[] {
  const end = entries.find((entry) => entry.type === "end");
  if (!end || (end.endReason === outcome.endReason && end.finalState === outcome.finalState))
    return [];
  return [
    `It recorded the end ${end.endReason} (${end.finalState}) but replays ${outcome.endReason} (${outcome.finalState}).`,
  ];
}
