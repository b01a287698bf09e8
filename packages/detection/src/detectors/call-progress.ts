import { z } from "zod";
import { defineDetector } from "../detector.js";
import { BIN_HZ, HOP_MS, type Hop, shareOfBand } from "../signal/heard-audio.js";

type ProgressLabel = "busy" | "reorder" | "ringback";

interface Cadence {
  readonly label: ProgressLabel;
  readonly countries: string;
  /** Lengths of sound and silence in turn, in ms. */
  readonly pattern: readonly number[];
}

/** National tones by their rhythm (ITU-T E.180 supplement); the frequencies lie close together. */
const CADENCES: readonly Cadence[] = [
  { label: "busy", countries: "us fr it jp", pattern: [500, 500] },
  { label: "busy", countries: "de", pattern: [480, 480] },
  { label: "busy", countries: "gb au", pattern: [375, 375] },
  { label: "busy", countries: "es", pattern: [200, 200] },
  { label: "reorder", countries: "us fr de", pattern: [250, 250] },
  { label: "reorder", countries: "gb", pattern: [400, 350, 225, 525] },
  { label: "reorder", countries: "es", pattern: [200, 200, 200, 200, 200, 600] },
  { label: "ringback", countries: "gb au", pattern: [400, 200, 400, 2_000] },
  { label: "ringback", countries: "us", pattern: [2_000, 4_000] },
  { label: "ringback", countries: "de it", pattern: [1_000, 4_000] },
  { label: "ringback", countries: "fr es", pattern: [1_500, 3_250] },
  { label: "ringback", countries: "jp", pattern: [1_000, 2_000] },
];

const FIRST_BIN = Math.round(340 / BIN_HZ);
const LAST_BIN = Math.round(680 / BIN_HZ);

/** An echo of the tone is this much quieter, and no longer part of it. */
const ECHO_DB = 9;
/** The loudest tone is forgotten by so much a step. */
const FORGET_DB = 0.02;

interface Step {
  readonly on: boolean;
  readonly ms: number;
}

/** Busy, reorder and ringback tone, by band and rhythm; of use in early media above all. */
export const callProgress = defineDetector({
  name: "call-progress",
  doneOnceFinal: true,
  options: z.strictObject({
    /** Steps of sound and silence that must fit a rhythm. */
    steps: z.number().int().min(3).max(20).default(5),
    /** How far each may be off. */
    toleranceMs: z.number().int().min(20).max(200).default(55),
    /** Share of the power between 340 and 680 Hz. */
    bandShare: z.number().min(0.5).max(1).default(0.8),
  }),
  create({ steps: wanted, toleranceMs, bandShare }, { report, audio }) {
    let steps: Step[] = [];
    let on = false;
    let runMs = 0;
    let doubtMs = 0;
    let said: string | undefined;

    const judge = () => {
      const best = matchCadence(steps, toleranceMs, wanted);
      if (!best || best.cadence.label === said) return;
      said = best.cadence.label;
      report({
        label: best.cadence.label,
        kind: "tone",
        confidence: best.cadence.label === "ringback" ? 0.9 : 0.97,
        provisional: best.cadence.label === "ringback",
        rule: "tone-cadence",
        inputs: {
          rhythmMs: steps
            .slice(-best.cadence.pattern.length)
            .map(({ ms }) => ms)
            .join("/"),
          worstErrorMs: best.errorMs,
          countries: best.cadence.countries,
        },
        thresholds: { toleranceMs, steps: wanted, bandShare },
      });
    };

    // Not a variable: a closure's number that is no small integer is allocated anew at every step.
    const loudestDb = new Float64Array(1).fill(-100);
    audio.onHop((hop) => {
      const toned = isTone(hop, bandShare);
      const faded = (loudestDb[0] as number) - FORGET_DB;
      loudestDb[0] = toned ? Math.max(faded, hop.levelDb) : faded;
      const sounding = toned && hop.levelDb > loudestDb[0] - ECHO_DB;
      runMs += HOP_MS;
      // One step that says otherwise is a lost packet or an edge.
      if (sounding === on) {
        doubtMs = 0;
        return;
      }
      doubtMs += HOP_MS;
      if (doubtMs < 2 * HOP_MS) return;
      // The silence before the first tone is as long as it likes.
      if (on || steps.length > 0) steps.push({ on, ms: runMs - doubtMs });
      if (steps.length > 16) steps = steps.slice(-12);
      on = sounding;
      runMs = doubtMs;
      doubtMs = 0;
      if (steps.length >= Math.min(3, wanted)) judge();
    });
    return {};
  },
});

function isTone(hop: Hop, bandShare: number): boolean {
  if (hop.levelDb < -58 || hop.levelDb < hop.floorDb + 3) return false;
  return shareOfBand(hop, FIRST_BIN, LAST_BIN) >= bandShare;
}

/** The rhythm that the last steps fit best, at any point of its cycle. */
function matchCadence(
  steps: readonly Step[],
  toleranceMs: number,
  wanted: number,
): { readonly cadence: Cadence; readonly errorMs: number } | undefined {
  let best: { cadence: Cadence; errorMs: number } | undefined;
  for (const cadence of CADENCES) {
    const { pattern, label } = cadence;
    // Long rhythms would take a quarter of a minute: one cycle and a sound are enough for those.
    const needed = label === "ringback" ? pattern.length : Math.max(wanted, pattern.length + 1);
    const tail = steps.slice(-needed);
    if (tail.length < needed) continue;
    for (let offset = 0; offset < pattern.length; offset++) {
      let errorMs = 0;
      for (let index = 0; index < tail.length; index++) {
        const place = (offset + index) % pattern.length;
        const step = tail[index] as Step;
        if (step.on !== (place % 2 === 0)) errorMs = Number.POSITIVE_INFINITY;
        const slack = label === "ringback" ? 0.12 * (pattern[place] as number) : 0;
        errorMs = Math.max(errorMs, Math.abs(step.ms - (pattern[place] as number)) - slack);
      }
      if (errorMs <= toleranceMs && errorMs < (best?.errorMs ?? Number.POSITIVE_INFINITY))
        best = { cadence, errorMs };
    }
  }
  return best;
}
