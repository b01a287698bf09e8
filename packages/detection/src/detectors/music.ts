import type { CallSignal } from "@offhook/session/vocabulary";
import { z } from "zod";
import { defineDetector } from "../detector.js";
import { HOP_MS, type Hop, powerBetween } from "../signal/heard-audio.js";

/** 190 to 2,200 Hz: where notes are. */
const FIRST_BIN = 6;
const LAST_BIN = 70;
/** Two steps hold the same note when the strongest peak moved less than this. */
const SAME_NOTE_HZ = 10;
const QUIET_DB = -60;
/** What never stops is hum or noise: each bin's floor rises by 4 dB a second, and falls at once. */
const FLOOR_RISE = 1.018;
const FLOOR_MARGIN = 5;
/** A step sounds when this share of its power is more than the floors. */
const ABOVE_FLOOR = 0.5;
/**
 * What counts beside the likeness of the spectra, fitted to music and voices: held notes for music;
 * steps that are much quieter than the mean, swings of the level, and silence against it.
 */
const WEIGHTS = { notes: 0.19, quiet: -0.083, swingDb: -0.0114, silent: -0.24 } as const;
/** A step is quiet at this much less than the mean power. */
const QUIET_SHARE = 0.25;
/** Deeper swings say no more. */
const DEEPEST_DB = 40;
/** How fast the evidence follows what is measured, and how far below the limit it starts. */
const PACE = 0.3;
const DOUBT = 0.06;
/** Music this far below somebody's voice plays in the room they talk in. */
const BACKGROUND_DB = 11;
/** More than this of one unchanging tone is a signal, not music. */
const TONE_SHARE = 0.6;
/** Hardly any speech comes this far above the limit. */
const CLEARLY = 0.04;
const JUDGE_EVERY_HOPS = 25;

/**
 * Music: from one step to the next its spectrum stays alike and its strongest note holds, its level
 * is even, second after second and almost without pause. Speech changes with every syllable.
 */
export const music = defineDetector({
  name: "music",
  doneOnceFinal: true,
  options: z.strictObject({
    /** Judged over this much audio. */
    windowMs: z.number().int().min(1_000).max(60_000).default(4_000),
    /** Certain after this much music without interruption. */
    minMs: z.number().int().min(1_000).max(600_000).default(10_000),
    /** What the measures must come to, averaged over some seconds. */
    musicAtLeast: z.number().min(0.5).max(1.2).default(0.87),
    /** Share of the window that is not silent. */
    soundingShare: z.number().min(0.3).max(1).default(0.75),
  }),
  create(options, { report, call, audio }) {
    const length = Math.round(options.windowMs / HOP_MS);
    const likenesses = new Float32Array(length);
    const held = new Uint8Array(length);
    const sounding = new Uint8Array(length);
    const toned = new Uint8Array(length);
    const levels = new Float32Array(length);
    const powers = new Float32Array(length);
    let loudestDb = Number.NEGATIVE_INFINITY;
    const heard: Heard = {
      magnitudes: new Float32Array(LAST_BIN + 1),
      floors: new Float32Array(LAST_BIN + 1).fill(Number.POSITIVE_INFINITY),
      power: 1e-12,
    };
    let place = 0;
    let count = 0;
    // Not a variable: a closure's number that is no small integer is allocated anew at every step.
    const last = new Float64Array(1);
    let musicMs = 0;
    let claimed = false;
    let settled = false;
    let wasClear = false;

    // Not a variable, as above.
    const evidence = new Float64Array(1).fill(options.musicAtLeast - DOUBT);

    const judge = () => {
      let likeness = 0;
      let notes = 0;
      let active = 0;
      let tones = 0;
      let levelDb = 0;
      for (let index = 0; index < length; index++) {
        if (sounding[index] === 0) continue;
        active++;
        likeness += likenesses[index] as number;
        notes += held[index] as number;
        levelDb += levels[index] as number;
        tones += toned[index] as number;
      }
      const { quietShare, swingDb } = envelope(levels, powers);
      const soundingShare = active / length;
      const measured =
        active === 0
          ? 0
          : (likeness + WEIGHTS.notes * notes) / active +
            WEIGHTS.quiet * quietShare +
            WEIGHTS.swingDb * swingDb +
            WEIGHTS.silent * (1 - soundingShare);
      evidence[0] = (evidence[0] as number) + PACE * (measured - (evidence[0] as number));
      const isMusic =
        soundingShare >= options.soundingShare &&
        tones / length < TONE_SHARE &&
        evidence[0] >= options.musicAtLeast &&
        levelDb / active > loudestDb - BACKGROUND_DB;
      musicMs = isMusic ? (musicMs || options.windowMs - 500) + JUDGE_EVERY_HOPS * HOP_MS : 0;
      if (!isMusic) {
        if (claimed)
          report({ label: "unknown", confidence: 0, provisional: true, rule: "stopped" });
        claimed = false;
        return;
      }
      // Before answer it is what the network plays in place of the ringing.
      const early = call.answeredAtMs === undefined;
      settled = !early && musicMs >= options.minMs;
      const clear = evidence[0] - options.musicAtLeast >= CLEARLY;
      if (claimed && !settled && clear === wasClear) return;
      claimed = true;
      wasClear = clear;
      report({
        ...(early
          ? { label: "ringback" as const, kind: "music", provisional: true }
          : { label: "music" as const, provisional: !settled }),
        confidence: settled ? 0.985 : clear ? 0.97 : 0.93,
        rule: "spectrum-holds",
        inputs: {
          musicality: evidence[0],
          likeness: likeness / active,
          heldNotesShare: notes / active,
          quietShare,
          swingDb,
          soundingShare,
          musicMs,
        },
        thresholds: {
          musicAtLeast: options.musicAtLeast,
          soundingShare: options.soundingShare,
          minMs: options.minMs,
        },
      });
    };

    audio.onUtterance(({ levelDb }) => {
      loudestDb = Math.max(loudestDb, levelDb);
    });
    audio.onHop((hop) => {
      if (settled) return;
      const { likeness, soundingShare } = compare(heard, hop);
      likenesses[place] = likeness;
      held[place] = Math.abs(hop.peakHz - (last[0] as number)) < SAME_NOTE_HZ ? 1 : 0;
      sounding[place] = hop.levelDb > QUIET_DB && soundingShare > ABOVE_FLOOR ? 1 : 0;
      levels[place] = hop.levelDb;
      powers[place] = 10 ** (hop.levelDb / 10);
      toned[place] = hop.steadyHops >= 8 ? 1 : 0;
      last[0] = hop.peakHz;
      place = (place + 1) % length;
      if (++count >= length && count % JUDGE_EVERY_HOPS === 0) judge();
    });
    return {
      onSignal(signal: CallSignal) {
        if (signal.type !== "answered") return;
        musicMs = 0;
        count = 0;
        claimed = false;
        evidence[0] = options.musicAtLeast - DOUBT;
      },
    };
  },
});

/** How many steps are quiet beside the mean, and how far the level swings around its own mean. */
function envelope(
  levels: Float32Array,
  powers: Float32Array,
): { quietShare: number; swingDb: number } {
  let power = 0;
  let loudestDb = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < levels.length; index++) {
    const levelDb = levels[index] as number;
    power += powers[index] as number;
    if (levelDb > loudestDb) loudestDb = levelDb;
  }
  const quietDb = 10 * Math.log10((QUIET_SHARE * power) / levels.length + 1e-12);
  let quiet = 0;
  let sum = 0;
  let squares = 0;
  for (let index = 0; index < levels.length; index++) {
    const levelDb = levels[index] as number;
    if (levelDb < quietDb) quiet++;
    const bounded = Math.max(levelDb, loudestDb - DEEPEST_DB);
    sum += bounded;
    squares += bounded * bounded;
  }
  const mean = sum / levels.length;
  const variance = Math.max(0, squares / levels.length - mean * mean);
  return { quietShare: quiet / levels.length, swingDb: Math.sqrt(variance) };
}

/** The notes of the last step, to hold the next one against. */
interface Heard {
  /** Magnitudes, the floors taken off, and the power of them all. */
  readonly magnitudes: Float32Array;
  readonly floors: Float32Array;
  power: number;
}

/**
 * Cosine between the magnitudes of two successive spectra, the floors taken off; keeps the later for
 * the next step. Also how much of the power is more than the floors.
 */
function compare(heard: Heard, hop: Hop): { likeness: number; soundingShare: number } {
  const { magnitudes, floors } = heard;
  const { spectrum } = hop;
  let product = 0;
  let power = 1e-12;
  for (let bin = FIRST_BIN; bin <= LAST_BIN; bin++) {
    const here = spectrum[bin] as number;
    const floor = Math.min(here, (floors[bin] as number) * FLOOR_RISE);
    floors[bin] = floor;
    const rest = Math.max(0, here - FLOOR_MARGIN * floor);
    const magnitude = Math.sqrt(rest);
    product += magnitude * (magnitudes[bin] as number);
    power += rest;
    magnitudes[bin] = magnitude;
  }
  const likeness = product / Math.sqrt(power * heard.power);
  heard.power = power;
  const total = 1e-12 + powerBetween(hop, FIRST_BIN, LAST_BIN);
  return { likeness, soundingShare: power / total };
}
