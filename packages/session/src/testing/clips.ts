import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readWav } from "../media/recording/wav.js";
import { monoFrame } from "../media/send/tones.js";
import type { AudioFrame } from "../vocabulary.js";

/**
 * The bundled speech, and what is said in it. Made by `scripts/make-speech.sh`; 8 kHz, telephone
 * band, µ-law, several voices. The text is what a perfect transcriber would hear.
 */
export const CLIPS = {
  hello: "Hello?",
  name: "Hello, this is Daniel.",
  business_greeting: "Good morning, Riverside Dental, how can I help you?",
  conversation_agree: "Yes, that works for me. Thank you.",
  conversation_question: "Sorry, who is calling please?",
  goodbye: "Bye bye.",
  voicemail_greeting:
    "Hi, you've reached Tom. I can't talk right now. Please leave a message after the tone.",
  /** With 1.6 s of silence after the "Hello?": sounds like a person at first. */
  hesitant_greeting: "Hello? You've reached the Parkers. Leave us a message.",
  ivr_menu: "For sales, press one. For support, press two.",
  screening: "Record your name and reason for calling, and I'll see if this person is available.",
  announcement_number_changed: "The number you have dialed has been changed.",
  announcement_not_in_service: "The number you have dialed is not in service.",
  /** What an agent says. */
  reminder: "Hello, this is a reminder of your appointment tomorrow at ten.",
  /** Can be repeated without a gap, for somebody who never stops talking. */
  talk_on:
    "and then I told them that we would need three more weeks to finish the kitchen because nobody had ordered the tiles",
} as const;

export type ClipName = keyof typeof CLIPS;

export function isClipName(name: string): name is ClipName {
  return Object.hasOwn(CLIPS, name);
}

/** Where the clip lies, for `play` and other things that take a WAV file. */
export function clipPath(name: ClipName): string {
  // The same from src/testing and from dist/testing.
  return fileURLToPath(new URL(`../../assets/${name}.wav`, import.meta.url));
}

/** The clip as one frame of 8 kHz mono. Reads the file synchronously, which virtual time needs. */
export function loadClip(name: ClipName): AudioFrame {
  const { samples, sampleRate } = readWav(readFileSync(clipPath(name)));
  return monoFrame(samples, sampleRate);
}
