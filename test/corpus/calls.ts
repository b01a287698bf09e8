import { type Random, seededRandom } from "@offhook/session";
import { type Channel, drawChannel, throughChannel } from "./channel.js";
import { ClipChooser } from "./clip-chooser.js";
import type { Clip, Split } from "./library.js";
import { concat, msOf, RATE, toLevel } from "./pcm.js";
import { type CallClass, SCRIPTS, type Script } from "./scripts.js";
import { pause, tone } from "./signals.js";
import { roughen } from "./stress-channel.js";
import { STRESS_COUNTS, STRESS_SCRIPTS } from "./stress-scripts.js";

export interface CorpusCall {
  readonly id: string;
  readonly split: Split;
  readonly truth: CallClass;
  /** `short`, `business`, `long`, `hesitant`, `sit_vacant`, `ced`… */
  readonly variant: string;
  /** Who speaks; empty where nobody does. */
  readonly voice: string;
  readonly channel: Channel;
  /** 8 kHz, from the moment of answer. */
  readonly samples: Int16Array;
  readonly sampleRate: 8_000;
  /** End of the callee's first utterance (whole greeting for machines). */
  readonly utteranceEndMs: number;
  readonly beeps: readonly { readonly fromMs: number; readonly untilMs: number }[];
}

/** How many of each in 1,600. */
const COUNTS: Readonly<Record<CallClass, number>> = {
  human: 600,
  voicemail: 600,
  ivr: 96,
  screening: 64,
  announcement: 80,
  busy: 40,
  fax: 40,
  music: 32,
  silence: 48,
};

export interface CorpusOptions {
  readonly seed?: number;
  /** How much of it; 1 is the whole half. */
  readonly scale?: number;
  /** The unusual calls, on worse lines, in place of the usual ones. */
  readonly stress?: boolean;
}

/** Makes the calls of one half, one at a time and always the same for the same seed. */
export function* corpusCalls(
  library: readonly Clip[],
  split: Split,
  options: CorpusOptions = {},
): Generator<CorpusCall> {
  const clips = new ClipChooser(library.filter((clip) => clip.split === split));
  const { seed = 1, scale = 1, stress = false } = options;
  const counts = stress ? STRESS_COUNTS : COUNTS;
  const scripts = stress ? STRESS_SCRIPTS : SCRIPTS;
  for (const [truth, count] of Object.entries(counts) as [CallClass, number][]) {
    const wanted = Math.round((count * scale) / 2);
    for (let number = 0; number < wanted; number++) {
      const id = `${split}-${truth}-${number}`;
      const random = seededRandom(seed * 1_000_003 + hash(`${split}/${truth}/${number}`));
      const call = makeCall(id, split, truth, scripts[truth](random, clips), random, clips);
      yield stress ? { ...call, samples: roughen(call.samples, random) } : call;
    }
  }
}

function makeCall(
  id: string,
  split: Split,
  truth: CallClass,
  script: Script,
  random: Random,
  clips: ClipChooser,
): CorpusCall {
  const drawn = drawChannel(random);
  const channel: Channel = script.noisy
    ? { ...drawn, snrDb: 10 + 5 * random.unit(), noise: random.unit() < 0.5 ? "babble" : "pink" }
    : drawn;
  const tailMs = random.unit() < 0.12 ? 100 + 300 * random.unit() : 0;
  const tail = toLevel(tone([440, 480], tailMs), -20);
  const said = concat([tailMs > 0 ? tail : pause(0), ...script.said]);
  const shift = msOf(tailMs > 0 ? tail.length : 0);
  return {
    id,
    split,
    truth,
    variant: script.variant,
    voice: script.voice,
    channel,
    samples: throughChannel(said, channel, random, clips.babble),
    sampleRate: RATE,
    utteranceEndMs: script.utteranceEndMs + shift,
    beeps: (script.beeps ?? []).map(({ fromMs, untilMs }) => ({
      fromMs: fromMs + shift,
      untilMs: untilMs + shift,
    })),
  };
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) {
    value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return value;
}
