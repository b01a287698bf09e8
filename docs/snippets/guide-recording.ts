import { createCalls, defineAgent } from "@offhook/agent";
import { createSipCarrier } from "@offhook/session";

const carrier = createSipCarrier({ trunk: { uri: "sip:trunk.example.com" } });

// #region record
export const recordsAnswered = defineAgent({
  name: "records-answered",
  async onAnswer({ session, signal }) {
    await session.record(`recordings/${session.callId}.wav`);
    await session.play("card-number-please.wav", { signal });
    session.pauseRecording();
    await session.listen({ timeoutMs: 30_000, signal });
    session.resumeRecording();
  },
});

// #endregion

// #region journal
import { openJournalFile, recordJournal } from "@offhook/session/journal";

const calls = createCalls({ carrier, agent: recordsAnswered });
const journal = await openJournalFile("journals/order-4711.jsonl");
const call = calls.dial({ to: "+12025550100" });
await recordJournal(call.session.call, journal);
await journal.close();

// #endregion

// #region read
import { readFile } from "node:fs/promises";
import { explainJournal, replayJournal } from "@offhook/session/journal";

const lines = (await readFile("journals/call.jsonl", "utf8")).split("\n");
console.log(explainJournal(lines));
console.log(replayJournal(lines).outcome?.endReason);
// #endregion
