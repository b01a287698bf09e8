import { BIN_HZ, type Hop, powerBetween } from "./heard-audio.js";
import { LevelHistory } from "./level-history.js";

/** Edges of the bands that are held against their own floors, in Hz. */
const BAND_EDGES_HZ = [125, 300, 550, 900, 1_500, 2_300, 3_500] as const;
const BANDS = BAND_EDGES_HZ.length - 1;
/** Where the level of all bands is, before those of each. */
const LEVEL = 0;
const edges = BAND_EDGES_HZ.map((hz) => Math.round(hz / BIN_HZ));

/** Four seconds of history; speech pauses fill more than a tenth of it. */
const FLOOR_HOPS = 200;
const FLOOR_SHARE = 0.12;
/** Below this a line is as good as silent. */
const SILENT_DB = -66;
const DIGITAL_SILENCE_DB = -85;
/** Until this many steps were heard nothing is called speech: the floor is not known. */
const WARM_UP_HOPS = 6;
/** From here on the floor is a percentile. */
const WARM_HOPS = 25;
/** Steady noise varies less than this around its mean during warm-up; speech varies more. */
const STEADY_NOISE_DB = 3;

/** Speech starts and ends this far above the floors, on a quiet line and on a restless one. */
const ON_DB = { least: 7, most: 13, perSpread: 4.5 } as const;
const OFF_DB = { least: 4.5, most: 8.5, perSpread: 3 } as const;
/** Voices are about this loud until one was heard. */
const FIRST_PEAK_DB = -36;
const PEAK_DECAY_DB = 0.02;
/** Speech stands at least this far up between the floor and the loudest speech. */
const PEAK_SHARE = 0.47;
/** What is quieter than the loudest speech by this much is somebody else's, in the room behind. */
const FOREGROUND_DB = { on: 20, off: 28 } as const;
/** The loudest speech: what only this share of the last seconds exceeds, so that no click counts. */
const PEAK_PERCENTILE = 0.97;
/** A tone that lasts this long is not a vowel. */
const TONE_HOPS = 5;

interface SpeechHop extends Hop {
  floorDb: number;
  speech: boolean;
  speechScoreDb: number;
}

/** Decides for each hop whether it is speech, by how far its loudest bands stand above their floors. */
export class SpeechDecision {
  /** The level of all, and those of the bands. */
  private readonly noise = new LevelHistory(1 + BANDS, FLOOR_HOPS);
  private readonly levelsDb = new Float32Array(1 + BANDS);
  private readonly floors = new Float32Array(BANDS);
  private readonly excess = new Float32Array(BANDS);
  private heard = false;
  private steps = 0;
  private floorDb = SILENT_DB;
  private peakDb: number = FIRST_PEAK_DB;
  private onDb: number = ON_DB.least;
  private offDb: number = OFF_DB.least;

  reset(): void {
    this.noise.clear();
    this.heard = false;
    this.peakDb = FIRST_PEAK_DB;
    this.onDb = ON_DB.least;
    this.offDb = OFF_DB.least;
  }

  decide(hop: SpeechHop): void {
    const silent = hop.levelDb < DIGITAL_SILENCE_DB;
    if (silent && !this.heard) {
      hop.floorDb = SILENT_DB;
      hop.speech = false;
      hop.speechScoreDb = 0;
      return;
    }
    this.heard = true;
    const tonal = hop.steadyHops >= TONE_HOPS;
    this.measure(hop);
    const limit = hop.speech ? this.offDb : this.onDb;
    const share = hop.speech ? PEAK_SHARE * 0.75 : PEAK_SHARE;
    hop.speech =
      !tonal &&
      this.noise.count >= WARM_UP_HOPS &&
      hop.levelDb > SILENT_DB &&
      hop.levelDb > hop.floorDb + share * (this.peakDb - hop.floorDb) &&
      hop.levelDb > this.peakDb - (hop.speech ? FOREGROUND_DB.off : FOREGROUND_DB.on) &&
      hop.speechScoreDb > limit;
  }

  /** Babble and traffic swing: the wider the lower end of the levels, the higher the bar. */
  private setBar(): void {
    const spreadDb = this.noise.percentile(LEVEL, FLOOR_SHARE) - this.noise.percentile(LEVEL, 0.03);
    this.onDb = Math.min(ON_DB.most, Math.max(ON_DB.least, ON_DB.perSpread * spreadDb));
    this.offDb = Math.min(OFF_DB.most, Math.max(OFF_DB.least, OFF_DB.perSpread * spreadDb));
  }

  private measure(hop: SpeechHop): void {
    const { floors, excess, levelsDb, noise } = this;
    // A tone says nothing about the noise under it.
    const tonal = hop.steadyHops >= (noise.count >= WARM_HOPS ? TONE_HOPS : 2);
    levelsDb[LEVEL] = Math.max(hop.levelDb, SILENT_DB);
    for (let band = 0; band < BANDS; band++) {
      const power = powerBetween(hop, edges[band] as number, (edges[band + 1] as number) - 1);
      levelsDb[1 + band] = Math.max(SILENT_DB - 8, 10 * Math.log10(power + 1e-12));
    }
    if (!tonal) noise.push(levelsDb);
    const warm = noise.count >= WARM_HOPS;
    // Percentiles move slowly: every fifth step is often enough.
    const refresh = !warm || ++this.steps % 5 === 0;
    if (refresh) {
      this.floorDb = warm ? noise.percentile(LEVEL, FLOOR_SHARE) : this.earlyFloor(LEVEL);
      if (warm) this.setBar();
    }
    hop.floorDb = this.floorDb;
    this.peakDb -= PEAK_DECAY_DB;
    if (refresh && warm)
      this.peakDb = Math.max(noise.percentile(LEVEL, PEAK_PERCENTILE), this.peakDb);
    for (let band = 0; band < BANDS; band++) {
      if (refresh)
        floors[band] = warm ? noise.percentile(1 + band, FLOOR_SHARE) : this.earlyFloor(1 + band);
      excess[band] = (levelsDb[1 + band] as number) - (floors[band] as number);
    }
    hop.speechScoreDb = meanOfTop3(excess);
  }

  /** Before half a second: what was steady from the start is noise, anything else is not floor yet. */
  private earlyFloor(level: number): number {
    const { noise } = this;
    if (noise.count < WARM_UP_HOPS) return SILENT_DB;
    const middle = noise.percentile(level, 0.5);
    const spread = noise.percentile(level, 0.85) - noise.percentile(level, 0.15);
    if (spread <= 2 * STEADY_NOISE_DB) return middle;
    return Math.min(noise.percentile(level, 0.1), middle - 12);
  }
}

function meanOfTop3(values: Float32Array): number {
  let first = -Infinity;
  let second = -Infinity;
  let third = -Infinity;
  for (let index = 0; index < values.length; index++) {
    const value = Math.min(30, values[index] as number);
    if (value > first) {
      third = second;
      second = first;
      first = value;
    } else if (value > second) {
      third = second;
      second = value;
    } else if (value > third) third = value;
  }
  return (first + second + third) / 3;
}
