import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { decodeG711 } from "../codecs/g711.js";
import { readWav } from "../recording/wav.js";
import { parseRtp } from "../rtp/rtp.js";
import { monoFrame, tone } from "../send/tones.js";
import { correlation, likeness } from "../testing/correlation.js";
import {
  agreed,
  closeAll,
  connectEnds,
  heardAudio,
  openEnd,
  PCMU,
  peerSocket,
  plane,
  sleep,
  sweep,
  until,
} from "../testing/plane-fixture.js";

afterAll(closeAll);

// Several at once: they wait for audio to be played, and hardly do anything.
describe.concurrent("a port of the media plane", () => {
  it("records caller and agent on one time line, also what is cut off by the end", async () => {
    const folder = await mkdtemp(join(tmpdir(), "offhook-"));
    try {
      const path = join(folder, "call.wav");
      const [near, far] = [plane(), plane()];
      const one = openEnd(near);
      const other = openEnd(far);
      await connectEnds(one, other);
      const recording = await one.port.record?.(path);
      await expect(one.port.record?.(path)).rejects.toMatchObject({ code: "MEDIA_FAILED" });
      const [said, heard] = [
        sweep(300, 8000),
        tone({ frequenciesHz: [700], durationMs: 300, sampleRate: 8000 }),
      ];
      await Promise.all([
        one.port.write(monoFrame(said, 8000)),
        other.port.write(monoFrame(heard, 8000)),
      ]);
      await Promise.all([one.port.mark(), other.port.mark()]);
      await sleep(150);
      await near.close();
      const { durationMs } = (await recording?.stop()) ?? { durationMs: 0 };
      const { samples, channels } = readWav(await readFile(path));
      expect(channels).toBe(2);
      expect(samples.length / 16).toBe(durationMs);
      const channel = (index: number) => samples.filter((_, at) => at % 2 === index);
      expect(likeness(channel(0), heard, 400)).toBeGreaterThan(0.9);
      expect(correlation(channel(1), said)).toBeGreaterThan(0.97);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("plays background sound under silence and speech", async () => {
    const end = openEnd(plane());
    const peer = await peerSocket();
    await end.port.local;
    end.port.setBackground?.(new Int16Array(100).fill(8000), { gainDb: -20 });
    end.port.connect(agreed({ address: "127.0.0.1", port: peer.port }));
    await until(() => peer.received.length >= 3);
    const payload = parseRtp(peer.received[2] ?? new Uint8Array(0))?.payload ?? new Uint8Array(0);
    const samples = new Int16Array(160);
    decodeG711("mu", payload, samples);
    expect(Math.abs((samples[0] ?? 0) - 800)).toBeLessThan(40);
  });

  it("hears digits in the sound of a peer that sends no events", async () => {
    const shared = plane();
    const one = openEnd(shared);
    const other = openEnd(shared);
    const [at, otherAt] = await Promise.all([one.port.local, other.port.local]);
    const { sendTelephoneEvent: _, ...plain } = agreed(otherAt, { receive: [PCMU] });
    one.port.connect(plain);
    other.port.connect({ ...plain, remote: at });
    await one.port.sendDtmf("7#", { durationMs: 100 });
    await until(() => other.signals.filter((signal) => signal.type === "dtmf").length === 2);
    expect(other.signals.slice(1)).toMatchObject([
      { type: "dtmf", digit: "7", via: "audio" },
      { type: "dtmf", digit: "#", via: "audio" },
    ]);
  });

  it.each([
    ["always", "agreed on events"],
    ["needed", "agreed on events"],
    ["never", "takes no events"],
  ] as const)(
    "looks for digits in sound as it was told: %s, of a peer that %s",
    async (digitsInSound, peer) => {
      const [speaking, hearing] = [openEnd(plane()), openEnd(plane({ digitsInSound }))];
      const [at, otherAt] = await Promise.all([speaking.port.local, hearing.port.local]);
      const { sendTelephoneEvent: _, ...plain } = agreed(otherAt);
      speaking.port.connect(plain);
      hearing.port.connect(peer === "takes no events" ? { ...plain, remote: at } : agreed(at));
      await speaking.port.sendDtmf("7#", { durationMs: 100 });
      await until(() => hearing.frames.length > 30);
      const digits = hearing.signals.filter((signal) => signal.type === "dtmf");
      expect(digits.map(({ digit, via }) => `${digit} ${via}`)).toEqual(
        digitsInSound === "always" ? ["7 audio", "# audio"] : [],
      );
    },
  );

  for (const [name, send] of [
    ["G.722", { name: "G722", payloadType: 9, clockRate: 8000 }],
    ["Opus", { name: "OPUS", payloadType: 111, clockRate: 48_000, channels: 2 }],
  ] as const) {
    it(`carries wideband sound with ${name}, under a payload type for each direction`, async () => {
      const shared = plane({ codecs: ["G722", "OPUS"] });
      const one = openEnd(shared, 16_000);
      const other = openEnd(shared, 16_000);
      const [at, otherAt] = await Promise.all([one.port.local, other.port.local]);
      const theirs = { ...send, payloadType: 120 };
      one.port.connect(agreed(otherAt, { send: theirs, receive: [send], packetMs: 40 }));
      other.port.connect(agreed(at, { send, receive: [theirs] }));
      const high = tone({ frequenciesHz: [900, 5_500], durationMs: 400, sampleRate: 16_000 });
      await one.port.write(monoFrame(high, 16_000));
      await one.port.mark();
      await until(() => other.frames.length > 30);
      const middle = high.subarray(1600, 4800);
      expect(likeness(heardAudio(other), middle, 800)).toBeGreaterThan(0.95);
    });
  }
});
