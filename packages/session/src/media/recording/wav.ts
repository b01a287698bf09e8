import { OffhookError } from "../../errors.js";
import { decodeG711 } from "../codecs/g711.js";

/** Decoded audio of a file; samples interleaved when `channels` is above 1. */
export interface WavAudio {
  readonly sampleRate: number;
  readonly channels: number;
  readonly samples: Int16Array;
}

/** Larger files are refused: 64 MiB is over an hour of telephone audio. */
export const MAX_WAV_BYTES = 64 * 1024 * 1024;

const REMEDY =
  "Convert it to a 16-bit PCM WAV file, for example: ffmpeg -i input -ar 16000 -ac 1 -c:a pcm_s16le output.wav";

const FORMAT_PCM = 0x0001;
const FORMAT_FLOAT = 0x0003;
const FORMAT_A_LAW = 0x0006;
const FORMAT_MU_LAW = 0x0007;
const FORMAT_EXTENSIBLE = 0xfffe;
/** What a writer that cannot seek back puts where the length belongs. */
const LENGTH_UNKNOWN = 0xffffffff;

interface WavFormat {
  readonly code: number;
  readonly channels: number;
  readonly sampleRate: number;
  readonly bitsPerSample: number;
}

/**
 * Reads a RIFF WAVE file: PCM of 8, 16, 24 or 32 bits, 32-bit float, µ-law or A-law, also as
 * WAVE_FORMAT_EXTENSIBLE. Chunks it does not know are skipped.
 * Throws INVALID_AUDIO, whose message names what is wrong.
 */
export function readWav(bytes: Uint8Array): WavAudio {
  if (bytes.length > MAX_WAV_BYTES) {
    throw invalid(`the file is ${bytes.length} bytes long, more than the ${MAX_WAV_BYTES} allowed`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12) throw invalid(`the file is only ${bytes.length} bytes long`);
  const magic = tag(bytes, 0);
  if (magic !== "RIFF") throw invalid(`it begins with ${describeMagic(bytes)} instead of "RIFF"`);
  if (tag(bytes, 8) !== "WAVE") {
    throw invalid(`the RIFF file holds ${JSON.stringify(tag(bytes, 8))} instead of "WAVE"`);
  }
  let format: WavFormat | undefined;
  let at = 12;
  while (at + 8 <= bytes.length) {
    const name = tag(bytes, at);
    const length = view.getUint32(at + 4, true);
    const body = at + 8;
    if (name === "data") {
      if (!format) throw invalid(`the "data" chunk comes before the "fmt " chunk`);
      return decode(format, dataOf(bytes, body, length));
    }
    if (body + length > bytes.length) {
      throw invalid(
        `its ${JSON.stringify(name)} chunk claims ${length} bytes where ${bytes.length - body} are left`,
      );
    }
    if (name === "fmt ") format = readFormat(view, body, length);
    at = body + length + (length & 1);
  }
  throw invalid(format ? `it has no "data" chunk` : `it has no "fmt " chunk`);
}

/** A canonical 16-bit PCM WAV file. */
export function writeWav(audio: WavAudio): Uint8Array {
  const dataBytes = audio.samples.length * 2;
  const file = new Uint8Array(WAV_HEADER_BYTES + dataBytes);
  file.set(wavHeader({ ...audio, dataBytes }));
  const view = new DataView(file.buffer);
  for (const [index, sample] of audio.samples.entries()) {
    view.setInt16(WAV_HEADER_BYTES + 2 * index, sample, true);
  }
  return file;
}

export const WAV_HEADER_BYTES = 44;

/** The header of a 16-bit PCM WAV file whose audio takes `dataBytes`. */
export function wavHeader(options: {
  readonly sampleRate: number;
  readonly channels: number;
  readonly dataBytes: number;
}): Uint8Array {
  const { sampleRate, channels, dataBytes } = options;
  const header = new Uint8Array(WAV_HEADER_BYTES);
  const view = new DataView(header.buffer);
  writeTag(header, 0, "RIFF");
  view.setUint32(4, WAV_HEADER_BYTES - 8 + dataBytes, true);
  writeTag(header, 8, "WAVE");
  writeTag(header, 12, "fmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, FORMAT_PCM, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * channels * 2, true);
  view.setUint16(32, channels * 2, true);
  view.setUint16(34, 16, true);
  writeTag(header, 36, "data");
  view.setUint32(40, dataBytes, true);
  return header;
}

/** One channel of interleaved samples, 0 being the left. */
export function channelOf({ samples, channels }: WavAudio, channel: number): Int16Array {
  if (channels === 1) return samples;
  return samples.filter((_sample, index) => index % channels === channel);
}

/** The mean of all channels. */
export function toMono(samples: Int16Array, channels: number): Int16Array {
  if (channels === 1) return samples;
  const mono = new Int16Array(Math.floor(samples.length / channels));
  for (let index = 0; index < mono.length; index++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) {
      sum += samples[index * channels + channel] ?? 0;
    }
    mono[index] = Math.round(sum / channels);
  }
  return mono;
}

function readFormat(view: DataView, at: number, length: number): WavFormat {
  if (length < 16)
    throw invalid(`its "fmt " chunk is ${length} bytes long, at least 16 are needed`);
  let code = view.getUint16(at, true);
  if (code === FORMAT_EXTENSIBLE) {
    if (length < 40) {
      throw invalid(`its extensible "fmt " chunk is ${length} bytes long, 40 are needed`);
    }
    // The sub-format GUID begins with the format code proper.
    code = view.getUint16(at + 24, true);
  }
  const format: WavFormat = {
    code,
    channels: view.getUint16(at + 2, true),
    sampleRate: view.getUint32(at + 4, true),
    bitsPerSample: view.getUint16(at + 14, true),
  };
  if (format.channels < 1 || format.channels > 8) {
    throw invalid(`it has ${format.channels} channels; 1 to 8 can be read`);
  }
  if (format.sampleRate < 4000 || format.sampleRate > 192_000) {
    throw invalid(`its sample rate is ${format.sampleRate} Hz; 4000 to 192000 can be read`);
  }
  return format;
}

function dataOf(bytes: Uint8Array, at: number, length: number): Uint8Array {
  const available = bytes.length - at;
  if (length !== LENGTH_UNKNOWN && length > available) {
    throw invalid(`its "data" chunk claims ${length} bytes where ${available} are left`);
  }
  return bytes.subarray(at, at + Math.min(length, available));
}

function decode(format: WavFormat, data: Uint8Array): WavAudio {
  const { sampleRate, channels } = format;
  const frameBytes = (channels * format.bitsPerSample) / 8;
  const whole = data.subarray(0, data.length - (data.length % Math.max(1, frameBytes)));
  const samples = decodeSamples(format, whole);
  if (samples.length === 0) throw invalid("it holds no audio");
  return { sampleRate, channels, samples };
}

function decodeSamples(format: WavFormat, data: Uint8Array): Int16Array {
  const { code, bitsPerSample } = format;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (code === FORMAT_MU_LAW || code === FORMAT_A_LAW) {
    if (bitsPerSample !== 8) throw invalid(`its G.711 samples have ${bitsPerSample} bits, not 8`);
    const samples = new Int16Array(data.length);
    decodeG711(code === FORMAT_MU_LAW ? "mu" : "a", data, samples);
    return samples;
  }
  const reader = sampleReader(code, bitsPerSample);
  if (!reader) {
    throw invalid(
      `its format is ${describeFormat(code)} with ${bitsPerSample} bits; PCM of 8, 16, 24 or 32 bits, 32-bit float, µ-law and A-law can be read`,
    );
  }
  const step = bitsPerSample / 8;
  const samples = new Int16Array(data.length / step);
  let noNumbers = 0;
  for (let index = 0; index < samples.length; index++) {
    const sample = reader(view, index * step);
    // One here and there is a glitch, and becomes silence.
    if (Number.isNaN(sample)) noNumbers += 1;
    samples[index] = sample;
  }
  if (noNumbers > samples.length / 2)
    throw invalid(`${noNumbers} of its ${samples.length} samples are no finite numbers`);
  return samples;
}

function sampleReader(
  code: number,
  bits: number,
): ((view: DataView, at: number) => number) | undefined {
  if (code === FORMAT_FLOAT && bits === 32) {
    return (view, at) => {
      const value = view.getFloat32(at, true);
      return Number.isFinite(value)
        ? Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768)))
        : Number.NaN;
    };
  }
  if (code !== FORMAT_PCM) return undefined;
  // 8-bit PCM is unsigned; of wider samples the two upper bytes are kept.
  if (bits === 8) return (view, at) => (view.getUint8(at) - 128) << 8;
  if (bits === 16) return (view, at) => view.getInt16(at, true);
  if (bits === 24) return (view, at) => view.getInt16(at + 1, true);
  if (bits === 32) return (view, at) => view.getInt16(at + 2, true);
  return undefined;
}

function tag(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

function writeTag(bytes: Uint8Array, at: number, text: string): void {
  for (let index = 0; index < text.length; index++) bytes[at + index] = text.charCodeAt(index);
}

function describeMagic(bytes: Uint8Array): string {
  const magic = tag(bytes, 0);
  if (magic.startsWith("ID3") || (bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xe0) === 0xe0)) {
    return "an MP3 header";
  }
  if (magic === "OggS") return "an Ogg header";
  if (magic === "fLaC") return "a FLAC header";
  return `the bytes ${Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join(" ")}`;
}

function describeFormat(code: number): string {
  const names: Readonly<Record<number, string>> = {
    [FORMAT_PCM]: "PCM",
    [FORMAT_FLOAT]: "IEEE float",
    2: "Microsoft ADPCM",
    17: "IMA ADPCM",
    49: "GSM 6.10",
    85: "MP3",
  };
  return names[code] ?? `0x${code.toString(16)}`;
}

function invalid(what: string): OffhookError {
  return new OffhookError("INVALID_AUDIO", `The audio cannot be read as WAV: ${what}.`, {
    remedy: REMEDY,
  });
}
