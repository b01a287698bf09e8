import type { TalkLevels } from "../signal/heard-audio.js";

/**
 * Whoever speaks into a phone stands above the noise, by syllables: this much together. A crowd in
 * the room behind does neither.
 */
const NEAR_DB = 11;
/** One voice keeps within this range; a person's with a television behind does not. */
const ONE_VOICE_DB = 8;

/** Only a crowd, or nobody, lies this close to the noise. */
const CROWD_DB = 7;

/** All that was heard was a crowd in the room behind. */
export function isCrowd({ aboveNoiseDb }: TalkLevels): boolean {
  return aboveNoiseDb < CROWD_DB;
}

/** A voice stands out of the talk behind it, and that out of the noise, at least this far. */
const VOICE_OVER_DB = 9;
const BACKGROUND_DB = 13;

/** Talk or music that is much quieter goes on behind somebody's voice. */
export function isOverBackground({ aboveNoiseDb, rangeDb }: TalkLevels): boolean {
  return rangeDb >= VOICE_OVER_DB && aboveNoiseDb >= BACKGROUND_DB;
}

/** What was said so far was said into the phone: not by a crowd in the room behind. */
export function isNear({ aboveNoiseDb, rangeDb }: TalkLevels): boolean {
  return aboveNoiseDb + rangeDb >= NEAR_DB;
}

/**
 * What was said so far was said by one voice, near. Only that can be a machine's greeting: what a
 * room or a television adds to a person's hello has the length of one.
 */
export function isOneVoice(talk: TalkLevels, withinDb = ONE_VOICE_DB): boolean {
  return isNear(talk) && talk.rangeDb <= withinDb;
}
