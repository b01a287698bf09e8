import type { HeardFrame } from "@offhook/session/vocabulary";
import {
  BIN_HZ,
  FULL_SCALE,
  HOP_SAMPLES,
  type Hop,
  powerBetween,
  SPECTRUM_BINS,
  WINDOW_SAMPLES,
} from "./heard-audio.js";
import type { PowerSpectrum } from "./power-spectrum.js";
import { SpeechDecision } from "./speech-decision.js";

/** Bins that count as telephone band for tones: 200 to 3,600 Hz. */
const FIRST_BIN = 6;
const LAST_BIN = 115;
/** A peak is its bin and two to each side (the main lobe of the Hann window). */
const LOBE = 2;
/** Two peaks hold at least this much of a steady tone's power, the noise taken off. */
const STEADY_SHARE = 0.75;
/** A tone stands this far above the noise, as a ratio of powers. */
const ABOVE_NOISE = 2;
/** Noise has at most this share of its power in one place. */
const NOISE_SHARE = 0.45;
/** How fast the noise estimate follows, per step without speech. */
const NOISE_PACE = 0.06;
/** A steady tone moves less than this from one step to the next, and less than that in all. */
const STEADY_HZ = 12;
const DRIFT_HZ = 18;
/** No signal of a network or a machine is lower; the pitch of a woman's or a child's voice is. */
const LOWEST_TONE_HZ = 290;
const STEADY_MINIMUM_DB = -58;

/** One-pole DC block at about 12 Hz: offsets are common on cheap gateways. */
const DC_POLE = 0.99;
/** In steps of 16-bit audio. */
const INAUDIBLE = 1e-3;
/** A window begins with so many samples of the hop before. */
const OVERLAP_SAMPLES = WINDOW_SAMPLES - HOP_SAMPLES;

/** Turns 8 kHz samples into hops, one every 160 samples, without allocating. */
export class HopAnalyser {
  readonly hop: Hop & MutableHop;
  private readonly spectrum: PowerSpectrum;
  /** What the next window begins with. */
  private readonly overlap = new Float32Array(OVERLAP_SAMPLES);
  /** The window of a hop that is open, where samples do not come in whole hops. */
  private open: Float32Array | undefined;
  private readonly decision = new SpeechDecision();
  /** The last `take` completed a hop. */
  hopComplete = false;
  private inHop = 0;
  private wasSilent = false;
  private energy = 0;
  private dcInput = 0;
  private dcOutput = 0;
  private steadyHz = 0;
  private steadySecondHz = 0;
  private toneFromHz = 0;
  private noisePower = 0;
  private loud = false;

  constructor(spectrum: PowerSpectrum) {
    this.spectrum = spectrum;
    this.hop = {
      atMs: 0,
      phase: "early",
      levelDb: -100,
      floorDb: -100,
      spectrum: spectrum.power,
      sums: spectrum.sums,
      bandPower: 0,
      peakShare: 0,
      peakHz: 0,
      secondShare: 0,
      secondHz: 0,
      steadyHops: 0,
      speech: false,
      speechScoreDb: 0,
    };
  }

  /** Forgets what was heard before: another phase, another source. */
  reset(): void {
    this.overlap.fill(0);
    this.decision.reset();
    this.hop.steadyHops = 0;
    this.noisePower = 0;
    this.inHop = 0;
    this.wasSilent = false;
    this.energy = 0;
  }

  /**
   * Takes 16-bit samples up to the end of a hop. Returns where it stopped; a hop is complete
   * when that left none of it open: see `hopComplete`.
   */
  take(samples: Int16Array, from: number, until: number): number {
    const stop = Math.min(until, from + HOP_SAMPLES - this.inHop);
    const { window } = this.spectrum;
    let write = OVERLAP_SAMPLES + this.inHop;
    window.set(this.inHop > 0 && this.open ? this.open : this.overlap);
    let { energy, dcInput, dcOutput } = this;
    let index = from;
    // Two at a time: each output waits for the one before it, and so only every second one does.
    for (; index + 1 < stop; index += 2) {
      const sample = samples[index] as number;
      const next = samples[index + 1] as number;
      const step = sample - dcInput;
      const output = step + DC_POLE * dcOutput;
      dcOutput = next - sample + DC_POLE * step + DC_POLE * DC_POLE * dcOutput;
      dcInput = next;
      window[write] = output;
      window[write + 1] = dcOutput;
      write += 2;
      energy += output * output + dcOutput * dcOutput;
    }
    if (index < stop) {
      const sample = samples[index] as number;
      dcOutput = sample - dcInput + DC_POLE * dcOutput;
      dcInput = sample;
      window[write++] = dcOutput;
      energy += dcOutput * dcOutput;
    }
    // After the last sound it would halve for ever, and numbers that small take a processor long.
    if (Math.abs(dcOutput) < INAUDIBLE) dcOutput = 0;
    this.energy = energy;
    this.dcInput = dcInput;
    this.dcOutput = dcOutput;
    this.hopComplete = write === WINDOW_SAMPLES;
    if (this.hopComplete) this.completeHop();
    else {
      this.open ??= new Float32Array(WINDOW_SAMPLES);
      this.open.set(window);
      this.inHop = write - OVERLAP_SAMPLES;
    }
    return stop;
  }

  private completeHop(): void {
    const { hop, spectrum } = this;
    const mean = this.energy / (HOP_SAMPLES * FULL_SCALE ** 2);
    hop.levelDb = mean > 1e-10 ? 10 * Math.log10(mean) : -100;
    const isSilent = this.energy === 0;
    // After two silent hops there is nothing else under the window.
    if (isSilent && this.wasSilent) spectrum.clear();
    else spectrum.compute();
    this.overlap.set(spectrum.overlap);
    this.wasSilent = isSilent;
    this.energy = 0;
    this.inHop = 0;
    this.findPeaks();
    this.followTone();
    this.decision.decide(hop);
  }

  private findPeaks(): void {
    const { hop } = this;
    const { power } = this.spectrum;
    let total = 1e-12 + powerBetween(hop, FIRST_BIN, LAST_BIN);
    const best = strongest(power, FIRST_BIN, LAST_BIN);
    const second = strongestOutside(power, best);
    hop.bandPower = total;
    this.loud = total > ABOVE_NOISE * this.noisePower;
    const lobe = lobePower(power, best);
    // Steady from the start may be a tone as well as noise; noise is spread out.
    if (!hop.speech && hop.levelDb < hop.floorDb + 4 && lobe < NOISE_SHARE * total)
      this.noisePower += NOISE_PACE * (total - this.noisePower);
    total = Math.max(total - this.noisePower, lobe, 1e-12);
    hop.peakShare = lobe / total;
    hop.peakHz = peakHz(power, best);
    // The flank of the first peak is no second one.
    const isPeak =
      second > 0 &&
      (power[second] as number) >= (power[second - 1] as number) &&
      (power[second] as number) >= (power[second + 1] as number);
    hop.secondShare = isPeak ? Math.min(1 - hop.peakShare, lobePower(power, second) / total) : 0;
    hop.secondHz = isPeak ? peakHz(power, second) : 0;
  }

  private followTone(): void {
    const { hop } = this;
    const pure =
      this.loud &&
      hop.levelDb > STEADY_MINIMUM_DB &&
      hop.peakHz > LOWEST_TONE_HZ &&
      hop.peakShare + hop.secondShare > STEADY_SHARE;
    const dual = hop.secondShare > 0.12;
    const first = Math.abs(hop.peakHz - this.steadyHz) < STEADY_HZ;
    const second = dual && Math.abs(hop.peakHz - this.steadySecondHz) < STEADY_HZ;
    // A voice glides: alike from step to step, elsewhere after a few.
    const drifted = first && Math.abs(hop.peakHz - this.toneFromHz) > DRIFT_HZ;
    const same = (first && !drifted) || second;
    if (!pure || !same) this.toneFromHz = hop.peakHz;
    hop.steadyHops = !pure ? 0 : same ? hop.steadyHops + 1 : 1;
    this.steadyHz = hop.peakHz;
    this.steadySecondHz = dual ? hop.secondHz : 0;
  }
}

interface MutableHop {
  atMs: number;
  phase: HeardFrame["phase"];
  levelDb: number;
  floorDb: number;
  bandPower: number;
  peakShare: number;
  peakHz: number;
  secondShare: number;
  secondHz: number;
  steadyHops: number;
  speech: boolean;
  speechScoreDb: number;
}

/** The strongest bin that is not part of the peak at `best`. */
function strongestOutside(power: Float32Array, best: number): number {
  const below = strongest(power, FIRST_BIN, best - LOBE - 1);
  const above = strongest(power, best + LOBE + 1, LAST_BIN);
  if (below < 0 || above < 0) return Math.max(below, above);
  return (power[above] as number) > (power[below] as number) ? above : below;
}

/** The strongest bin from `first` to `last`, both included; -1 where there is none. */
function strongest(power: Float32Array, first: number, last: number): number {
  let best = -1;
  let bestPower = -1;
  for (let bin = first; bin <= last; bin++) {
    const value = power[bin] as number;
    if (value > bestPower) {
      bestPower = value;
      best = bin;
    }
  }
  return best;
}

function lobePower(power: Float32Array, bin: number): number {
  let sum = 0;
  const last = Math.min(SPECTRUM_BINS - 1, bin + LOBE);
  for (let index = Math.max(0, bin - LOBE); index <= last; index++) sum += power[index] as number;
  return sum;
}

/** Finer than a bin: for a Hann window the ratio of neighbours gives the offset (Grandke 1983). */
function peakHz(power: Float32Array, bin: number): number {
  const left = Math.sqrt(power[bin - 1] as number);
  const centre = Math.sqrt(power[bin] as number) + 1e-12;
  const right = Math.sqrt(power[bin + 1] as number);
  const ratio = right >= left ? right / centre : left / centre;
  const offset = Math.max(-0.5, Math.min(0.5, (2 * ratio - 1) / (ratio + 1)));
  return (bin + (right >= left ? offset : -offset)) * BIN_HZ;
}
