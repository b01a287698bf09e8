import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Worker } from "node:worker_threads";
import { createCalls, defineAgent } from "@offhook/agent";
import { channelOf, createSipCarrier, readWav } from "@offhook/session";
import { audibleStretches, clipPath, startLoopbackCarrier } from "@offhook/session/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const NUMBER = "+12025550120";
const AT_MOST_MS = 150;
/** Threads of an idle machine wake this late at most, and packets are kept back for this long. */
const USUAL = { lateMs: 10, bufferMs: 20 } as const;
/** A thread's own start makes it late, and does not count. */
const STARTED_MS = 200;

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "offhook-beep-"));
});
afterEach(() => rm(folder, { recursive: true }));

/**
 * Both sides as the carrier had them, on the line of its own RTP clock: what it sent and what it
 * heard, counted in samples. A machine that is busy elsewhere stretches neither.
 */
async function atTheCarrier() {
  const wav = readWav(await readFile(join(folder, `${NUMBER}.wav`)));
  const stretches = (channel: number) =>
    audibleStretches({ samples: channelOf(wav, channel), sampleRate: wav.sampleRate });
  return { heard: stretches(0), said: stretches(1) };
}

/** How late threads like those that carry the audio wake on this machine, from now on. */
function watchThreads() {
  const worker = new Worker(
    `const { parentPort } = require("node:worker_threads");
    const late = require("node:perf_hooks").monitorEventLoopDelay({ resolution: 5 });
    setTimeout(() => late.enable(), ${STARTED_MS});
    parentPort.once("message", () => parentPort.postMessage(late.max / 1e6));`,
    { eval: true },
  );
  const here = monitorEventLoopDelay({ resolution: 5 });
  setTimeout(() => here.enable(), STARTED_MS);
  return async () => {
    worker.postMessage("how late?");
    const [there] = (await once(worker, "message")) as [number];
    await worker.terminate();
    here.disable();
    return Math.max(0, here.max / 1e6 - USUAL.lateMs) + Math.max(0, there - USUAL.lateMs);
  };
}

describe("a message left over SIP and RTP", () => {
  it("is heard by the carrier to begin within 150 ms of the beep's end, and never before", {
    timeout: 30_000,
    retry: 2,
  }, async () => {
    const loopback = await startLoopbackCarrier({
      recordIn: folder,
      numbers: [
        {
          number: NUMBER,
          callee: "a greeting, then a beep",
          script: (callee) =>
            callee
              .answer()
              .silence({ durationMs: 300 })
              .speak("name")
              .silence({ durationMs: 1_700 })
              .beep({ frequencyHz: 1_000, durationMs: 400 })
              .stayOn(),
        },
      ],
    });
    /** What other programs took of this machine while it mattered: on the way here, and back. */
    let keptWaitingMs = 0;
    const leavesMessage = defineAgent({
      name: "leaves-message",
      async onAnswer({ session, signal }) {
        await session.detected(["human", "voicemail"], { timeoutMs: 30_000, signal });
        const threadsWereLate = watchThreads();
        await session.detected(["beep"], { timeoutMs: 30_000, signal });
        await session.play(clipPath("reminder"), { signal });
        const bufferMs = session.call.media?.stats().bufferMs ?? 0;
        keptWaitingMs = 2 * (await threadsWereLate()) + 2 * Math.max(0, bufferMs - USUAL.bufferMs);
        await session.end();
      },
    });
    const calls = createCalls({
      carrier: createSipCarrier({ trunk: { uri: loopback.uri } }),
      agent: leavesMessage,
    });
    try {
      const { errors } = await calls.dial({ to: NUMBER }).ended;
      expect(errors).toEqual([]);
    } finally {
      await calls.close();
      await loopback.close();
    }
    const { heard, said } = await atTheCarrier();
    const beep = said.at(-1) ?? expect.fail("no beep was sent");
    const message = heard.at(0) ?? expect.fail("no message was heard");
    expect(beep.toMs - beep.fromMs).toBeGreaterThan(380);
    expect(message.fromMs).toBeGreaterThan(beep.toMs);
    expect(message.fromMs - beep.toMs).toBeLessThanOrEqual(AT_MOST_MS + keptWaitingMs);
  });
});
