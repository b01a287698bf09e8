import { bestLag } from "./pitch.js";

/** Beyond this much missing audio there is only silence (G.711 Appendix I: 60 ms). */
const FADE_AFTER_MS = 10;
const SILENT_AFTER_MS = 60;
/** So long what was made up fades into what comes. */
export const OVERLAP_MS = 4;
const HISTORY_MS = 40;

/**
 * Fills the place of lost audio by repeating the last pitch period and fading it out, in the manner
 * of G.711 Appendix I. Works on linear samples, so that it serves every codec that has nothing
 * better.
 */
export class Concealment {
  private readonly sampleRate: number;
  private readonly history: Int16Array;
  private filled = 0;
  /** Pitch period in samples while concealing, 0 otherwise. */
  private period = 0;
  private concealed = 0;

  constructor(sampleRate: number) {
    this.sampleRate = sampleRate;
    this.history = new Int16Array((sampleRate * HISTORY_MS) / 1000);
  }

  /** Audio that did come, about to be heard. After a loss its beginning is changed to fit. */
  heard(samples: Int16Array): void {
    if (this.period > 0) this.blendInto(samples);
    this.period = 0;
    this.concealed = 0;
    this.remember(samples);
  }

  /** Writes what is to be heard instead of lost audio. */
  conceal(into: Int16Array): void {
    this.begin();
    for (let index = 0; index < into.length; index++) {
      into[index] = this.synthesise(this.concealed + index);
    }
    this.concealed += into.length;
  }

  /** Writes what `conceal` is about to, as loud as it was before the loss. */
  foresee(into: Int16Array): void {
    this.begin();
    for (let index = 0; index < into.length; index++) {
      into[index] = this.repeated(this.concealed + index);
    }
  }

  /** What was heard has nothing to do with what comes next. */
  forget(): void {
    this.filled = 0;
    this.period = 0;
  }

  private begin(): void {
    if (this.period > 0) return;
    this.period = bestLag(this.history, this.sampleRate);
    this.concealed = 0;
  }

  private synthesise(at: number): number {
    const atMs = (at * 1000) / this.sampleRate;
    const gain = 1 - (atMs - FADE_AFTER_MS) / (SILENT_AFTER_MS - FADE_AFTER_MS);
    return gain <= 0 ? 0 : this.repeated(at) * Math.min(1, gain);
  }

  private repeated(at: number): number {
    if (this.filled < this.history.length) return 0;
    return this.history[this.history.length - this.period + (at % this.period)] ?? 0;
  }

  private blendInto(samples: Int16Array): void {
    const overlap = Math.min(samples.length, (this.sampleRate * OVERLAP_MS) / 1000);
    for (let index = 0; index < overlap; index++) {
      const share = (index + 1) / (overlap + 1);
      const synthetic = this.synthesise(this.concealed + index);
      samples[index] = (samples[index] ?? 0) * share + synthetic * (1 - share);
    }
  }

  private remember(samples: Int16Array): void {
    const size = this.history.length;
    const tail = samples.length > size ? samples.subarray(samples.length - size) : samples;
    this.history.copyWithin(0, tail.length);
    this.history.set(tail, size - tail.length);
    this.filled = Math.min(size, this.filled + tail.length);
  }
}
