import type { Random } from "@offhook/session";
import { between, pick } from "./draw.js";
import type { Clip } from "./library.js";
import { concat, msOf, toLevel } from "./pcm.js";
import type { Part } from "./phrases.js";
import { pause } from "./signals.js";

/** Picks what one voice says. Every clip of a call comes from one voice. */
export class ClipChooser {
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
