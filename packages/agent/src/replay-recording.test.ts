import { writeWav } from "@offhook/session";
import { parseJournal, recordJournal } from "@offhook/session/journal";
import { type CalleeScript, simulateCarrier } from "@offhook/session/testing";
import { expect, it } from "vitest";
import { createCalls } from "./calls.js";
import { defineAgent } from "./define-agent.js";
import { replayRecording } from "./replay-recording.js";

/** A call, its journal, and a WAV of what was heard in it, from the first frame on. */
async function recordedCall(callee: CalleeScript) {
  const carrier = simulateCarrier(callee);
  const lines: string[] = [];
  const heard: number[] = [];
  let fromMs: number | undefined;
  const agent = defineAgent({
    name: "recorded",
    async onAnswer({ session, signal }) {
      await session.listen({ quietMs: 4_000, timeoutMs: 15_000, signal });
      await session.end();
    },
  });
  const calls = createCalls({ carrier, agent });
  const { session, ended } = calls.dial({ to: "+12025550100" });
  const written = recordJournal(session.call, { write: (line) => void lines.push(line) });
  session.call.tap({
    onFrame({ data, atMs }) {
      fromMs ??= atMs;
      heard.push(...data);
    },
  });
  await carrier.clock.runUntil(ended);
  await written;
  await calls.close();
  const begun = {
    type: "recording",
    atMs: fromMs,
    at: new Date(0).toISOString(),
    file: "x.wav",
    fromMs,
  };
  lines.splice(1, 0, JSON.stringify(begun));
  return {
    lines,
    wav: writeWav({ samples: Int16Array.from(heard), sampleRate: 8_000, channels: 1 }),
  };
}

it("a recorded call replays through detection to the same verdicts", async () => {
  const { lines, wav } = await recordedCall((callee) =>
    callee.ring({ durationMs: 5_000 }).answer().speak("voicemail_greeting").stayOn(),
  );
  const { recorded, replayed, same } = replayRecording(parseJournal(lines), wav);
  expect(recorded.at(-1)?.label).toBe("voicemail");
  expect(replayed.at(-1)?.label).toBe("voicemail");
  expect(same).toBe(true);
});

it("a journal without a recording says so", async () => {
  const { lines, wav } = await recordedCall((callee) => callee.answer().speak("hello").hangUp());
  lines.splice(1, 1);
  expect(() => replayRecording(parseJournal(lines), wav)).toThrow(
    expect.objectContaining({ code: "INVALID_JOURNAL" }),
  );
});
