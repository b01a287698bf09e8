import { OffhookError } from "@offhook/session";
import type { z } from "zod";

/**
 * Parses options with a schema. Throws INVALID_OPTION whose message names each bad field and what
 * it should be.
 */
export function parseOptions<Schema extends z.ZodType>(
  where: string,
  schema: Schema,
  value: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const path = issue.path.map(String).join(".");
    // Of a key, only the issues within say what is wrong with it.
    const message = issue.code === "invalid_key" ? issue.issues[0]?.message : undefined;
    const problem = message ?? issue.message;
    return path === "" ? problem : `${path}: ${problem}`;
  });
  throw new OffhookError("INVALID_OPTION", `${where}: ${problems.join("; ")}`, {
    remedy: "Correct the named options; the types and docs give their ranges.",
  });
}
