import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isOffhookError } from "../../errors.js";
import type { AudioFrame } from "../../vocabulary.js";
import { encodeG711 } from "../codecs/g711.js";
import { audioFrames } from "../send/audio-source.js";
import { concatAudio, monoFrame, tone } from "../send/tones.js";
import { readWav, toMono, wavHeader, writeWav } from "./wav.js";

const TONE = tone({ frequenciesHz: [440], durationMs: 100, sampleRate: 8000 });

function wavOf(format: number[], data: Uint8Array, extra: Uint8Array = new Uint8Array(0)) {
  const fmt = Uint8Array.from(format);
  const head = (name: string, length: number) => {
    const bytes = new Uint8Array(8);
    bytes.set(Buffer.from(name, "latin1"));
    new DataView(bytes.buffer).setUint32(4, length, true);
    return bytes;
  };
  const body = [head("fmt ", fmt.length), fmt, extra, head("data", data.length), data];
  const length = body.reduce((sum, part) => sum + part.length, 4);
  return new Uint8Array(Buffer.concat([head("RIFF", length), Buffer.from("WAVE"), ...body]));
}

function pcmFormat(code: number, bits: number, rate = 8000, channels = 1): number[] {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, code, true);
  view.setUint16(2, channels, true);
  view.setUint32(4, rate, true);
  view.setUint32(8, (rate * channels * bits) / 8, true);
  view.setUint16(12, (channels * bits) / 8, true);
  view.setUint16(14, bits, true);
  return [...bytes];
}

function whyInvalid(bytes: Uint8Array): string {
  try {
    readWav(bytes);
  } catch (error) {
    if (isOffhookError(error, "INVALID_AUDIO") && "remedy" in error) return error.message;
    throw error;
  }
  return "read";
}

async function collect(frames: AsyncIterable<AudioFrame>): Promise<Int16Array> {
  const pieces: Int16Array[] = [];
  for await (const frame of frames) pieces.push(frame.data);
  return concatAudio(...pieces);
}

describe("readWav", () => {
  it("reads back what writeWav wrote", () => {
    const audio = { sampleRate: 16_000, channels: 2, samples: Int16Array.from([1, -2, 3, -4]) };
    expect(readWav(writeWav(audio))).toEqual(audio);
  });

  it("refuses audio that is mostly no numbers", () => {
    const floats = new Uint8Array(Float32Array.from([0, Number.NaN, Number.NaN, Infinity]).buffer);
    expect(() => readWav(wavOf(pcmFormat(3, 32), floats))).toThrow(
      "3 of its 4 samples are no finite numbers",
    );
  });

  it("reads 8-bit PCM, float, µ-law and A-law", () => {
    const eight = readWav(wavOf(pcmFormat(1, 8), Uint8Array.from([128, 255, 0])));
    expect([...eight.samples]).toEqual([0, 127 * 256, -32_768]);
    const floats = new Uint8Array(Float32Array.from([0, 0.5, -2, Number.NaN]).buffer);
    expect([...readWav(wavOf(pcmFormat(3, 32), floats)).samples]).toEqual([0, 16_384, -32_768, 0]);
    for (const [law, code] of [
      ["mu", 7],
      ["a", 6],
    ] as const) {
      const bytes = new Uint8Array(TONE.length);
      encodeG711(law, TONE, bytes);
      const { samples } = readWav(wavOf(pcmFormat(code, 8), bytes));
      const worst = samples.reduce((most, s, i) => Math.max(most, Math.abs(s - (TONE[i] ?? 0))), 0);
      expect(worst).toBeLessThan(300);
    }
  });

  it("reads WAVE_FORMAT_EXTENSIBLE and steps over chunks it does not know", () => {
    const format = [...pcmFormat(0xfffe, 16), 22, 0, 16, 0, 0, 0, 0, 0, 1, 0, ...Array(14).fill(0)];
    const list = new Uint8Array(Buffer.from("LIST\x05\0\0\0abcde\0", "latin1"));
    const data = new Uint8Array(Int16Array.from([5, 6]).buffer);
    expect([...readWav(wavOf(format, data, list)).samples]).toEqual([5, 6]);
  });

  it("reads a file whose writer did not know the length", () => {
    const header = wavHeader({ sampleRate: 8000, channels: 1, dataBytes: 0 });
    new DataView(header.buffer).setUint32(40, 0xffffffff, true);
    const file = Buffer.concat([header, Buffer.from([1, 0, 2, 0, 3])]);
    expect([...readWav(file).samples]).toEqual([1, 2]);
  });

  it("names what is wrong with a file it refuses", () => {
    expect(whyInvalid(new Uint8Array(3))).toContain("only 3 bytes");
    expect(whyInvalid(new Uint8Array(Buffer.from("ID3\x04aaaaaaaaaaaaa")))).toContain("MP3");
    expect(whyInvalid(new Uint8Array(Buffer.from("RIFF0000AVI 0000")))).toContain('"AVI "');
    expect(whyInvalid(wavOf(pcmFormat(0x11, 4), new Uint8Array(8)))).toContain("IMA ADPCM");
    expect(whyInvalid(wavOf(pcmFormat(1, 16, 100), new Uint8Array(8)))).toContain("100 Hz");
    expect(whyInvalid(wavOf(pcmFormat(1, 16, 8000, 0), new Uint8Array(8)))).toContain("0 channels");
    expect(whyInvalid(wavOf(pcmFormat(1, 16), new Uint8Array(0)))).toContain("no audio");
    const cut = writeWav({ sampleRate: 8000, channels: 1, samples: TONE }).subarray(0, 100);
    expect(whyInvalid(cut)).toContain("claims 1600 bytes where 56 are left");
  });

  it("never fails with anything but INVALID_AUDIO, whatever the bytes", () => {
    const good = writeWav({ sampleRate: 8000, channels: 1, samples: TONE.subarray(0, 20) });
    void fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 }),
        fc.nat(good.length),
        (edits, length) => {
          const bytes = good.slice();
          for (const [at, value] of edits) bytes[at] = value;
          whyInvalid(bytes.subarray(0, length));
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("toMono", () => {
  it("takes the mean of the channels", () => {
    expect([...toMono(Int16Array.from([10, 20, -10, -30]), 2)]).toEqual([15, -20]);
  });
});

describe("audioFrames", () => {
  it("plays a WAV file at another rate in frames of 20 ms", async () => {
    const folder = await mkdtemp(join(tmpdir(), "offhook-"));
    try {
      const path = join(folder, "tone.wav");
      await writeFile(path, writeWav({ sampleRate: 8000, channels: 1, samples: TONE }));
      const frames: AudioFrame[] = [];
      for await (const frame of audioFrames(path, 16_000)) frames.push(frame);
      expect(frames.map((frame) => frame.samplesPerChannel)).toEqual([320, 320, 320, 320, 320]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("plays frames as they come, whatever their rate and channels", async () => {
    const stereo: AudioFrame = {
      data: new Int16Array(960 * 2).fill(1000),
      sampleRate: 48_000,
      channels: 2,
      samplesPerChannel: 960,
    };
    const heard = await collect(audioFrames([stereo, monoFrame(TONE, 8000)], 8000));
    expect(heard.length).toBe(160 + 800);
    expect(heard[150]).toBe(1000);
  });

  it("refuses a missing file and a frame that lies", async () => {
    await expect(collect(audioFrames("/nowhere.wav", 8000))).rejects.toMatchObject({
      code: "INVALID_AUDIO",
    });
    const lying = { ...monoFrame(TONE, 8000), samplesPerChannel: 5 };
    await expect(collect(audioFrames(lying, 8000))).rejects.toMatchObject({
      code: "INVALID_AUDIO",
    });
  });
});
