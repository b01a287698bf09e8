import type { AudioFrame } from "../../vocabulary.js";

export interface ToneOptions {
  /** One frequency, or several that sound together. */
  readonly frequenciesHz: readonly number[];
  readonly durationMs: number;
  readonly sampleRate: number;
  /** Level of each frequency by itself, in dB below full scale. Default −15. */
  readonly levelDb?: number;
  /** Ramp at both ends, so that the tone does not click. Default 2. */
  readonly rampMs?: number;
}

/** A tone of one or more sines, mono. */
export function tone(options: ToneOptions): Int16Array {
  const { frequenciesHz, durationMs, sampleRate, levelDb = -15, rampMs = 2 } = options;
  const count = Math.round((durationMs * sampleRate) / 1000);
  const ramp = Math.min(count / 2, (rampMs * sampleRate) / 1000);
  const amplitude = 32_767 * 10 ** (levelDb / 20);
  const samples = new Int16Array(count);
  for (let index = 0; index < count; index++) {
    let sum = 0;
    for (const frequencyHz of frequenciesHz) {
      sum += Math.sin((2 * Math.PI * frequencyHz * index) / sampleRate);
    }
    const gain = ramp > 0 ? Math.min(1, (index + 0.5) / ramp, (count - index - 0.5) / ramp) : 1;
    samples[index] = clamp(amplitude * gain * sum);
  }
  return samples;
}

export function silence(durationMs: number, sampleRate: number): Int16Array {
  return new Int16Array(Math.round((durationMs * sampleRate) / 1000));
}

export const DTMF_LOW_HZ = [697, 770, 852, 941] as const;
export const DTMF_HIGH_HZ = [1209, 1336, 1477, 1633] as const;
export const DTMF_KEYPAD = ["123A", "456B", "789C", "*0#D"] as const;

/** The low and the high frequency of a digit (ITU-T Q.23), or undefined for anything else. */
export function dtmfFrequencies(digit: string): readonly [number, number] | undefined {
  if (digit.length !== 1) return undefined;
  for (const [row, keys] of DTMF_KEYPAD.entries()) {
    const column = keys.indexOf(digit.toUpperCase());
    const low = DTMF_LOW_HZ[row];
    const high = DTMF_HIGH_HZ[column];
    if (low !== undefined && high !== undefined) return [low, high];
  }
  return undefined;
}

/** Several pieces of audio one after the other. */
export function concatAudio(...pieces: readonly Int16Array[]): Int16Array {
  const joined = new Int16Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/** Mono samples as a frame with a buffer of its own. */
export function monoFrame(samples: Int16Array, sampleRate: number): AudioFrame {
  return {
    data: samples.slice(),
    sampleRate,
    channels: 1,
    samplesPerChannel: samples.length,
  };
}

function clamp(value: number): number {
  return Math.max(-32_768, Math.min(32_767, Math.round(value)));
}
