import { resolve } from "node:path";
import { messageOf, OffhookError } from "@offhook/session";
import { createJiti } from "jiti";
import { type Agent, isAgent } from "../define-agent.js";

/**
 * Loads an agent file, TypeScript or JavaScript, whose default export is what `defineAgent` returns.
 * Throws AGENT_FILE_UNREADABLE or INVALID_AGENT.
 */
export async function loadAgent(file: string): Promise<Agent> {
  const path = resolve(file);
  // jiti, because Node 20 does not run TypeScript by itself.
  const jiti = createJiti(import.meta.url, { interopDefault: false });
  let module: unknown;
  try {
    module = await jiti.import(path);
  } catch (thrown) {
    throw new OffhookError(
      "AGENT_FILE_UNREADABLE",
      `The agent file ${file} cannot be loaded: ${inOneLine(messageOf(thrown))}`,
      { remedy: "Check the path, and that the file runs by itself.", cause: thrown },
    );
  }
  const agent = (module as { default?: unknown } | undefined)?.default;
  if (isAgent(agent)) return agent;
  throw new OffhookError(
    "INVALID_AGENT",
    `The agent file ${file} has no agent as default export.`,
    {
      remedy: "End it with: export default defineAgent({ name: …, onAnswer: … }).",
    },
  );
}

/** With the place of a syntax error, and without the loader's own stack. */
function inOneLine(message: string): string {
  const [said = ""] = message.split("\nRequire stack");
  return said
    .replace(/\s*\n\s*/g, " ")
    .trim()
    .slice(0, 400);
}
