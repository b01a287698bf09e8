import type { z } from "zod";

const brand = Symbol.for("offhook.error");

/**
 * What this package throws. Carries the brand and a code of offhook's one error table, so that
 * `isOffhookError` recognises it without this package loading the session.
 */
export class DetectionError extends Error {
  readonly code: "INVALID_OPTION" | "INVALID_AUDIO" | "DETECTOR_FAILED";
  readonly remedy: string | undefined;

  constructor(
    code: DetectionError["code"],
    message: string,
    options: { readonly remedy?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "DetectionError";
    this.code = code;
    this.remedy = options.remedy;
    Object.defineProperty(this, brand, { value: true });
  }
}

/** Names the first option that is wrong, and what it was. */
export function invalidOption(owner: string, error: z.ZodError, given: unknown): DetectionError {
  const issue = error.issues[0];
  const path = issue?.path.map(String) ?? [];
  const value = path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null
        ? (inner as Record<string, unknown>)[key]
        : undefined,
    given,
  );
  const name = path.length > 0 ? `option "${path.join(".")}"` : "the options";
  return new DetectionError(
    "INVALID_OPTION",
    `${owner}: ${name} cannot be ${show(value)}: ${issue?.message ?? "invalid"}`,
    {
      remedy: "Correct the option; the detector's docs page lists each with its range.",
      cause: error,
    },
  );
}

function show(value: unknown): string {
  if (value === undefined) return "undefined";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
