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
      `The agent file ${file} cannot be loaded: ${messageOf(thrown).split("\n")[0]}`,
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
