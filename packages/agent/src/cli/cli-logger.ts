import { type Logger, OffhookError, silentLogger } from "@offhook/session";
import { destination, pino } from "pino";

const LEVELS = ["debug", "info", "warn", "error", "silent"] as const;

export const LOG_OPTION = [
  "--log <level>",
  `write logs to stderr: ${LEVELS.join(", ")}; default silent`,
] as const;

/** Fields that may hold a number, a transcript or a credential, wherever they turn up. */
const PRIVATE_FIELDS = ["to", "from", "userNumber", "text", "password", "authorization"];

/** A logger on stderr, so that stdout stays the report's. Throws INVALID_OPTION. */
export function cliLogger(level = "silent"): Logger {
  if (level === "silent") return silentLogger;
  if (!(LEVELS as readonly string[]).includes(level))
    throw new OffhookError("INVALID_OPTION", `--log ${level} is not a level.`, {
      remedy: `Use one of ${LEVELS.join(", ")}.`,
    });
  const redact = PRIVATE_FIELDS.flatMap((field) => [field, `*.${field}`]);
  return pino({ level, redact }, destination({ fd: 2, sync: true }));
}
