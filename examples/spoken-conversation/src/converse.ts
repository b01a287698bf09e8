import { createCalls } from "@offhook/agent";
import { type CallOutcome, createSipCarrier } from "@offhook/session";
import { startLoopbackCarrier } from "@offhook/session/testing";
import { appointmentAgent } from "./agent.js";

const NUMBER = "+12025550100";

export interface Conversation {
  /** Who said what, in order. */
  readonly turns: readonly string[];
  readonly outcome: CallOutcome;
  readonly longestDeadAirMs: number;
  /** From the end of each user turn to the agent's answer. */
  readonly responseMs: readonly number[];
}

/**
 * Two voices talk over real SIP and RTP on this machine. `recording` is a new WAV file: the callee on
 * the left, the agent on the right.
 */
export async function converse(recording: string): Promise<Conversation> {
  const loopback = await startLoopbackCarrier({
    numbers: [
      {
        number: NUMBER,
        callee: "asks back, agrees",
        script: (callee) =>
          callee
            .ring({ durationMs: 300 })
            .answer()
            .hearOut()
            .speak("conversation_question")
            .hearOut()
            .speak("conversation_agree")
            .stayOn(),
      },
    ],
  });
  const calls = createCalls({
    carrier: createSipCarrier({ trunk: { uri: loopback.uri } }),
    agent: appointmentAgent(recording),
  });
  try {
    const turns: string[] = [];
    const { session, ended } = calls.dial({ to: NUMBER });
    session.on("user_turn", ({ text }) => turns.push(`user:  ${text}`));
    session.on("agent_turn", ({ text }) => turns.push(`agent: ${text}`));
    const outcome = await ended;
    const { longestDeadAirMs, responseMs } = session.metrics;
    return { turns, outcome, longestDeadAirMs, responseMs };
  } finally {
    await calls.close();
    await loopback.close();
  }
}
