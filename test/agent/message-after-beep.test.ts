import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCalls, defineAgent } from "@offhook/agent";
import { channelOf, createSipCarrier, readWav } from "@offhook/session";
import { audibleStretches, clipPath, startLoopbackCarrier } from "@offhook/session/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const NUMBER = "+12025550120";
const AT_MOST_MS = 150;

const leavesMessage = defineAgent({
  name: "leaves-message",
  async onAnswer({ session, signal }) {
    await session.detected(["beep"], { timeoutMs: 30_000, signal });
    await session.play(clipPath("reminder"), { signal });
    await session.end();
  },
});

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

describe("a message left over SIP and RTP", () => {
  // What else runs on this machine can only ever delay it, so one call in time shows that it can be.
  it("is heard by the carrier to begin within 150 ms of the beep's end, and never before", {
    retry: 3,
    timeout: 20_000,
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
              .silence({ durationMs: 700 })
              .beep({ frequencyHz: 1_000, durationMs: 400 })
              .stayOn(),
        },
      ],
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
    const [begins] = heard;
    const beep = said.at(-1) ?? expect.fail("no beep was sent");
    expect(beep.toMs - beep.fromMs).toBeGreaterThan(380);
    expect(begins?.fromMs).toBeGreaterThan(beep.toMs);
    expect(begins?.fromMs).toBeLessThanOrEqual(beep.toMs + AT_MOST_MS);
  });
});
