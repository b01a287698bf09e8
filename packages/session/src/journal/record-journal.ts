import type { CallInput } from "../call/call-input.js";
import { advance } from "../call/call-machine.js";
import type { CallSession } from "../call/call-session.js";
import { OffhookError } from "../errors.js";
import { JOURNAL_VERSION, type JournalEntry } from "./journal-schema.js";
import { redactInput } from "./redact.js";

/** Takes one line at a time, without its line break, in order. */
export interface JournalSink {
  write(line: string): void;
}

export interface RecordJournalOptions {
  /** Transcripts, keys and diverted numbers: taken out unless `keep`. */
  readonly privateFields?: "redact" | "keep";
}

type Entry = JournalEntry extends infer One
  ? One extends JournalEntry
    ? Omit<One, "atMs" | "at">
    : never
  : never;

/**
 * Keeps everything a new call is told, each change of state and how long each hook took. Settles
 * when the record is closed and the last line was written. Throws WRONG_STATE for a call that has
 * moved on already: a journal has to start with the call.
 */
export function recordJournal(
  session: CallSession,
  sink: JournalSink,
  { privateFields = "redact" }: RecordJournalOptions = {},
): Promise<void> {
  const { snapshot, direction, callId, createdAtWallMs } = session;
  if (snapshot.states.length > 1 || snapshot.facts.ending)
    throw new OffhookError("WRONG_STATE", "The call has begun; its journal would lack the start.", {
      remedy: "Call recordJournal() before dial() or receive().",
    });
  const write = (entry: Entry) => {
    const { atMs, clock } = session;
    const { type, ...rest } = entry;
    sink.write(JSON.stringify({ type, atMs, at: new Date(clock.wallMs()).toISOString(), ...rest }));
  };
  const { settings } = snapshot;
  write({ type: "header", version: JOURNAL_VERSION, callId, direction, createdAtWallMs, settings });
  write({ type: "state", state: session.state });
  const untap = session.tap({
    onInput(input: CallInput) {
      write({ type: "input", input: privateFields === "keep" ? input : redactInput(input) });
      // The machine is pure: asking it ahead tells what this input is about to change.
      for (const effect of advance(session.snapshot, input).effects)
        if (effect.type === "enter") write({ type: "state", state: effect.state });
    },
    onRecording: (file, fromMs) => write({ type: "recording", file, fromMs }),
    onHook: (timing) => write({ type: "hook", ...timing }),
  });
  return session.ended.then(({ endReason, finalState, endedBy, media }) => {
    untap();
    const measured = media === undefined ? {} : { media };
    write({ type: "end", endReason, finalState, endedBy, ...measured });
  });
}
