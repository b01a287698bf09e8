import { open } from "node:fs/promises";
import { messageOf, OffhookError } from "../../errors.js";
import type { AudioFrame } from "../../vocabulary.js";
import { Resampler, resample } from "../codecs/resample.js";
import { MAX_WAV_BYTES, readWav, toMono } from "../recording/wav.js";

/** Something that can be played: a WAV file, one piece of PCM, or pieces as they come. */
export type AudioSource =
  | string
  | URL
  | AudioFrame
  | Iterable<AudioFrame>
  | AsyncIterable<AudioFrame>;

const FRAME_MS = 20;

/**
 * The source as mono frames of at most 20 ms at `sampleRate`, for `CallAudio.write`.
 * Throws INVALID_AUDIO for a file that cannot be read or played, or a frame that is not what it
 * says.
 */
export async function* audioFrames(
  source: AudioSource,
  sampleRate: number,
): AsyncGenerator<AudioFrame, void, undefined> {
  if (typeof source === "string" || source instanceof URL) {
    yield* cut(await loadAudio(source, sampleRate), sampleRate);
    return;
  }
  if (isFrame(source)) {
    checkFrame(source);
    const mono = toMono(source.data, source.channels);
    yield* cut(resample(mono, source.sampleRate, sampleRate), sampleRate);
    return;
  }
  let resampler: Resampler | undefined;
  for await (const frame of source) {
    checkFrame(frame);
    if (resampler?.fromRate !== frame.sampleRate) {
      resampler = new Resampler(frame.sampleRate, sampleRate);
    }
    const mono = toMono(frame.data, frame.channels);
    const converted = new Int16Array(resampler.maxOutput(mono.length));
    const length = resampler.process(mono, converted);
    yield* cut(converted.subarray(0, length), sampleRate);
  }
}

/** A whole WAV file as mono samples at `sampleRate`. Throws INVALID_AUDIO. */
export async function loadAudio(path: string | URL, sampleRate: number): Promise<Int16Array> {
  const { samples, channels, sampleRate: fileRate } = readWav(await readBounded(path));
  return resample(toMono(samples, channels), fileRate, sampleRate);
}

async function readBounded(path: string | URL): Promise<Uint8Array> {
  try {
    const file = await open(path, "r");
    try {
      const { size } = await file.stat();
      if (size > MAX_WAV_BYTES) {
        throw new OffhookError(
          "INVALID_AUDIO",
          `The audio file is ${size} bytes long, more than the ${MAX_WAV_BYTES} allowed.`,
          { remedy: "Play it in pieces, as an async iterable of frames." },
        );
      }
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof OffhookError) throw error;
    throw new OffhookError("INVALID_AUDIO", `The audio file cannot be read: ${messageOf(error)}.`, {
      remedy: "Check the path, and that the process may read it.",
      cause: error,
    });
  }
}

function isFrame(
  source: AudioFrame | Iterable<AudioFrame> | AsyncIterable<AudioFrame>,
): source is AudioFrame {
  return "samplesPerChannel" in source;
}

/** Throws INVALID_AUDIO when the numbers of a frame do not fit each other. */
export function checkFrame(frame: AudioFrame): void {
  const { data, sampleRate, channels, samplesPerChannel } = frame;
  const fits =
    data instanceof Int16Array &&
    Number.isInteger(sampleRate) &&
    sampleRate >= 4000 &&
    sampleRate <= 192_000 &&
    Number.isInteger(channels) &&
    channels >= 1 &&
    channels <= 8 &&
    data.length === samplesPerChannel * channels;
  if (fits) return;
  throw new OffhookError(
    "INVALID_AUDIO",
    `A frame of ${data?.length} samples says ${channels} channels × ${samplesPerChannel} at ${sampleRate} Hz.`,
    {
      remedy:
        "Give 16-bit samples in an Int16Array whose length is channels × samplesPerChannel, 1 to 8 channels, 4000 to 192000 Hz.",
    },
  );
}

function* cut(samples: Int16Array, sampleRate: number): Generator<AudioFrame, void, undefined> {
  const step = (sampleRate * FRAME_MS) / 1000;
  for (let at = 0; at < samples.length; at += step) {
    const data = samples.slice(at, at + step);
    yield { data, sampleRate, channels: 1, samplesPerChannel: data.length };
  }
}
