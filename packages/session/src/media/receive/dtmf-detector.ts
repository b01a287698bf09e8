import type { Digit } from "../rtp/telephone-event.js";
import { DTMF_HIGH_HZ, DTMF_KEYPAD, DTMF_LOW_HZ } from "../send/tones.js";

/** Each look covers this much, and they overlap by half: 50 Hz of resolution. */
const BLOCK_MS = 20;
const HOP_MS = 10;
/** A digit counts when it is seen in so many looks in a row, and is over after as many without. */
const LOOKS_TO_BEGIN = 2;
const LOOKS_TO_END = 2;
/** A digit may go unseen for so many looks while nobody can tell what was sent: 60 ms. */
const MAX_DOUBTFUL_LOOKS = 6;
/** About −36 dB below full scale (ITU-T Q.24 asks for −25 dBm and below). */
const MIN_RMS = 500;
/**
 * The two tones must make up this much of all there is: speech and music have more besides. At 0.5
 * two and a half hours of prompts held 61 false digits, at 0.7 seven, from 0.75 on none; 9 dB of
 * noise is still borne.
 */
const MIN_SHARE = 0.75;
/** Q.24: tones off by this part are still digits. */
const TOLERANCE = 0.015;
/** How much stronger than the others of its group a tone must be, in power. */
const MIN_DOMINANCE = 6;
/** Twist (Q.24): the high tone may be 4 dB stronger or 8 dB weaker than the low one, and some. */
const MAX_HIGH_OVER_LOW = 10 ** 0.55;
const MAX_LOW_OVER_HIGH = 10 ** 0.95;
/** Of the energy, in the measure of `power`: the least there is in the low tone of any digit, halved. */
const LEAST_LOW_SHARE = MIN_SHARE / (1 + MAX_HIGH_OVER_LOW) / 2 / 2;

/**
 * Hears digits in the sound itself, for peers that do not send telephone-events. Goertzel filters
 * at the eight frequencies of ITU-T Q.23, with the guards of Q.24 against twist and talk-off.
 */
export class DtmfDetector {
  private readonly sampleRate: number;
  private readonly onDigit: (digit: Digit) => void;
  private readonly block: Int16Array;
  private readonly hop: number;
  private filled = 0;
  private candidate: string | undefined;
  /** Looks that saw the candidate, and those before the last of them that could not tell. */
  private looks = 0;
  private unseen = 0;
  private misses = 0;
  private doubts = 0;
  /** So many of the last samples are as they were sent; those before are not, or not quite. */
  private soundSamples = 0;

  constructor(sampleRate: number, onDigit: (digit: Digit) => void) {
    this.sampleRate = sampleRate;
    this.onDigit = onDigit;
    this.block = new Int16Array((sampleRate * BLOCK_MS) / 1000);
    this.hop = (sampleRate * HOP_MS) / 1000;
  }

  /**
   * Takes the next of the audio, in pieces of any length. What was `madeUp` for lost packets says
   * nothing of what was sent, and neither does what comes within `settlingMs` of it.
   */
  hear(samples: Int16Array, madeUp?: { readonly settlingMs: number }): void {
    if (madeUp) this.soundSamples = -samples.length - (this.sampleRate * madeUp.settlingMs) / 1000;
    let at = 0;
    while (at < samples.length) {
      const count = Math.min(this.block.length - this.filled, samples.length - at);
      this.block.set(samples.subarray(at, at + count), this.filled);
      this.filled += count;
      this.soundSamples += count;
      at += count;
      if (this.filled < this.block.length) return;
      this.look(this.digitInBlock());
      this.block.copyWithin(0, this.hop);
      this.filled -= this.hop;
    }
  }

  private look(digit: string | undefined): void {
    if (digit !== undefined && digit === this.candidate) {
      this.looks += 1;
      this.unseen += this.doubts;
      this.misses = 0;
      this.doubts = 0;
      return;
    }
    const mayGoOn = this.candidate !== undefined && digit === undefined;
    const isDoubtful = this.soundSamples < this.block.length;
    if (mayGoOn && isDoubtful && this.doubts < MAX_DOUBTFUL_LOOKS) {
      this.doubts += 1;
      return;
    }
    this.misses += 1;
    if (this.candidate !== undefined && this.looks >= LOOKS_TO_BEGIN) {
      // Beside doubtful looks one that saw silence for certain is enough.
      if (this.misses + this.doubts < LOOKS_TO_END) return;
      const durationMs = (this.looks + this.unseen) * HOP_MS + BLOCK_MS - HOP_MS;
      this.onDigit({ digit: this.candidate, durationMs });
    }
    this.candidate = digit;
    this.looks = digit === undefined ? 0 : 1;
    this.unseen = 0;
    this.misses = 0;
    this.doubts = 0;
  }

  private digitInBlock(): string | undefined {
    const { block } = this;
    let energy = 0;
    for (let index = 0; index < block.length; index++) energy += (block[index] ?? 0) ** 2;
    if (energy < block.length * MIN_RMS * MIN_RMS) return undefined;
    // Speech mostly fails here, so that half of the filters are rarely asked.
    const low = strongest(DTMF_LOW_HZ.map((hz) => this.power(hz)));
    if (!low || low.power < energy * block.length * LEAST_LOW_SHARE) return undefined;
    const high = strongest(DTMF_HIGH_HZ.map((hz) => this.power(hz)));
    if (!high) return undefined;
    const lowPower = this.peakPower(DTMF_LOW_HZ[low.index] ?? 0, low.power);
    const highPower = this.peakPower(DTMF_HIGH_HZ[high.index] ?? 0, high.power);
    if (highPower > lowPower * MAX_HIGH_OVER_LOW) return undefined;
    if (lowPower > highPower * MAX_LOW_OVER_HIGH) return undefined;
    // A sine of energy E has power E·N/2 in its filter.
    const share = (2 * (lowPower + highPower)) / (energy * block.length);
    return share < MIN_SHARE ? undefined : DTMF_KEYPAD[low.index]?.charAt(high.index);
  }

  /** The same for a tone that is somewhat off, where a filter so narrow loses much of it. */
  private peakPower(frequencyHz: number, power: number): number {
    return Math.max(
      power,
      this.power(frequencyHz * (1 + TOLERANCE)),
      this.power(frequencyHz * (1 - TOLERANCE)),
    );
  }

  /** Goertzel: squared magnitude of the block's spectrum at one frequency. */
  private power(frequencyHz: number): number {
    const { block } = this;
    const coefficient = 2 * Math.cos((2 * Math.PI * frequencyHz) / this.sampleRate);
    let last = 0;
    let older = 0;
    for (let index = 0; index < block.length; index++) {
      const next = (block[index] ?? 0) + coefficient * last - older;
      older = last;
      last = next;
    }
    return last * last + older * older - coefficient * last * older;
  }
}

/** The one tone of a group that stands out, if one does. */
function strongest(powers: readonly number[]): { index: number; power: number } | undefined {
  const power = Math.max(...powers);
  const index = powers.indexOf(power);
  const stands = powers.every((other, at) => at === index || power > other * MIN_DOMINANCE);
  return stands ? { index, power } : undefined;
}
