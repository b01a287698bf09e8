// Leaves a message on two answering machines, over real SIP and RTP on this machine: one takes it to
// the end, the other one is full and hangs up in the middle of it.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCalls } from "@offhook/agent";
import { channelOf, createSipCarrier, readWav } from "@offhook/session";
import { audibleStretches, type Callee, startLoopbackCarrier } from "@offhook/session/testing";
import { messageAgent } from "./agent.js";

const patient = "+12025550100";
const full = "+12025550101";
const greet = (callee: Callee) =>
  callee
    .ring({ durationMs: 500 })
    .answer()
    .speak("voicemail_greeting")
    .silence({ durationMs: 500 })
    .beep();
const folder = await mkdtemp(join(tmpdir(), "offhook-message-drop-"));
const loopback = await startLoopbackCarrier({
  recordIn: folder,
  numbers: [
    { number: patient, callee: "a machine", script: (callee) => greet(callee).stayOn() },
    {
      number: full,
      callee: "a machine that is full",
      script: (callee) => greet(callee).listen({ durationMs: 1_500 }).hangUp(),
    },
  ],
});
const calls = createCalls({
  carrier: createSipCarrier({ trunk: { uri: loopback.uri } }),
  agent: messageAgent,
});
try {
  const [left, cut] = await Promise.all([
    calls.dial({ to: patient }).ended,
    calls.dial({ to: full }).ended,
  ]);
  assert.equal(left.endReason, "AGENT_HUNG_UP_VOICEMAIL_DETECTED");
  assert.equal(left.message?.complete, true);
  assert.ok(Math.abs(loopback.heard(patient).audibleMs - (left.message?.playedMs ?? 0)) < 600);
  assert.equal(cut.message?.complete, false);
  assert.ok((cut.message?.playedMs ?? 0) > 0);
  for (const { endReason, message } of [left, cut])
    console.log(
      `${endReason}: ${message?.playedMs} of ${message?.totalMs} ms of the message were heard`,
    );
  await loopback.close();
  // Not a word of it before the beep was over, as the machine's own recording has it.
  const wav = readWav(await readFile(join(folder, `${patient}.wav`)));
  const [heard, said] = [0, 1].map((channel) =>
    audibleStretches({ samples: channelOf(wav, channel), sampleRate: wav.sampleRate }),
  );
  const afterBeepMs = (heard?.at(0)?.fromMs ?? 0) - (said?.at(-1)?.toMs ?? 0);
  assert.ok(afterBeepMs > 0);
  console.log(`The message began ${afterBeepMs} ms after the end of the beep.`);
} finally {
  await calls.close();
  await loopback.close();
  await rm(folder, { recursive: true });
}
