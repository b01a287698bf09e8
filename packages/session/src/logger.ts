/** Structured logging, shaped so that a pino logger fits as it is. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A library says nothing unless it is given a logger. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
};

/**
 * A phone number or SIP user as it may appear in log text: `+1202•••00`.
 * Keeps at most the first five and the last two characters.
 */
export function maskNumber(value: string): string {
  if (value.length <= 4) return "•".repeat(value.length);
  const head = value.slice(0, Math.min(5, value.length - 4));
  return `${head}•••${value.slice(-2)}`;
}
