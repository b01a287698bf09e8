import { type EspeakVoiceOptions, espeakInstalled, espeakVoice } from "./espeak-voice.js";
import type { Voice } from "./ports.js";
import { recordedVoice } from "./recorded-voice.js";

/** What the recordings in `assets/prompts` say. Made by `scripts/make-prompts.sh`. */
export const PROMPTS = {
  appointment: "Hello, this is the Riverside Dental clinic.",
  question: "Does tomorrow at ten o'clock still work for you?",
  confirmed: "Wonderful, see you tomorrow.",
  goodbye: "Thank you, and goodbye.",
  one_moment: "One moment please.",
  still_there: "Are you still there?",
  not_understood: "Sorry, I did not catch that.",
  say_again: "Could you say it again?",
} as const;

/**
 * A voice that needs neither a key nor a network: espeak-ng where it is installed, and otherwise the
 * recordings that ship with the package, which can say `PROMPTS` and nothing else.
 */
export function offlineVoice(options: EspeakVoiceOptions = {}): Voice {
  const spoken = espeakVoice(options);
  const recorded = recordedVoice(
    Object.fromEntries(
      Object.entries(PROMPTS).map(([name, text]) => [
        text,
        new URL(`../../assets/prompts/${name}.wav`, import.meta.url),
      ]),
    ),
  );
  let installed: Promise<boolean> | undefined;
  return {
    async *speak(text, call) {
      installed ??= espeakInstalled(options.command);
      const voice = (await call.clock.holdWhile(installed)) ? spoken : recorded;
      yield* voice.speak(text, call);
    },
  };
}
