const DEFAULT_DURATION_MS = 160;
const MAX_DURATION_MS = 6_000;

/** A digit sent by INFO: `application/dtmf-relay` (`Signal=5`, `Duration=160`) or `application/dtmf`. */
export function parseInfoDtmf(
  contentType: string | undefined,
  body: string,
): { digit: string; durationMs: number } | undefined {
  const type = contentType?.split(";", 1)[0]?.trim().toLowerCase();
  if (type === "application/dtmf") return asDigit(body.trim(), undefined);
  if (type !== "application/dtmf-relay") return undefined;
  const signal = /^\s*signal\s*=\s*(\S+)\s*$/im.exec(body)?.[1];
  const duration = /^\s*duration\s*=\s*(\d{1,6})\s*$/im.exec(body)?.[1];
  return asDigit(signal ?? "", duration);
}

function asDigit(
  text: string,
  duration: string | undefined,
): { digit: string; durationMs: number } | undefined {
  // Some senders number * and # as RFC 4733 does.
  const named = text === "10" ? "*" : text === "11" ? "#" : text.toUpperCase();
  if (!/^[0-9*#A-D]$/.test(named)) return undefined;
  const durationMs = duration === undefined ? DEFAULT_DURATION_MS : Number(duration);
  return { digit: named, durationMs: Math.min(Math.max(durationMs, 1), MAX_DURATION_MS) };
}
