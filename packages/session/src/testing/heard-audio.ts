import type { AudioFrame } from "../vocabulary.js";

export interface HeardDigit {
  readonly digit: string;
  readonly atMs: number;
}

/** A stretch of audio, in ms since the recording's zero. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What a far side heard from us during one call, for assertions. Times count from its first message. */
export interface Heard {
  /** All of it in one frame that begins at 0, with silence where nothing came. */
  readonly audio: AudioFrame;
  /** Where it was not silent; gaps under 100 ms do not split a stretch. */
  readonly stretches: readonly Stretch[];
  /** How much was not silent, in ms. */
  readonly audibleMs: number;
  /** The keys we pressed, in order. */
  readonly digits: string;
  readonly digitTimes: readonly HeardDigit[];
}

const LONGEST_GAP_MS = 100;
/** Below this peak a frame counts as silence: −54 dB. */
const AUDIBLE_PEAK = 64;

interface Piece {
  readonly atMs: number;
  readonly data: Int16Array;
}

/** Records what one far side hears; keeps the audible parts only, and no more than `keepMs` of them. */
export class HeardAudio implements Heard {
  readonly #sampleRate: number;
  readonly #keepSamples: number;
  #pieces: Piece[] = [];
  #kept = 0;
  readonly #digits: HeardDigit[] = [];

  constructor(sampleRate: number, keepMs = 10 * 60_000) {
    this.#sampleRate = sampleRate;
    this.#keepSamples = (keepMs * sampleRate) / 1_000;
  }

  /** Mono samples that began to be heard at `atMs`. Copies nothing: they must not change later. */
  add(atMs: number, data: Int16Array): void {
    if (!isAudible(data) || this.#kept + data.length > this.#keepSamples) return;
    this.#pieces.push({ atMs, data });
    this.#kept += data.length;
  }

  addDigit(digit: string, atMs: number): void {
    this.#digits.push({ digit, atMs });
  }

  get audio(): AudioFrame {
    const last = this.#pieces.at(-1);
    const length = last ? this.#position(last.atMs) + last.data.length : 0;
    const data = new Int16Array(length);
    for (const piece of this.#pieces) {
      const at = this.#position(piece.atMs);
      data.set(piece.data.subarray(0, length - at), at);
    }
    return { data, sampleRate: this.#sampleRate, channels: 1, samplesPerChannel: length };
  }

  get stretches(): readonly Stretch[] {
    const stretches: { fromMs: number; toMs: number }[] = [];
    for (const { atMs, data } of this.#pieces) {
      const toMs = atMs + (data.length * 1_000) / this.#sampleRate;
      const open = stretches.at(-1);
      if (open && atMs - open.toMs < LONGEST_GAP_MS) open.toMs = toMs;
      else stretches.push({ fromMs: atMs, toMs });
    }
    return stretches;
  }

  get audibleMs(): number {
    return (this.#kept * 1_000) / this.#sampleRate;
  }

  get digits(): string {
    return this.#digits.map(({ digit }) => digit).join("");
  }

  get digitTimes(): readonly HeardDigit[] {
    return this.#digits;
  }

  #position(atMs: number): number {
    return Math.round((atMs * this.#sampleRate) / 1_000);
  }
}

/**
 * Where recorded audio is not silent, to 10 ms and in ms since its beginning; gaps under 100 ms do
 * not split a stretch. Mono.
 */
export function audibleStretches({
  samples,
  sampleRate,
}: {
  readonly samples: Int16Array;
  readonly sampleRate: number;
}): readonly Stretch[] {
  const heard = new HeardAudio(sampleRate, Number.POSITIVE_INFINITY);
  const step = sampleRate / 100;
  for (let at = 0; at < samples.length; at += step)
    heard.add((at * 1_000) / sampleRate, samples.subarray(at, at + step));
  return heard.stretches;
}

/** Whether anybody could hear this. */
export function isAudible(data: Int16Array): boolean {
  for (const sample of data) if (sample > AUDIBLE_PEAK || sample < -AUDIBLE_PEAK) return true;
  return false;
}
