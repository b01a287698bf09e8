import { describe, expect, it } from "vitest";
import { concatAudio } from "../send/tones.js";
import { likeness } from "../testing/correlation.js";
import { sweep } from "../testing/plane-fixture.js";
import { type Network, VirtualLine } from "../testing/virtual-line.js";
import { RTP_HEADER_BYTES, writeRtpHeader } from "./rtp.js";

const NOISE = { name: "CN", payloadType: 13, clockRate: 8000 };

const withNoise = (network: Network = {}) =>
  new VirtualLine({ network, agreed: { sendComfortNoise: NOISE } });

const rms = (samples: Int16Array) =>
  Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);

describe("silence, where both sides take comfort noise", () => {
  it("goes unsaid but for a word now and then, and is heard as next to nothing", () => {
    const line = withNoise();
    const heard = concatAudio(...line.run(10_000));
    const { packetsSent } = line.far.stats;
    expect(packetsSent).toBeGreaterThanOrEqual(28);
    expect(packetsSent).toBeLessThanOrEqual(32);
    expect(rms(heard.subarray(8_000))).toBeGreaterThan(1);
    expect(rms(heard.subarray(8_000))).toBeLessThan(10);
    expect(line.signals).toEqual([{ type: "audio_started" }]);
    expect(line.near.stats).toMatchObject({ packetsLost: 0, packetsLate: 0, concealedMs: 0 });
  });

  for (const network of [{}, { jitterMs: 40, lossRate: 0.02, duplicateRate: 0.05, seed: 4 }]) {
    it(`ends with the first word: none of it is lost (${JSON.stringify(network)})`, () => {
      const line = withNoise(network);
      const said = sweep(800, 8_000);
      for (const pauseMs of [300, 700, 1_500, 6_000]) {
        line.run(pauseMs);
        line.far.playout.write(said);
        const heard = concatAudio(...line.run(1_200));
        expect(likeness(heard, said, 160)).toBeGreaterThan(0.97);
        expect(likeness(heard.subarray(0, 4_000), said.subarray(0, 480), 160)).toBeGreaterThan(0.9);
      }
      expect(line.signals).toEqual([{ type: "audio_started" }]);
    });
  }

  it("leaves digits whole", () => {
    const line = withNoise();
    line.run(3_000);
    line.far.sendDigits({ digits: "42#", durationMs: 100, gapMs: 80, settle: () => {} });
    line.run(4_000);
    const digits = line.signals.flatMap((signal) => (signal.type === "dtmf" ? signal.digit : []));
    expect(digits).toEqual(["4", "2", "#"]);
    expect(line.near.stats).toMatchObject({ concealedMs: 0 });
  });

  it("is no excuse for a peer that stopped in the middle of a word", () => {
    let down = false;
    const line = withNoise({ isDown: () => down });
    line.run(2_000);
    line.far.playout.write(sweep(1_000, 8_000));
    line.run(500);
    down = true;
    line.run(4_000);
    expect(line.signals.map(({ type }) => type)).toEqual(["audio_started", "audio_lost"]);
  });

  it("is taken as such although a word that it overtook comes after it", () => {
    let down = false;
    const line = withNoise({ isDown: () => down });
    const packet = (payloadType: number, sequence: number, length: number) => {
      const bytes = new Uint8Array(RTP_HEADER_BYTES + length).fill(60);
      const timestamp = sequence * 160;
      writeRtpHeader(bytes, { payloadType, marker: false, sequence, timestamp, ssrc: 5 });
      return bytes;
    };
    down = true;
    line.inject(packet(0, 1, 160));
    line.inject(packet(13, 3, 1));
    line.inject(packet(0, 2, 160));
    line.run(10_000);
    expect(line.signals).toEqual([{ type: "audio_started" }]);
  });
});
