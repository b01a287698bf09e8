import { voice } from "@livekit/agents";
import { defineAgent, offlineVoice } from "@offhook/agent";
import {
  asLiveKitLlm,
  asLiveKitStt,
  asLiveKitTts,
  liveKitSession,
  runLiveKitAgent,
} from "@offhook/agent/livekit-agents";
import { scriptedModel, scriptedTranscriber } from "@offhook/agent/testing";

/** A LiveKit agent as its documentation shows it; `onClosed` is told when its session is gone. */
export function reminderAgent(onClosed: () => void) {
  return defineAgent({
    name: "livekit-reminder",
    async onAnswer({ session }) {
      const liveKit = liveKitSession({
        // Any of LiveKit's plugins go here; these need no key and no network.
        stt: asLiveKitStt(scriptedTranscriber(["Yes, that works for me. Thank you."])),
        llm: asLiveKitLlm(scriptedModel(["Wonderful, see you tomorrow."])),
        tts: asLiveKitTts(offlineVoice()),
        vad: null,
        turnHandling: { turnDetection: "stt" },
      });
      const run = await runLiveKitAgent(session, {
        session: liveKit,
        agent: new voice.Agent({ instructions: "Remind the caller of the appointment." }),
      });
      void run.closed.then(onClosed);
      await liveKit.say("Does tomorrow at ten o'clock still work for you?").waitForPlayout();
    },
  });
}
