import type { Random } from "@offhook/session";
import type { ClipChooser } from "./clip-chooser.js";
import { between, pick, weighted } from "./draw.js";
import type { Clip } from "./library.js";
import { concat, msOf, toLevel } from "./pcm.js";
import { type CallClass, nameOf, SCRIPTS, type Script, type Scripts, script } from "./scripts.js";
import { faxCalling, pause, tone, tune } from "./signals.js";

/** How many of each unusual call in both halves together. */
export const STRESS_COUNTS: Readonly<Record<CallClass, number>> = {
  human: 400,
  voicemail: 400,
  ivr: 80,
  screening: 60,
  announcement: 60,
  busy: 20,
  fax: 40,
  music: 60,
  silence: 40,
};

/** Calls that do not go as usual: what a detector meets that was tuned on those that do. */
export const STRESS_SCRIPTS: Scripts = {
  human,
  voicemail,
  ivr(random, clips) {
    const voice = clips.voice(random);
    const bend = bendOf(random);
    const menu = bent(clips.passage(voice, "ivr", 7_000, 14_000, random), bend);
    const lead = between(random, 100, 1_200);
    const waitMs = between(random, 2_600, 6_000);
    const excuse =
      random.unit() < 0.4 ? [bent(clips.prompt(voice, 900, 2_200, random), bend), pause(300)] : [];
    const again = [pause(waitMs), ...excuse, menu];
    return script("menu-again", [pause(lead), menu, ...again, ...again, pause(3_000)], {
      utteranceEndMs: lead + msOf(menu.length),
      voice: nameOf(voice),
    });
  },
  screening(random, clips) {
    const voice = clips.voice(random);
    const bend = bendOf(random);
    const lead = between(random, 50, 500);
    const asked = bent(clips.passage(voice, "screening", 4_000, 9_000, random), bend);
    const more =
      random.unit() < 0.5
        ? [bent(clips.prompt(voice, 900, 2_500, random), bend), pause(5_000)]
        : [];
    return script(
      more.length > 0 ? "asks-again" : "waits",
      [pause(lead), asked, pause(between(random, 6_000, 8_000)), ...more],
      { utteranceEndMs: lead + msOf(asked.length), voice: nameOf(voice) },
    );
  },
  announcement(random, clips) {
    const voice = clips.voice(random);
    const said = bent(clips.passage(voice, "announcement", 2_500, 8_000, random), bendOf(random));
    const lead = between(random, 100, 1_500);
    const again = [pause(between(random, 700, 2_200)), said];
    const times = random.unit() < 0.5 ? [...again, ...again] : again;
    return script("repeated", [pause(lead), said, ...times, pause(3_000)], {
      utteranceEndMs: lead + msOf(said.length),
      voice: nameOf(voice),
    });
  },
  busy: SCRIPTS.busy,
  fax(random) {
    const lead = pause(between(random, 200, 2_000));
    const calling = faxCalling(14_500, 1_100 + between(random, -38, 38));
    return script("cng", [lead, toLevel(calling, -20)]);
  },
  music(random, clips) {
    const synthetic = random.unit() < 0.75;
    const heard = synthetic ? toLevel(tune(15_000, random), -20) : clips.music(random, 15_000);
    return script(synthetic ? "tune" : "hold", [pause(between(random, 0, 600)), heard]);
  },
  silence: SCRIPTS.silence,
};

/** Voices higher and quicker, or lower and slower, than any that was recorded; some are children's. */
function bendOf(random: Random): number {
  return random.unit() < 0.15 ? between(random, 1.2, 1.4) : between(random, 0.86, 1.18);
}

/** Played at another speed: pitch and tempo change together. */
function bent(samples: Float32Array, factor: number): Float32Array {
  return Float32Array.from({ length: Math.floor(samples.length / factor) }, (_, index) => {
    const at = index * factor;
    const before = Math.floor(at);
    const a = samples[before] ?? 0;
    return a + (at - before) * ((samples[before + 1] ?? 0) - a);
  });
}

const HUMANS = [
  ["long-business", 0.2],
  ["very-late", 0.15],
  ["television", 0.2],
  ["noise-first", 0.15],
  ["asks-on", 0.15],
  ["bent-hello", 0.15],
] as const;

function human(random: Random, clips: ClipChooser): Script {
  const variant = weighted(random, HUMANS);
  const voice = clips.voice(random);
  const bend = bendOf(random);
  const hello = () => bent(clips.part(voice, "hello", 280, 1_100, random), bend);
  const lead = variant === "very-late" ? between(random, 3_500, 6_500) : between(random, 80, 1_600);
  const before = [pause(lead)];
  if (variant === "noise-first")
    before.push(rustle(between(random, 60, 350), random), pause(between(random, 150, 900)));
  const first =
    variant === "long-business"
      ? business(voice, bend, random, clips)
      : variant === "asks-on"
        ? concat([hello(), pause(between(random, 700, 1_600)), hello()])
        : hello();
  const said = [...before, first];
  for (let again = 0; again < 3; again++) said.push(pause(between(random, 1_500, 3_500)), hello());
  said.push(pause(between(random, 1_500, 3_500)));
  const heard = variant === "television" ? [withTelevision(concat(said), random, clips)] : said;
  return script(variant, heard, {
    utteranceEndMs: msOf(concat([...before, first]).length),
    voice: nameOf(voice),
  });
}

/** A receptionist: the firm, the own name, the question, almost without a breath. */
function business(voice: readonly Clip[], bend: number, random: Random, clips: ClipChooser) {
  const greeting = clips.part(voice, "business", 2_000, 3_600, random);
  const more = clips.part(voice, "name", 700, 1_600, random);
  return bent(concat([greeting, pause(between(random, 80, 350)), more]), bend);
}

/** Somebody else talks, or music plays, 10 to 20 dB below. */
function withTelevision(said: Float32Array, random: Random, clips: ClipChooser): Float32Array {
  const show =
    random.unit() < 0.5 ? clips.music(random, 20_000) : concat([...clips.babble.slice(0, 12)]);
  const gain = 10 ** (between(random, -20, -10) / 20);
  const from = Math.floor(random.unit() * show.length);
  return said.map(
    (sample, index) => sample + gain * (show[(from + index) % show.length] as number),
  );
}

/** A handset that is picked up: a burst of noise that falls off. */
function rustle(durationMs: number, random: Random): Float32Array {
  const noise = pause(durationMs);
  for (let index = 0; index < noise.length; index++)
    noise[index] = (2 * random.unit() - 1) * 0.1 * (1 - index / noise.length);
  return noise;
}

const VOICEMAILS = [
  ["slow", 0.2],
  ["music-first", 0.15],
  ["beep-only", 0.1],
  ["double-beep", 0.15],
  ["edge-beep", 0.2],
  ["no-beep", 0.2],
] as const;

function voicemail(random: Random, clips: ClipChooser): Script {
  const variant = weighted(random, VOICEMAILS);
  const voice = clips.voice(random);
  const bend = bendOf(random);
  const lead = between(random, 100, 2_200);
  const before = [pause(lead)];
  if (variant === "music-first")
    before.push(toLevel(tune(between(random, 2_000, 5_000), random), -24), pause(200));
  const long = () => bent(clips.passage(voice, "long", 3_000, 9_000, random), bend);
  const sentence = () => bent(clips.prompt(voice, 1_200, 3_500, random), bend);
  const greeting =
    variant === "beep-only"
      ? pause(0)
      : variant === "slow"
        ? concat([
            sentence(),
            pause(between(random, 1_200, 2_500)),
            sentence(),
            pause(between(random, 1_200, 2_500)),
            sentence(),
          ])
        : long();
  const said = [...before, greeting];
  const utteranceEndMs = msOf(concat(said).length);
  const beeps: { fromMs: number; untilMs: number }[] = [];
  const beep = (hz: number, durationMs: number, gapMs: number) => {
    const fromMs = msOf(concat([...said, pause(gapMs)]).length);
    const sound = toLevel(tone([hz], durationMs), -20 + between(random, -8, 4));
    said.push(pause(gapMs), sound);
    beeps.push({ fromMs, untilMs: fromMs + msOf(sound.length) });
  };
  const hz = pick(random, [between(random, 390, 520), between(random, 1_900, 2_280)]);
  if (variant === "edge-beep") beep(hz, between(random, 180, 1_400), between(random, 100, 2_000));
  else if (variant !== "no-beep") {
    const pitch = between(random, 450, 1_900);
    beep(pitch, between(random, 200, 900), between(random, 300, 1_600));
    if (variant === "double-beep") beep(pitch, between(random, 150, 350), between(random, 80, 300));
  }
  said.push(pause(between(random, 5_000, 8_000)));
  return script(variant, said, { utteranceEndMs, voice: nameOf(voice), beeps });
}
