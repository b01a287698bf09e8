/** The journal of a call: recorded line by line, replayed to the same outcome, told in plain words. */
export { explainJournal } from "./explain-journal.js";
export { type JournalFile, openJournalFile } from "./journal-file.js";
export { JOURNAL_VERSION, type JournalEntry, type JournalHeader } from "./journal-schema.js";
export { type Journal, parseJournal } from "./parse-journal.js";
export { type JournalSink, type RecordJournalOptions, recordJournal } from "./record-journal.js";
export { REDACTED, redactInput } from "./redact.js";
export { type Replay, replayJournal } from "./replay-journal.js";
