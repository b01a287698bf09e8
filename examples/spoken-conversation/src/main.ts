// npm start [-- FILE.wav]: a conversation of two voices over real SIP and RTP on this machine, kept in
// a stereo WAV to listen to: the callee on the left, the agent on the right.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { converse } from "./converse.js";

const [given] = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), "offhook-"));
const recording = given ?? join(folder, "conversation.wav");
try {
  const { turns, outcome, longestDeadAirMs, responseMs } = await converse(recording);
  assert.equal(outcome.endReason, "AGENT_HUNG_UP");
  assert.deepEqual(turns, [
    "agent: Hello, this is the Riverside Dental clinic.",
    "user:  Sorry, who is calling please?",
    "agent: Does tomorrow at ten o'clock still work for you?",
    "user:  Yes, that works for me. Thank you.",
    "agent: Wonderful, see you tomorrow. Thank you, and goodbye.",
  ]);
  assert.ok(longestDeadAirMs < 3_000, `dead air of ${longestDeadAirMs} ms`);
  const [left, right] = loudness(await readFile(recording));
  assert.ok(left > 100 && right > 100, "both voices are on the recording");
  console.log(turns.join("\n"));
  console.log(`answers after ${responseMs.map(Math.round).join(", ")} ms`);
  if (given) console.log(`recorded to ${given}`);
} finally {
  await rm(folder, { recursive: true });
}

/** Root mean square of the two channels of a 16-bit WAV. */
function loudness(wav: Buffer): readonly [number, number] {
  const sums: [number, number] = [0, 0];
  const from = wav.indexOf("data") + 8;
  const frames = Math.floor((wav.length - from) / 4);
  for (let at = 0; at < frames; at++) {
    sums[0] += wav.readInt16LE(from + at * 4) ** 2;
    sums[1] += wav.readInt16LE(from + at * 4 + 2) ** 2;
  }
  return [Math.sqrt(sums[0] / frames), Math.sqrt(sums[1] / frames)];
}
