import { type HeardTone, HOP_MS, type Hop } from "./heard-audio.js";

/** Shorter than this is a vowel or a click. */
const SHORTEST_HOPS = 4;
/** A lost packet spoils up to three steps; a tone that goes on after them was one tone. */
const BRIDGED_HOPS = 3;
/** A larger change than this from step to step is a lost packet, not the tone. */
const LOSS_DB = 6;
/** The run's own frequency may drift this far from its mean. */
const DRIFT_HZ = 18;

/** Follows steady tones from step to step and tells each one when it has ended. */
export class Tones {
  private readonly onTone: (tone: HeardTone) => void;
  private hops = 0;
  private missing = 0;
  private startMs = 0;
  private lastMs = 0;
  private hz = 0;
  private secondHz = 0;
  private dualHops = 0;
  private levelSum = 0;
  private lastLevelDb = -100;
  private changeSum = 0;
  private riseDb = 0;
  private levelOneStepAgoDb = -100;
  private levelTwoStepsAgoDb = -100;
  private pendingChange = 0;
  private lastSpeechMs = Number.NEGATIVE_INFINITY;
  private speechOneStepAgoMs = Number.NEGATIVE_INFINITY;
  private speechTwoStepsAgoMs = Number.NEGATIVE_INFINITY;
  private quietBeforeMs = 0;

  constructor(onTone: (tone: HeardTone) => void) {
    this.onTone = onTone;
  }

  push(hop: Hop): void {
    // The first steady step is the second of the tone; the first one only half held it.
    const steady = hop.steadyHops >= 2;
    if (this.hops === 0) {
      if (steady) this.start(hop);
    } else if (hop.steadyHops >= 1 && this.belongs(hop)) this.extend(hop);
    else if (steady) {
      this.end(hop);
      this.start(hop);
    } else if (++this.missing >= BRIDGED_HOPS) this.end(hop);
    this.levelTwoStepsAgoDb = this.levelOneStepAgoDb;
    this.levelOneStepAgoDb = hop.levelDb;
    // The first steps of a tone pass for speech: what counts is what was said before them.
    this.speechTwoStepsAgoMs = this.speechOneStepAgoMs;
    this.speechOneStepAgoMs = this.lastSpeechMs;
    if (hop.speech) this.lastSpeechMs = hop.atMs;
  }

  private belongs(hop: Hop): boolean {
    if (Math.abs(hop.peakHz - this.hz) < DRIFT_HZ) return true;
    // A second frequency that shows only where one tone gives way to the next is no partner.
    const dual = this.dualHops * 2 > this.hops;
    return dual && Math.abs(hop.peakHz - this.secondHz) < DRIFT_HZ;
  }

  private start(hop: Hop): void {
    this.hops = 1;
    this.missing = 0;
    this.startMs = hop.atMs - 2 * HOP_MS;
    this.hz = hop.peakHz;
    this.secondHz = hop.secondShare > 0.12 ? hop.secondHz : 0;
    this.dualHops = this.secondHz > 0 ? 1 : 0;
    this.levelSum = hop.levelDb;
    this.lastLevelDb = hop.levelDb;
    this.lastMs = hop.atMs;
    this.changeSum = 0;
    this.pendingChange = 0;
    this.quietBeforeMs = Math.min(10_000, this.startMs - this.speechTwoStepsAgoMs);
    this.riseDb = hop.levelDb - this.levelTwoStepsAgoDb;
  }

  private extend(hop: Hop): void {
    this.hops++;
    const bridged = this.missing > 0;
    this.missing = 0;
    if (hop.secondShare > 0.12) {
      this.dualHops++;
      if (this.secondHz === 0) this.secondHz = hop.secondHz;
    }
    if (Math.abs(hop.peakHz - this.hz) < DRIFT_HZ)
      this.hz += (hop.peakHz - this.hz) / Math.min(this.hops, 8);
    const change = Math.abs(hop.levelDb - this.lastLevelDb);
    // The last step of a tone is always rough; it is counted only once another follows.
    if (this.hops > 2) this.changeSum += this.pendingChange;
    this.pendingChange = bridged ? 0 : Math.min(change, LOSS_DB);
    this.levelSum += hop.levelDb;
    this.lastLevelDb = hop.levelDb;
    this.lastMs = hop.atMs;
  }

  private end(hop: Hop): void {
    const { hops } = this;
    this.hops = 0;
    if (hops < SHORTEST_HOPS - 1) return;
    const levelDb = this.levelSum / hops;
    this.onTone({
      startMs: this.startMs,
      endMs: this.lastMs,
      hz: this.hz,
      secondHz: this.dualHops > hops / 2 ? this.secondHz : 0,
      levelDb,
      roughnessDb: this.changeSum / hops,
      dropDb: levelDb - hop.levelDb,
      riseDb: this.riseDb,
      quietBeforeMs: this.quietBeforeMs,
      phase: hop.phase,
    });
  }
}
