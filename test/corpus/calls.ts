import { type Random, seededRandom } from "@offhook/session";
import { type Channel, drawChannel, throughChannel } from "./channel.js";
import type { Clip, Split } from "./library.js";
import { concat, msOf, RATE, toLevel } from "./pcm.js";
import type { Part } from "./phrases.js";
import {
  CALL_PROGRESS,
  cadence,
  faxAnswer,
  faxCalling,
  pause,
  SIT_KINDS,
  specialInformationTone,
  tone,
  v21,
} from "./signals.js";

export type CallClass =
  | "human"
  | "voicemail"
  | "ivr"
  | "screening"
  | "announcement"
  | "busy"
  | "fax"
  | "music"
  | "silence";

export interface CorpusCall {
  readonly id: string;
  readonly split: Split;
  readonly truth: CallClass;
  /** `short`, `business`, `long`, `hesitant`, `sit_vacant`, `ced`… */
  readonly variant: string;
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

interface Script {
  readonly variant: string;
  readonly said: readonly Float32Array[];
  readonly utteranceEndMs: number;
  readonly beeps?: readonly { readonly fromMs: number; readonly untilMs: number }[];
  readonly noisy?: boolean;
}

/** Makes the calls of one half, one at a time and always the same for the same seed. */
export function* corpusCalls(
  library: readonly Clip[],
  split: Split,
  options: { readonly seed?: number; readonly scale?: number } = {},
): Generator<CorpusCall> {
  const clips = new ClipChooser(library.filter((clip) => clip.split === split));
  const { seed = 1, scale = 1 } = options;
  for (const [truth, count] of Object.entries(COUNTS) as [CallClass, number][]) {
    const wanted = Math.round((count * scale) / 2);
    for (let number = 0; number < wanted; number++) {
      const random = seededRandom(seed * 1_000_003 + hash(`${split}/${truth}/${number}`));
      const script = SCRIPTS[truth](random, clips);
      yield makeCall(`${split}-${truth}-${number}`, split, truth, script, random, clips);
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

/** Picks what one voice says. Every clip of a call comes from one voice. */
class ClipChooser {
  readonly babble: readonly Float32Array[];
  private readonly byVoice = new Map<string, Clip[]>();
  private readonly musicClips: readonly Clip[];

  constructor(clips: readonly Clip[]) {
    this.musicClips = clips.filter(({ part }) => part === "music");
    for (const clip of clips)
      if (clip.part !== "music")
        this.byVoice.set(clip.voice, [...(this.byVoice.get(clip.voice) ?? []), clip]);
    this.babble = clips
      .filter(({ part, durationMs }) => part === "prompt" && durationMs > 2_000)
      .slice(0, 80)
      .map(({ samples }) => samples);
  }

  voice(random: Random): Clip[] {
    return pick(random, [...this.byVoice.values()]);
  }

  /** Something of this part, or of this length where the voice has only prompts. */
  part(
    voice: readonly Clip[],
    part: Part,
    minMs: number,
    maxMs: number,
    random: Random,
  ): Float32Array {
    const fitting = voice.filter((clip) => clip.part === part);
    if (fitting.length > 0) return toLevel(pick(random, fitting).samples, -20);
    return this.prompt(voice, minMs, maxMs, random);
  }

  prompt(voice: readonly Clip[], minMs: number, maxMs: number, random: Random): Float32Array {
    const fitting = voice.filter(
      ({ durationMs, part }) =>
        durationMs >= minMs &&
        durationMs <= maxMs &&
        (part === "prompt" || voice[0]?.part !== "prompt"),
    );
    const middle = (minMs + maxMs) / 2;
    const nearest = [...voice].sort(
      (a, b) => Math.abs(a.durationMs - middle) - Math.abs(b.durationMs - middle),
    );
    return toLevel(pick(random, fitting.length > 0 ? fitting : nearest.slice(0, 3)).samples, -20);
  }

  /** Sentences with pauses until the length is reached. */
  passage(
    voice: readonly Clip[],
    part: Part,
    minMs: number,
    maxMs: number,
    random: Random,
  ): Float32Array {
    const whole = voice.filter((clip) => clip.part === part);
    if (whole.length > 0) return toLevel(pick(random, whole).samples, -20);
    const targetMs = between(random, minMs, maxMs);
    const parts: Float32Array[] = [];
    let lengthMs = 0;
    while (lengthMs < targetMs) {
      const next = this.prompt(voice, 900, 4_500, random);
      if (parts.length > 0) parts.push(pause(between(random, 120, 650)));
      parts.push(next);
      lengthMs = msOf(concat(parts).length);
    }
    return concat(parts);
  }

  music(random: Random, durationMs: number): Float32Array {
    const { samples } = pick(random, this.musicClips);
    const length = Math.round(durationMs * 8);
    const from = Math.floor(random.unit() * Math.max(1, samples.length - length));
    return toLevel(samples.slice(from, from + length), -20);
  }
}

const SCRIPTS: Readonly<Record<CallClass, (random: Random, clips: ClipChooser) => Script>> = {
  human,
  voicemail,
  ivr: (random, clips) => {
    const voice = clips.voice(random);
    const menu = clips.passage(voice, "ivr", 5_000, 14_000, random);
    const lead = between(random, 100, 900);
    return script(
      "menu",
      [
        pause(lead),
        menu,
        pause(between(random, 2_000, 5_000)),
        clips.passage(voice, "ivr", 4_000, 8_000, random),
        pause(2_500),
      ],
      lead + msOf(menu.length),
    );
  },
  screening: (random, clips) => {
    const lead = between(random, 50, 700);
    const asked = clips.passage(clips.voice(random), "screening", 3_500, 8_000, random);
    return script("assistant", [pause(lead), asked, pause(6_000)], lead + msOf(asked.length));
  },
  announcement: (random, clips) => {
    const lead = between(random, 100, 800);
    const kind = random.unit() < 0.6 ? pick(random, SIT_KINDS) : undefined;
    const sit = kind ? toLevel(specialInformationTone(kind), -20) : pause(0);
    const said = clips.passage(clips.voice(random), "announcement", 3_000, 7_000, random);
    const gap = kind ? between(random, 100, 500) : 0;
    return script(
      kind ?? "spoken",
      [pause(lead), sit, pause(gap), said, pause(1_500), said, pause(3_000)],
      lead + msOf(sit.length) + gap + msOf(said.length),
    );
  },
  busy: (random) => {
    const kinds = CALL_PROGRESS.filter(({ kind }) => kind !== "ringback");
    const { country, kind, frequenciesHz, pattern } = pick(random, kinds);
    const heard = toLevel(cadence(frequenciesHz, pattern, 8_000), -20);
    return script(`${kind}-${country}`, [pause(between(random, 0, 800)), heard], 0);
  },
  fax: (random) => {
    const variant = pick(random, ["ced", "ced", "ansam", "cng", "v21"]);
    const lead = pause(between(random, 200, 2_000));
    const answer = faxAnswer(
      between(random, 2_600, 4_000),
      variant === "ansam",
      2_100 + between(random, -12, 12),
    );
    const parts =
      variant === "cng"
        ? [faxCalling(11_000, 1_100 + between(random, -30, 30))]
        : variant === "v21"
          ? [v21(2_500, random), pause(2_000), v21(2_500, random)]
          : [answer, pause(75), v21(2_000, random), pause(3_000)];
    return script(variant, [lead, toLevel(concat(parts), -20)], 0);
  },
  music: (random, clips) =>
    script("hold", [pause(between(random, 0, 600)), clips.music(random, 15_000)], 0),
  silence: () => script("silence", [pause(12_000)], 0),
};

function script(
  variant: string,
  said: readonly Float32Array[],
  utteranceEndMs: number,
  extra: Pick<Script, "beeps" | "noisy"> = {},
): Script {
  return { variant, said, utteranceEndMs, ...extra };
}

const HUMANS = [
  ["short", 0.36],
  ["name", 0.2],
  ["business", 0.18],
  ["double", 0.1],
  ["late", 0.08],
  ["noisy", 0.08],
] as const;

/** A person who waits for us: says hello again every now and then, then gives up. */
function human(random: Random, clips: ClipChooser): Script {
  const variant = weighted(random, HUMANS);
  const voice = clips.voice(random);
  const hello = () => clips.part(voice, "hello", 280, 1_100, random);
  const leadMs = variant === "late" ? between(random, 1_800, 4_200) : between(random, 80, 1_400);
  const first =
    variant === "business"
      ? clips.part(voice, "business", 2_000, 4_200, random)
      : variant === "name"
        ? clips.part(voice, "name", 700, 1_800, random)
        : variant === "double"
          ? concat([hello(), pause(between(random, 300, 1_000)), hello()])
          : hello();
  const said = [pause(leadMs), first];
  const repeats = 1 + Math.floor(3 * random.unit());
  for (let again = 0; again < repeats; again++)
    said.push(pause(between(random, 1_800, 3_500)), hello());
  said.push(pause(between(random, 1_500, 3_500)));
  const noisy = variant === "noisy";
  return script(variant, said, leadMs + msOf(first.length), { noisy });
}

const VOICEMAILS = [
  ["long", 0.44],
  ["carrier", 0.2],
  ["short", 0.14],
  ["hesitant", 0.1],
  ["digits", 0.12],
] as const;

function voicemail(random: Random, clips: ClipChooser): Script {
  const variant = weighted(random, VOICEMAILS);
  const voice = clips.voice(random);
  const leadMs = between(random, 100, 1_500);
  const greeting = greetingOf(variant, voice, random, clips);
  const greetingEndMs = leadMs + msOf(greeting.length);
  const said = [pause(leadMs), greeting];
  const beeps: { fromMs: number; untilMs: number }[] = [];
  if (random.unit() < 0.85) {
    const gapMs = between(random, 150, 1_800);
    const durationMs = between(random, 200, 1_000);
    const hz = between(random, 400, 2_100);
    const dual = random.unit() < 0.2;
    const beep = toLevel(
      tone(dual ? [hz, hz * between(random, 1.15, 1.6)] : [hz], durationMs, {
        decayDb: random.unit() < 0.35 ? between(random, 4, 16) : 0,
      }),
      -20 + between(random, -6, 4),
    );
    said.push(pause(gapMs), beep);
    const fromMs = greetingEndMs + gapMs;
    beeps.push({ fromMs, untilMs: fromMs + msOf(beep.length) });
  }
  said.push(pause(between(random, 4_000, 7_000)));
  return script(variant, said, greetingEndMs, { beeps });
}

function greetingOf(
  variant: string,
  voice: readonly Clip[],
  random: Random,
  clips: ClipChooser,
): Float32Array {
  switch (variant) {
    case "short":
      return clips.part(voice, "short", 1_400, 2_600, random);
    case "hesitant":
      return concat([
        clips.part(voice, "hello", 280, 900, random),
        pause(between(random, 700, 2_330)),
        clips.passage(voice, "long", 3_000, 7_000, random),
      ]);
    case "digits": {
      const digits = Array.from({ length: 7 }, () => [
        clips.prompt(voice, 250, 700, random),
        pause(between(random, 60, 250)),
      ]).flat();
      return concat([
        clips.prompt(voice, 700, 1_800, random),
        pause(150),
        ...digits,
        clips.prompt(voice, 1_000, 3_500, random),
      ]);
    }
    case "carrier":
      return clips.passage(voice, "long", 4_000, 9_000, random);
    default:
      return clips.passage(voice, "long", 5_000, 16_000, random);
  }
}

function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.unit();
}

function pick<T>(random: Random, from: readonly T[]): T {
  const chosen = from[Math.floor(random.unit() * from.length)];
  if (chosen === undefined) throw new Error("nothing to pick from");
  return chosen;
}

function weighted<Name extends string>(
  random: Random,
  choices: readonly (readonly [Name, number])[],
): Name {
  let at = random.unit() * choices.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [name, weight] of choices) {
    at -= weight;
    if (at < 0) return name;
  }
  return (choices[0] as readonly [Name, number])[0];
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) {
    value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return value;
}
