import { systemClock } from "@offhook/session";
import { simulateCarrier } from "@offhook/session/testing";
import { describe, expect, it } from "vitest";
import { createCalls } from "../calls.js";
import { defineAgent } from "../define-agent.js";
import { espeakInstalled, espeakVoice } from "./espeak-voice.js";
import { offlineVoice, PROMPTS } from "./offline-voice.js";
import type { Voice } from "./ports.js";
import { WavStream } from "./wav-stream.js";

const hasEspeak = await espeakInstalled();

/** How long a voice speaks, and what its first failure is. */
async function speak(voice: Voice, text: string, signal = new AbortController().signal) {
  let ms = 0;
  const options = { sampleRate: 8_000, clock: systemClock(), signal };
  for await (const frame of voice.speak(text, options))
    ms += (frame.samplesPerChannel * 1_000) / frame.sampleRate;
  return ms;
}

describe("the offline voice", () => {
  it.runIf(hasEspeak)("speaks anything where espeak-ng is installed", async () => {
    const ms = await speak(offlineVoice(), "Nobody has recorded this sentence.");
    expect(ms).toBeGreaterThan(1_500);
    expect(ms).toBeLessThan(4_000);
  });

  it.runIf(hasEspeak)("never takes text for an option", async () => {
    expect(await speak(espeakVoice(), "--version")).toBeGreaterThan(200);
  });

  it.each(Object.values(PROMPTS))("says %j where it is not", async (text) => {
    const ms = await speak(offlineVoice({ command: "no-such-program" }), text);
    expect(ms).toBeGreaterThan(500);
  });

  it("says which sentence is missing, and what to do", async () => {
    const voice = offlineVoice({ command: "no-such-program" });
    await expect(speak(voice, "Something else.")).rejects.toMatchObject({ code: "VOICE_FAILED" });
    await expect(speak(espeakVoice({ command: "no-such-program" }), "Hi")).rejects.toMatchObject({
      code: "VOICE_FAILED",
      remedy: expect.stringContaining("Install espeak-ng"),
    });
  });

  it("is really heard in a call, in virtual time", async () => {
    const carrier = simulateCarrier((callee) => callee.answer().stayOn());
    const agent = defineAgent({
      name: "speaker",
      async onAnswer({ session }) {
        const spoken = await session.say(`${PROMPTS.appointment} ${PROMPTS.question}`, {
          voice: offlineVoice(),
        });
        expect(spoken).toMatchObject({ complete: true });
        await session.end();
      },
    });
    const call = createCalls({ carrier, agent }).dial({ to: "+12025550100" });
    const outcome = await carrier.clock.runUntil(call.ended);
    expect(outcome.errors).toEqual([]);
    expect(carrier.heard().audibleMs).toBeGreaterThan(3_500);
    expect(carrier.clock.pendingTimers).toBe(0);
  });
});

describe("a WAV that is still being written", () => {
  const header = Buffer.alloc(44);
  header.write("RIFF", 0).toString();
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(22_050, 24);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);

  it("is read byte by byte as well as at once", () => {
    const whole = Buffer.concat([header, Buffer.from([1, 0, 2, 0, 3, 0])]);
    const stream = new WavStream();
    const samples = [...whole].flatMap((byte) => [...(stream.add(Buffer.of(byte))?.data ?? [])]);
    expect(samples).toEqual([1, 2, 3]);
    expect(new WavStream().add(whole)).toMatchObject({ sampleRate: 22_050, samplesPerChannel: 3 });
  });

  it("is refused when it is something else", () => {
    expect(() => new WavStream().add(Buffer.alloc(5_000))).toThrow(/no data chunk/);
    const stereo = Buffer.from(header);
    stereo.writeUInt16LE(2, 22);
    expect(() => new WavStream().add(stereo)).toThrow(/2 channels/);
  });
});
