import type { Random } from "@offhook/session";
import type { ClipChooser } from "./clip-chooser.js";
import { between, pick, weighted } from "./draw.js";
import type { Clip } from "./library.js";
import { concat, msOf, toLevel } from "./pcm.js";
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

/** What one callee is heard to say, before the line does anything to it. */
export interface Script {
  readonly variant: string;
  readonly voice: string;
  readonly said: readonly Float32Array[];
  readonly utteranceEndMs: number;
  readonly beeps?: readonly { readonly fromMs: number; readonly untilMs: number }[];
  readonly noisy?: boolean;
}

/** Draws one call of a class. */
export type Scripts = Readonly<Record<CallClass, (random: Random, clips: ClipChooser) => Script>>;

export const SCRIPTS: Scripts = {
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
      { utteranceEndMs: lead + msOf(menu.length), voice: nameOf(voice) },
    );
  },
  screening: (random, clips) => {
    const lead = between(random, 50, 700);
    const voice = clips.voice(random);
    const asked = clips.passage(voice, "screening", 3_500, 8_000, random);
    return script("assistant", [pause(lead), asked, pause(6_000)], {
      utteranceEndMs: lead + msOf(asked.length),
      voice: nameOf(voice),
    });
  },
  announcement: (random, clips) => {
    const lead = between(random, 100, 800);
    const kind = random.unit() < 0.6 ? pick(random, SIT_KINDS) : undefined;
    const sit = kind ? toLevel(specialInformationTone(kind), -20) : pause(0);
    const voice = clips.voice(random);
    const said = clips.passage(voice, "announcement", 3_000, 7_000, random);
    const gap = kind ? between(random, 100, 500) : 0;
    return script(
      kind ?? "spoken",
      [pause(lead), sit, pause(gap), said, pause(1_500), said, pause(3_000)],
      {
        utteranceEndMs: lead + msOf(sit.length) + gap + msOf(said.length),
        voice: nameOf(voice),
      },
    );
  },
  busy: (random) => {
    const kinds = CALL_PROGRESS.filter(({ kind }) => kind !== "ringback");
    const { country, kind, frequenciesHz, pattern } = pick(random, kinds);
    const heard = toLevel(cadence(frequenciesHz, pattern, 8_000), -20);
    return script(`${kind}-${country}`, [pause(between(random, 0, 800)), heard]);
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
    return script(variant, [lead, toLevel(concat(parts), -20)]);
  },
  music: (random, clips) =>
    script("hold", [pause(between(random, 0, 600)), clips.music(random, 15_000)]),
  silence: () => script("silence", [pause(12_000)]),
};

export function script(
  variant: string,
  said: readonly Float32Array[],
  extra: Partial<Omit<Script, "variant" | "said">> = {},
): Script {
  return { variant, voice: "", said, utteranceEndMs: 0, ...extra };
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
  return script(variant, said, {
    utteranceEndMs: leadMs + msOf(first.length),
    voice: nameOf(voice),
    noisy,
  });
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
  return script(variant, said, {
    utteranceEndMs: greetingEndMs,
    voice: nameOf(voice),
    beeps,
  });
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

export function nameOf(voice: readonly { readonly voice: string }[]): string {
  return voice[0]?.voice ?? "";
}
