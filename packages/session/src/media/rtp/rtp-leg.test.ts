import { describe, expect, it } from "vitest";
import { concatAudio, tone } from "../send/tones.js";
import { correlation, likeness } from "../testing/correlation.js";
import { VirtualLine } from "../testing/virtual-line.js";
import { RTP_HEADER_BYTES, writeRtpHeader } from "./rtp.js";

/** Speech-like: a voiced sound whose pitch moves, with pauses. */
function voice(durationMs: number, sampleRate = 8000): Int16Array {
  const samples = new Int16Array((durationMs * sampleRate) / 1000);
  let phase = 0;
  for (const index of samples.keys()) {
    const seconds = index / sampleRate;
    phase += (2 * Math.PI * (140 + 30 * Math.sin(2 * Math.PI * 0.7 * seconds))) / sampleRate;
    const loud = Math.sin(2 * Math.PI * 1.3 * seconds) > -0.6 ? 1 : 0;
    let sum = 0;
    for (let harmonic = 1; harmonic <= 12; harmonic++) {
      sum += Math.sin(harmonic * phase) / harmonic;
    }
    samples[index] = 5000 * loud * sum;
  }
  return samples;
}

function stats(line: VirtualLine) {
  const { packetsLate = 0, concealedMs = 0, bufferMs = 0, ...rest } = line.near.stats;
  return { packetsLate, concealedMs, bufferMs, ...rest };
}

describe("an RTP leg", () => {
  it("hears exactly what was said over a good network, 60 ms later at most", () => {
    const line = new VirtualLine();
    const audio = voice(1_000);
    line.far.playout.write(audio);
    const heard = concatAudio(...line.run(1_200));
    expect(correlation(heard, audio)).toBeGreaterThan(0.999);
    expect(stats(line)).toMatchObject({ packetsLost: 0, packetsLate: 0, concealedMs: 0 });
    // 30 ms of network, one packet to fill a frame from, and ours.
    const begin = heard.findIndex((sample) => Math.abs(sample) > 500);
    expect(begin / 8).toBeLessThan(60);
  });

  it("puts late, doubled and reordered packets back into order without losing a word", () => {
    const line = new VirtualLine({ network: { jitterMs: 60, duplicateRate: 0.1, seed: 3 } });
    line.run(4_000);
    const before = stats(line);
    const audio = voice(3_000);
    line.far.playout.write(audio);
    const heard = concatAudio(...line.run(3_400));
    expect(correlation(heard, audio)).toBeGreaterThan(0.9);
    const after = stats(line);
    expect(after.packetsLate - before.packetsLate).toBeLessThanOrEqual(2);
    expect(after.bufferMs).toBeGreaterThan(40);
    expect(after.bufferMs).toBeLessThan(90);
  });

  it("lets the delay go down again when the network calms down", () => {
    let jitterMs = 80;
    const network = {
      get jitterMs() {
        return jitterMs;
      },
    };
    const line = new VirtualLine({ network });
    line.run(5_000);
    expect(stats(line).bufferMs).toBeGreaterThan(60);
    jitterMs = 0;
    line.run(40_000);
    expect(stats(line).bufferMs).toBeLessThanOrEqual(15);
    line.far.playout.write(tone({ frequenciesHz: [440], durationMs: 100, sampleRate: 8000 }));
    const heard = concatAudio(...line.run(300));
    expect(heard.findIndex((sample) => Math.abs(sample) > 500) / 8).toBeLessThan(80);
  });

  it("loses no word to a network that stands still for 300 ms, and is soon as quick as before", () => {
    const stalls = [{ fromMs: 2_000, toMs: 2_300 }];
    const line = new VirtualLine({ network: { stalls, jitterMs: 10, seed: 6 } });
    const [before, after] = [voice(1_200), voice(1_200).reverse()];
    line.run(1_000);
    line.far.playout.write(before);
    line.far.playout.write(after);
    const heard = concatAudio(...line.run(3_000));
    expect(stats(line)).toMatchObject({ packetsLost: 0, packetsLate: 0 });
    expect(stats(line).concealedMs).toBeLessThan(340);
    expect(
      likeness(heard.subarray(0, 8 * 1_100), before.subarray(0, 8 * 900), 800),
    ).toBeGreaterThan(0.99);
    // All that was said while nothing came, 300 ms of it and more.
    expect(likeness(heard, after.subarray(0, 8 * 600), 800)).toBeGreaterThan(0.95);
    line.run(8_000);
    line.far.playout.write(tone({ frequenciesHz: [440], durationMs: 100, sampleRate: 8000 }));
    const later = concatAudio(...line.run(300));
    expect(later.findIndex((sample) => Math.abs(sample) > 500) / 8).toBeLessThan(100);
  });

  it("conceals lost packets so that a voice stays a voice", () => {
    const audio = voice(4_000);
    const hear = (lossRate: number) => {
      const line = new VirtualLine({ network: { lossRate, seed: 5 } });
      line.far.playout.write(audio);
      const heard = concatAudio(...line.run(4_200));
      return { heard, stats: stats(line) };
    };
    const { heard, stats: counted } = hear(0.05);
    expect(counted.packetsLost).toBeGreaterThan(4);
    expect(counted.concealedMs).toBeGreaterThanOrEqual(counted.packetsLost * 20 - 40);
    expect(counted.concealedMs).toBeLessThanOrEqual(counted.packetsLost * 20 + 40);
    expect(correlation(heard, audio)).toBeGreaterThan(0.95);
  });

  it("goes on after the sender starts over with another SSRC", () => {
    const line = new VirtualLine();
    line.run(500);
    const audio = voice(1_000);
    line.restartFarSide(77).playout.write(audio);
    const heard = concatAudio(...line.run(1_300));
    expect(correlation(heard, audio)).toBeGreaterThan(0.97);
    expect(stats(line).packetsLost).toBe(0);
  });

  it("goes on after a pause of the sender, and tells the loss of audio once", () => {
    let down = false;
    const line = new VirtualLine({ network: { isDown: () => down } });
    line.run(500);
    down = true;
    line.run(5_000);
    down = false;
    const audio = voice(500);
    line.far.playout.write(audio);
    const heard = concatAudio(...line.run(800));
    expect(correlation(heard, audio)).toBeGreaterThan(0.97);
    expect(line.signals.map((signal) => signal.type)).toEqual([
      "audio_started",
      "audio_lost",
      "audio_resumed",
    ]);
  });

  it.each([300, 1_500, 10_000])(
    "hears at once after a hold of %d ms, and counts nothing of it as lost",
    (heldMs) => {
      const line = new VirtualLine();
      line.run(1_000);
      line.connectNear({ direction: "inactive" });
      expect(line.run(heldMs)).toEqual([]);
      line.connectNear({ direction: "sendrecv" });
      line.far.playout.write(voice(600));
      const heard = concatAudio(...line.run(1_000));
      expect(correlation(heard, voice(600))).toBeGreaterThan(0.99);
      expect(heard.findIndex((sample) => Math.abs(sample) > 500) / 8).toBeLessThan(80);
      expect(stats(line)).toMatchObject({ packetsLost: 0, packetsLate: 0, concealedMs: 0 });
    },
  );

  for (const driftPpm of [200, -200]) {
    it(`neither runs dry nor piles up in a call of an hour with ${driftPpm} ppm of drift`, () => {
      const line = new VirtualLine({ network: { driftPpm } });
      let worstDelayMs = 0;
      for (let minute = 0; minute < 60; minute++) {
        line.run(59_700, () => {});
        line.far.playout.write(tone({ frequenciesHz: [440], durationMs: 100, sampleRate: 8000 }));
        const heard = concatAudio(...line.run(300));
        const delayMs = heard.findIndex((sample) => Math.abs(sample) > 500) / 8;
        worstDelayMs = Math.max(worstDelayMs, delayMs);
        expect(delayMs).toBeGreaterThan(0);
      }
      expect(worstDelayMs).toBeLessThan(100);
      expect(stats(line)).toMatchObject({ packetsLost: 0, packetsLate: 0, packetsDropped: 0 });
      expect(stats(line).concealedMs).toBeLessThan(100);
    });
  }

  it.each([
    [200, 10, 20],
    [200, 10, 60],
    [-200, 20, 20],
  ] as const)(
    "makes up nothing for a clock off by %d ppm with %d ms of jitter, in packets of %d ms",
    (driftPpm, jitterMs, packetMs) => {
      const network = { driftPpm, jitterMs };
      const line = new VirtualLine({ network, agreed: { packetMs } });
      for (let minute = 0; minute < 8; minute++) {
        line.far.playout.write(
          tone({ frequenciesHz: [440], durationMs: 60_000, sampleRate: 8000 }),
        );
        line.run(60_000, () => {});
      }
      expect(stats(line)).toMatchObject({ packetsLate: 0, concealedMs: 0 });
    },
  );

  it("hears one digit however many of its packets are lost, doubled or reordered", () => {
    const network = { lossRate: 0.3, duplicateRate: 0.3, jitterMs: 50, seed: 9 };
    const line = new VirtualLine({ network });
    line.run(200);
    const digits = "0123456789*#ABCD";
    line.far.sendDigits({ digits, durationMs: 160, gapMs: 200, settle: () => {} });
    line.run(10_000);
    const heard = line.signals.flatMap((signal) => (signal.type === "dtmf" ? [signal.digit] : []));
    expect(heard.join("")).toBe(digits);
  });

  it("tells the whole length of a digit that is held for seconds, at 48 kHz too", () => {
    const codec = { name: "OPUS", payloadType: 107, clockRate: 48_000, channels: 2 };
    const line = new VirtualLine({ codec });
    line.run(200);
    const request = { digits: "55", gapMs: 40, settle: () => {} };
    line.far.sendDigits({ ...request, durationMs: 6_000 });
    line.far.sendDigits({ ...request, durationMs: 100 });
    line.run(14_000);
    const heard = line.signals.flatMap((signal) =>
      signal.type === "dtmf" ? [[signal.digit, signal.durationMs]] : [],
    );
    expect(heard).toEqual([
      ["5", 6_000],
      ["5", 6_000],
      ["5", 100],
      ["5", 100],
    ]);
  });

  it("is not hurt by a flood from a stranger, foreign payload types or a second source", () => {
    const line = new VirtualLine();
    line.run(200);
    const audio = voice(1_000);
    line.far.playout.write(audio);
    const heard: Int16Array[] = [];
    const packet = (payloadType: number, ssrc: number, sequence: number) => {
      const bytes = new Uint8Array(RTP_HEADER_BYTES + 160).fill(0x80);
      const timestamp = sequence * 160;
      writeRtpHeader(bytes, { payloadType, marker: false, sequence, timestamp, ssrc });
      return bytes;
    };
    for (let round = 0; round < 58; round++) {
      for (let index = 0; index < 50; index++) {
        line.inject(packet(0, 9, index), { address: "198.51.100.7", port: 4000 });
        line.inject(packet(77, 9, index));
      }
      line.inject(packet(0, 99, round));
      heard.push(...line.run(20));
    }
    expect(correlation(concatAudio(...heard), audio)).toBeGreaterThan(0.99);
    expect(stats(line).packetsDropped).toBeGreaterThan(5_000);
    expect(stats(line).concealedMs).toBe(0);
  });
});

describe("an RTP leg whose peer came up with the same SSRC", () => {
  it("takes another, and hears the peer all the while", () => {
    const line = new VirtualLine();
    const own = line.near.ssrc;
    const packet = new Uint8Array(RTP_HEADER_BYTES + 160).fill(0x80);
    const say = (sequence: number, ssrc: number) => {
      const timestamp = sequence * 160;
      writeRtpHeader(packet, { payloadType: 0, marker: false, sequence, timestamp, ssrc });
      line.inject(packet.slice());
    };
    say(1, own);
    const changed = line.near.ssrc;
    expect(changed).not.toBe(own);
    say(2, own);
    expect(line.near.stats.packetsReceived).toBe(2);
    // A peer that sends back whatever it gets must not make us change for ever.
    say(3, changed);
    say(4, changed);
    expect(line.near.ssrc).toBe(changed);
  });
});
