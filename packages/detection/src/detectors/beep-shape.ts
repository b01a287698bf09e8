import type { HeardTone } from "../signal/heard-audio.js";

export interface BeepShape {
  readonly harmonicMinMs: number;
  readonly quietBeforeMs: number;
  readonly dropDb: number;
  readonly roughnessDb: number;
}

/** Silence this long before a tone sets it apart from what was said. */
const APART_MS = 240;
/** And then it ends as clearly: in noise still by this much, and by this much where nothing hides it. */
const NOISY_DROP_DB = 5;
const CLEAR_DROP_DB = 10;
/** Shorter than this it is one clear note, and never a low one. */
const SHORT_MS = 170;
/** Voices sustain notes below this; so do call progress tones. */
const VOICE_HZ = 520;
/** Hardly a device beeps below this, and children speak here. */
const LOW_HZ = 380;
/** No voice keeps a partial alone and on its pitch for so long. */
const HELD_MS = 480;
const HELD_DROP_DB = 8;
/** Where nothing sets it apart, a tone is smoother than a voice by this factor. */
const SMOOTHER = 6;

/** Silence, a tone, silence: whatever made it, it was not the voice that spoke before. */
export function standsOut(tone: HeardTone, shape: BeepShape): boolean {
  const { quietBeforeMs, dropDb, roughnessDb } = tone;
  const clear = dropDb >= CLEAR_DROP_DB;
  if (quietBeforeMs < APART_MS || dropDb < NOISY_DROP_DB) return false;
  const single = tone.secondHz === 0;
  const lowHz = lowerHz(tone);
  const durationMs = tone.endMs - tone.startMs;
  if (durationMs < SHORT_MS)
    return single && clear && lowHz >= VOICE_HZ && roughnessDb <= shape.roughnessDb / SMOOTHER;
  if (lowHz < LOW_HZ) return single && clear && roughnessDb <= shape.roughnessDb / 3;
  const half = !single || !clear || lowHz < VOICE_HZ;
  if (roughnessDb > (half ? shape.roughnessDb / 2 : shape.roughnessDb)) return false;
  return durationMs >= shape.harmonicMinMs || !isHarmonic(tone);
}

/** In noise, or right after a word: held as evenly as no voice holds a note. */
export function isSmooth(tone: HeardTone, shape: BeepShape): boolean {
  const durationMs = tone.endMs - tone.startMs;
  const long = durationMs >= shape.harmonicMinMs;
  const limitDb = shape.roughnessDb / (lowerHz(tone) < VOICE_HZ && !long ? 2 * SMOOTHER : SMOOTHER);
  return (
    durationMs >= SHORT_MS &&
    lowerHz(tone) >= LOW_HZ &&
    tone.roughnessDb <= limitDb &&
    !isHarmonic(tone) &&
    // A long tone is one even where noise hides its end.
    (tone.dropDb >= shape.dropDb || (long && tone.dropDb > 2)) &&
    // Or where lost packets hid its start.
    (tone.quietBeforeMs >= shape.quietBeforeMs || (long && tone.secondHz === 0))
  );
}

/** One high note that is held for longer than a voice could, on a line that roughens it. */
export function isHeld(tone: HeardTone, shape: BeepShape): boolean {
  return (
    tone.secondHz === 0 &&
    tone.hz >= VOICE_HZ &&
    tone.endMs - tone.startMs >= HELD_MS &&
    tone.quietBeforeMs >= shape.quietBeforeMs &&
    tone.dropDb >= HELD_DROP_DB &&
    tone.roughnessDb <= shape.roughnessDb / 2
  );
}

export function lowerHz({ hz, secondHz }: HeardTone): number {
  return secondHz > 0 ? Math.min(hz, secondHz) : hz;
}

/** Two partials of one voice: small multiples of the same pitch. */
function isHarmonic(tone: HeardTone): boolean {
  if (tone.secondHz === 0) return false;
  const low = Math.min(tone.hz, tone.secondHz);
  const ratio = Math.max(tone.hz, tone.secondHz) / low;
  for (let multiple = 1; multiple <= 4; multiple++) {
    const pitchHz = low / multiple;
    if (pitchHz < 70 || pitchHz > 420) continue;
    const nearest = Math.round(ratio * multiple);
    if (Math.abs(ratio * multiple - nearest) < 0.014 * nearest) return true;
  }
  return false;
}
