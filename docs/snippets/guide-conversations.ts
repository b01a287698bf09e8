// #region converse
import { defineAgent, languageModel, offlineVoice, type Transcriber } from "@offhook/agent";

const model = languageModel(async function* ({ cause, turns }) {
  if (cause === "silence") {
    yield "Are you still there?";
    return;
  }
  const said = turns.at(-1)?.text ?? "";
  if (/bye/i.test(said)) {
    yield "Goodbye. ";
    yield { type: "end_call" };
    return;
  }
  yield `You said: ${said}. `;
});

export function talker(transcriber: Transcriber) {
  return defineAgent({
    name: "talker",
    onAnswer({ session }) {
      session.on("user_turn", ({ text }) => console.log("user:", text));
      session.on("agent_turn", ({ text, playedMs }) => console.log("agent:", text, playedMs));
      session.converse({
        transcriber,
        model,
        voice: offlineVoice(),
        greeting: "Hello, this is Riverside Dental.",
        inactivity: { afterMs: 8_000, prompts: [{ from: "model" }] },
      });
    },
  });
}
// #endregion

// #region transcriber
export const loudness: Transcriber = {
  open(listener) {
    let loud = false;
    return {
      push({ data }) {
        const peak = data.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
        if (loud && peak < 500) listener.onTranscript({ text: "something", final: true });
        loud = peak > 2_000 || (loud && peak >= 500);
      },
      close() {},
    };
  },
};

// #endregion

// #region livekit
import { voice } from "@livekit/agents";
import { liveKitSession, runLiveKitAgent } from "@offhook/agent/livekit-agents";

export function liveKit(plugins: voice.AgentSessionOptions) {
  return defineAgent({
    name: "livekit",
    async onAnswer({ session }) {
      await runLiveKitAgent(session, {
        session: liveKitSession(plugins),
        agent: new voice.Agent({ instructions: "Remind the caller of the appointment." }),
      });
    },
  });
}

// #endregion

// #region custom llm
import { retellLlm } from "@offhook/agent/retell-llm";

export function custom(transcriber: Transcriber) {
  return defineAgent({
    name: "custom-llm",
    onAnswer({ session }) {
      session.converse({
        model: retellLlm({ url: "wss://llm.example.com/socket" }),
        transcriber,
        voice: offlineVoice(),
      });
    },
  });
}

// #endregion

// #region realtime
import { openAiRealtime } from "@offhook/agent/openai-realtime";

export const realtime = defineAgent({
  name: "realtime",
  onAnswer({ session }) {
    session.converseRealtime({
      model: openAiRealtime({
        apiKey: process.env["OPENAI_API_KEY"] ?? "",
        instructions: "You remind people of their appointments. Be brief.",
        greeting: "Say hello and ask whether tomorrow at ten still works.",
      }),
      tools: {
        confirm: {
          description: "Confirms the appointment.",
          parameters: { type: "object", properties: {} },
          run: async () => ({ confirmed: true }),
        },
      },
    });
  },
});
// #endregion
