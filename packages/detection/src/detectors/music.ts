import { z } from "zod";
import { defineDetector } from "../detector.js";
import { HOP_MS, type Hop } from "../signal/heard-audio.js";

/** 190 to 2,200 Hz: where notes are. */
const FIRST_BIN = 6;
const LAST_BIN = 70;
/** Two steps hold the same note when the strongest peak moved less than this. */
const SAME_NOTE_HZ = 10;
const QUIET_DB = -60;
/** How much the held notes count beside the likeness of the spectra. */
const NOTE_WEIGHT = 0.3;
/** More than this of one unchanging tone is a signal, not music. */
const TONE_SHARE = 0.6;
const JUDGE_EVERY_HOPS = 25;

/**
 * Music: from one step to the next its spectrum stays alike and its strongest note holds, second
 * after second and almost without pause. Speech changes with every syllable.
 */
export const music = defineDetector({
  name: "music",
  options: z.strictObject({
    /** Judged over this much audio. */
    windowMs: z.number().int().min(1_000).max(60_000).default(4_000),
    /** Certain after this much music without interruption. */
    minMs: z.number().int().min(1_000).max(600_000).default(6_000),
    /** Likeness of successive spectra (0 to 1) plus 0.3 of the share of held notes. */
    likeness: z.number().min(0.8).max(1.3).default(1.04),
    /** Share of the window that is not silent. */
    soundingShare: z.number().min(0.3).max(1).default(0.85),
  }),
  create(options, { report, audio }) {
    const length = Math.round(options.windowMs / HOP_MS);
    const likenesses = new Float32Array(length);
    const held = new Uint8Array(length);
    const sounding = new Uint8Array(length);
    const toned = new Uint8Array(length);
    const before = new Float32Array(LAST_BIN + 1);
    let place = 0;
    let count = 0;
    // Not a variable: a closure's number that is no small integer is allocated anew at every step.
    const last = new Float64Array(1);
    let musicMs = 0;
    let claimed = false;
    let settled = false;

    const judge = () => {
      let likeness = 0;
      let notes = 0;
      let active = 0;
      let tones = 0;
      for (let index = 0; index < length; index++) {
        if (sounding[index] === 0) continue;
        active++;
        likeness += likenesses[index] as number;
        notes += held[index] as number;
        tones += toned[index] as number;
      }
      const measured = active === 0 ? 0 : (likeness + NOTE_WEIGHT * notes) / active;
      const isMusic =
        active / length >= options.soundingShare &&
        tones / length < TONE_SHARE &&
        measured >= options.likeness;
      musicMs = isMusic ? (musicMs || options.windowMs - 500) + JUDGE_EVERY_HOPS * HOP_MS : 0;
      if (!isMusic) {
        if (claimed)
          report({ label: "unknown", confidence: 0, provisional: true, rule: "stopped" });
        claimed = false;
        return;
      }
      settled = musicMs >= options.minMs;
      if (claimed && !settled) return;
      claimed = true;
      report({
        label: "music",
        confidence: settled ? 0.985 : 0.9,
        provisional: !settled,
        rule: "spectrum-holds",
        inputs: {
          likeness: measured,
          heldNotesShare: notes / active,
          soundingShare: active / length,
          musicMs,
        },
        thresholds: {
          likeness: options.likeness,
          soundingShare: options.soundingShare,
          minMs: options.minMs,
        },
      });
    };

    audio.onHop((hop) => {
      if (settled) return;
      likenesses[place] = likenessTo(before, hop);
      held[place] = Math.abs(hop.peakHz - (last[0] as number)) < SAME_NOTE_HZ ? 1 : 0;
      sounding[place] = hop.levelDb > QUIET_DB ? 1 : 0;
      toned[place] = hop.steadyHops >= 8 ? 1 : 0;
      last[0] = hop.peakHz;
      place = (place + 1) % length;
      if (++count >= length && count % JUDGE_EVERY_HOPS === 0) judge();
    });
    return {};
  },
});

/** Cosine between the magnitudes of two successive spectra; keeps the later for the next step. */
function likenessTo(before: Float32Array, hop: Hop): number {
  let product = 0;
  let here = 1e-12;
  let there = 1e-12;
  for (let bin = FIRST_BIN; bin <= LAST_BIN; bin++) {
    const magnitude = Math.sqrt(hop.spectrum[bin] as number);
    const earlier = before[bin] as number;
    product += magnitude * earlier;
    here += magnitude * magnitude;
    there += earlier * earlier;
    before[bin] = magnitude;
  }
  return product / Math.sqrt(here * there);
}
