import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { converse } from "@offhook/example-spoken-conversation";

/** A conversation of two voices, as lines to print; its recording goes to `wav` if given. */
export async function hearConversation(wav: string | undefined): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), "offhook-demo-"));
  try {
    const { turns, outcome } = await converse(wav ?? join(folder, "conversation.wav"));
    const kept = wav === undefined ? "npm run demo -- --wav FILE keeps it" : `kept in ${wav}`;
    return [
      `A conversation, ${(outcome.talkMs / 1_000).toFixed(1)} s (${kept}):`,
      ...turns.map((turn) => `  ${turn}`),
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}
