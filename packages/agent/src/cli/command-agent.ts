import { loadAudio } from "@offhook/session";
import { type Agent, defineAgent } from "../define-agent.js";
import { loadAgent } from "./load-agent.js";

export interface AgentFlags {
  readonly agent?: string;
  readonly play?: string;
}

/**
 * The agent that a command was given, or one that plays a file or nothing. Throws before any call
 * is placed or answered: a file that cannot be used is wrong usage, and nobody's phone should ring for it.
 */
export async function agentOf(command: string, { agent, play }: AgentFlags): Promise<Agent> {
  if (agent !== undefined) return loadAgent(agent);
  if (play !== undefined) await loadAudio(play, 8_000);
  return defineAgent({
    name: command,
    async onAnswer({ session, signal }) {
      if (play !== undefined) await session.play(play, { signal, message: play });
    },
  });
}
