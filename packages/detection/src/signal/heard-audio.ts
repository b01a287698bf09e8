import type { HeardFrame } from "@offhook/session/vocabulary";

/** Length of one analysis step. */
export const HOP_MS = 20;
export const HOP_SAMPLES = 160;
/** The rate everything is analysed at. */
export const ANALYSIS_RATE = 8_000;
/** Samples are 16 bit; levels and powers are told against this. */
export const FULL_SCALE = 32_768;
/** Samples under one spectrum: 32 ms. */
export const WINDOW_SAMPLES = 256;
/** Bins 0 to 128, 31.25 Hz apart. */
export const SPECTRUM_BINS = WINDOW_SAMPLES / 2 + 1;
export const BIN_HZ = ANALYSIS_RATE / WINDOW_SAMPLES;

/**
 * What one 20 ms step sounds like. Overwritten at the call's next step; `spectrum` and `sums` before
 * that, by another call's: copy what you keep while you are called.
 */
export interface Hop {
  /** End of the step, in ms since the call was created. */
  readonly atMs: number;
  readonly phase: HeardFrame["phase"];
  /** RMS in dB below full scale; -100 for digital silence. */
  readonly levelDb: number;
  /** The noise floor: a low percentile of the last seconds. */
  readonly floorDb: number;
  /** Power per bin of the last 32 ms (Hann window). Calls may have it together: good for this step alone. */
  readonly spectrum: Float32Array;
  /** `sums[n]` is the power of the first n bins: bins a to b hold `sums[b + 1] - sums[a]`. */
  readonly sums: Float64Array;
  /** Sum of the spectrum between 200 and 3,600 Hz. */
  readonly bandPower: number;
  /** Share of the power between 200 and 3,600 Hz that lies in the strongest peak, 0 to 1. */
  readonly peakShare: number;
  readonly peakHz: number;
  /** The same for the second strongest peak. */
  readonly secondShare: number;
  readonly secondHz: number;
  /** For how many steps the same one or two frequencies have held nearly all power. */
  readonly steadyHops: number;
  /** Speech is heard (a steady tone is not speech). */
  readonly speech: boolean;
  /** How far the louder bands stand above their floors, in dB: what `speech` is decided by. */
  readonly speechScoreDb: number;
}

/** The power in bins `first` to `last`, both included. */
export function powerBetween({ sums }: Pick<Hop, "sums">, first: number, last: number): number {
  return (sums[last + 1] as number) - (sums[first] as number);
}

/** How much of the power between 200 and 3,600 Hz lies in bins `first` to `last`, 0 to 1. */
export function shareOfBand(hop: Pick<Hop, "sums" | "bandPower">, first: number, last: number) {
  return powerBetween(hop, first, last) / (hop.bandPower + 1e-9);
}

/** One or two steady frequencies, from their start to the first step without them. */
export interface HeardTone {
  readonly startMs: number;
  readonly endMs: number;
  readonly hz: number;
  /** The second frequency of a dual tone; 0 for a single one. */
  readonly secondHz: number;
  /** Mean level, and the mean change from one step to the next inside the tone. */
  readonly levelDb: number;
  readonly roughnessDb: number;
  /** How far the level fell from the tone to the step that ended it. */
  readonly dropDb: number;
  /** How far it rose from the last step before it. */
  readonly riseDb: number;
  /** Time without speech before it, at most 10,000. */
  readonly quietBeforeMs: number;
  readonly phase: HeardFrame["phase"];
}

/** Speech between two pauses. */
export interface Utterance {
  readonly startMs: number;
  readonly endMs: number;
  /** Steps of speech in it, in ms. */
  readonly speechMs: number;
  /** Mean level of those steps. */
  readonly levelDb: number;
  /** The noise floor where it ended. */
  readonly floorDb: number;
  readonly phase: HeardFrame["phase"];
}

/** How loud the talk of this phase is, over all steps that held speech; kept up to date. */
export interface TalkLevels {
  /** How far it stands above the noise floor, on average. A crowd in the room behind does not. */
  readonly aboveNoiseDb: number;
  /**
   * How far its loud parts (95 %) stand above what most of it (70 %) reaches. One voice keeps its
   * level; a voice and a television do not.
   */
  readonly rangeDb: number;
}

/** The shared front end as detectors see it. Listeners are dropped with the detector. */
export interface HeardAudio {
  /** Every 20 ms of audio, in order; gaps in the audio come as silence. */
  onHop(listener: (hop: Hop) => void): void;
  /** Speech starts (`atMs` is its first moment) or has ended (`atMs` is its last moment). */
  onVoice(listener: (active: boolean, atMs: number) => void): void;
  /** A steady tone of at least 80 ms has ended. */
  onTone(listener: (tone: HeardTone) => void): void;
  /** After the pause that ended it. */
  onUtterance(listener: (utterance: Utterance) => void): void;
  /**
   * Calls back once when the audio has reached `atMs`, or the clock has when no audio flows.
   * Returns its cancel. Unlike a timer it does not fire early when the event loop was blocked.
   */
  at(atMs: number, callback: () => void): () => void;
  /** One object per call. */
  readonly talk: TalkLevels;
  /** Speech is being heard now. */
  readonly voiceActive: boolean;
  /** How far the audio has come, in ms since the call was created. */
  readonly nowMs: number;
}
