import { HOP_MS, type Hop, type Utterance } from "./heard-audio.js";

/** This much speech within `ONSET_WINDOW_HOPS` starts an utterance; less is a click. */
const ONSET_HOPS = 3;
const ONSET_WINDOW_HOPS = 5;
/** A pause this long ends it. Shorter ones are between syllables and words. */
export const UTTERANCE_PAUSE_MS = 240;

const TONE_HOPS = 3;
/**
 * Two tones that beat, or one that a line roughens, are not steady, but pure: nearly all power in one
 * place in most steps. Words are not. The purest voice is, but it is no higher than this, and glides:
 * it moves so far, and mostly one way.
 */
const PURE = { share: 0.9, leastHz: 330, ofSteps: 0.7 } as const;
const VOICE = { mostHz: 600, glideHz: 25, oneWay: 0.7 } as const;

export interface UtteranceListener {
  onVoice(active: boolean, atMs: number): void;
  onUtterance(utterance: Utterance): void;
}

/** Joins hops of speech into utterances. */
export class Utterances {
  active = false;
  private readonly listener: UtteranceListener;
  private recent = 0;
  private startMs = 0;
  private lastSpeechMs = 0;
  private speechMs = 0;
  private levelSum = 0;
  private floorDb = 0;
  private toneMs = 0;
  private pureMs = 0;
  private lowestHz = Number.POSITIVE_INFINITY;
  private firstHz = 0;
  private lastHz = 0;
  private movedHz = 0;

  constructor(listener: UtteranceListener) {
    this.listener = listener;
  }

  push(hop: Hop): void {
    this.recent = ((this.recent << 1) | (hop.speech ? 1 : 0)) & ((1 << ONSET_WINDOW_HOPS) - 1);
    if (!this.active) {
      // The first steps of a tone pass for speech; wait until it is clear which it is.
      const toneLike = hop.steadyHops >= 2;
      if (hop.speech && !toneLike && bitsIn(this.recent) >= ONSET_HOPS) this.start(hop);
      return;
    }
    if (hop.steadyHops >= TONE_HOPS) this.toneMs += HOP_MS;
    if (hop.speech) {
      this.lastSpeechMs = hop.atMs;
      this.speechMs += HOP_MS;
      this.levelSum += hop.levelDb;
      this.floorDb = hop.floorDb;
      if (isPure(hop)) this.addPure(hop, HOP_MS);
    } else if (hop.atMs - this.lastSpeechMs >= UTTERANCE_PAUSE_MS) this.end(hop.phase);
  }

  /** Ends what is being said, as an answer or the end of the call does. */
  end(phase: Hop["phase"]): void {
    if (!this.active) return;
    this.active = false;
    this.recent = 0;
    const { startMs, lastSpeechMs: endMs, speechMs, floorDb, toneMs } = this;
    const levelDb = this.levelSum / (speechMs / HOP_MS);
    this.listener.onVoice(false, endMs);
    // A tone passes for speech until it has proved steady; nothing was said in it.
    if (toneMs <= speechMs && !this.wasPure())
      this.listener.onUtterance({ startMs, endMs, speechMs, levelDb, floorDb, phase });
  }

  private addPure({ peakHz }: Hop, ms: number): void {
    if (this.pureMs === 0) this.firstHz = peakHz;
    else this.movedHz += Math.abs(peakHz - this.lastHz);
    this.pureMs += ms;
    this.lastHz = peakHz;
    if (peakHz < this.lowestHz) this.lowestHz = peakHz;
  }

  private wasPure(): boolean {
    if (this.pureMs < PURE.ofSteps * this.speechMs) return false;
    const glidedHz = Math.abs(this.lastHz - this.firstHz);
    const glided = glidedHz >= VOICE.glideHz && glidedHz >= VOICE.oneWay * this.movedHz;
    return !glided || this.lowestHz > VOICE.mostHz;
  }

  private start(hop: Hop): void {
    this.active = true;
    let span = 0;
    for (let bit = 0; bit < ONSET_WINDOW_HOPS; bit++) if (this.recent & (1 << bit)) span = bit + 1;
    this.toneMs = 0;
    this.startMs = hop.atMs - span * HOP_MS;
    this.lastSpeechMs = hop.atMs;
    this.speechMs = bitsIn(this.recent) * HOP_MS;
    this.pureMs = 0;
    this.lowestHz = Number.POSITIVE_INFINITY;
    this.movedHz = 0;
    if (isPure(hop)) this.addPure(hop, this.speechMs);
    this.levelSum = (hop.levelDb * this.speechMs) / HOP_MS;
    this.floorDb = hop.floorDb;
    this.listener.onVoice(true, this.startMs);
  }
}

function isPure({ peakShare, peakHz }: Hop): boolean {
  return peakShare > PURE.share && peakHz > PURE.leastHz;
}

function bitsIn(value: number): number {
  let count = 0;
  for (let rest = value; rest > 0; rest >>= 1) count += rest & 1;
  return count;
}
