import { defineAgent, languageModel, offlineVoice, type Turn } from "@offhook/agent";
import { scriptedTranscriber } from "@offhook/agent/testing";

/** What the agent thinks of to say. A real one asks a language model here. */
const receptionist = languageModel(async function* ({ turns, cause }) {
  if (cause === "silence") yield "Are you still there?";
  else if (saidYes(turns.at(-1))) {
    // Streamed: the first sentence is spoken while the second is still being thought of.
    yield "Wonderful, see you tomorrow. ";
    yield "Thank you, and goodbye.";
    yield { type: "end_call" };
  } else yield "Does tomorrow at ten o'clock still work for you?";
});

const saidYes = (turn: Turn | undefined) => /\byes\b/i.test(turn?.text ?? "");

/** Calls about an appointment, and records the call to a WAV file. */
export function appointmentAgent(recording: string) {
  return defineAgent({
    name: "appointment",
    async onAnswer({ session }) {
      await session.record(recording);
      session.converse({
        greeting: "Hello, this is the Riverside Dental clinic.",
        model: receptionist,
        voice: offlineVoice(),
        // Knows what will be said, so that the example needs no key; real ones listen.
        transcriber: scriptedTranscriber([
          "Sorry, who is calling please?",
          "Yes, that works for me. Thank you.",
        ]),
        filler: { afterMs: 1_200, lines: ["One moment please."] },
        inactivity: { afterMs: 6_000, prompts: [{ from: "model" }] },
      });
    },
  });
}
