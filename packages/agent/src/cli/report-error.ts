import { isOffhookError, messageOf, type OffhookErrorCode } from "@offhook/session";

/** Errors that the person at the keyboard can mend: wrong usage, exit code 2. */
const USAGE_CODES: readonly OffhookErrorCode[] = [
  "INVALID_OPTION",
  "INVALID_AUDIO",
  "INVALID_AGENT",
  "INVALID_JOURNAL",
  "JOURNAL_UNWRITABLE",
  "AGENT_FILE_UNREADABLE",
  "ADDRESS_IN_USE",
  "ADDRESS_UNRESOLVED",
];

/** Says what went wrong and what to do about it; returns the exit code. */
export function reportError(thrown: unknown, { json }: { readonly json: boolean }): number {
  const code = isOffhookError(thrown) ? thrown.code : "INTERNAL";
  const remedy = isOffhookError(thrown) ? thrown.remedy : undefined;
  const message = messageOf(thrown);
  console.error(`offhook: ${message} (${code})`);
  if (remedy !== undefined) console.error(`  ${remedy}`);
  if (json)
    console.log(JSON.stringify({ type: "error", code, message, ...(remedy && { remedy }) }));
  return USAGE_CODES.includes(code) ? 2 : 1;
}

/** What commander has already said in words, for whoever reads JSON; returns the exit code. */
export function reportUsage(error: Error, { json }: { readonly json: boolean }): number {
  const message = error.message.replace(/^error: /, "");
  if (json) console.log(JSON.stringify({ type: "error", code: "INVALID_OPTION", message }));
  return 2;
}
