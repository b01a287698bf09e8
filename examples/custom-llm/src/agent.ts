import { defineAgent, offlineVoice } from "@offhook/agent";
import { retellLlm } from "@offhook/agent/retell-llm";
import { scriptedTranscriber } from "@offhook/agent/testing";

/** Talks as the server behind `url` says. */
export function customAgent(url: string) {
  return defineAgent({
    name: "custom-llm",
    onAnswer({ session }) {
      session.converse({
        model: retellLlm({ url }),
        // Needs no key and no network; a real agent has a transcriber and a voice of its vendor's.
        transcriber: scriptedTranscriber(["Yes, that works for me. Thank you."]),
        voice: offlineVoice(),
      });
    },
  });
}
