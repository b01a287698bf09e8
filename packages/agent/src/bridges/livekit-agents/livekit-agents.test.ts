import { initializeLogger, voice } from "@livekit/agents";
import { dispose } from "@livekit/rtc-node";
import type { CallOutcome } from "@offhook/session";
import { type CalleeScript, simulateCarrier } from "@offhook/session/testing";
import { afterAll, describe, expect, it } from "vitest";
import type { AgentSession } from "../../agent-session.js";
import { createCalls } from "../../calls.js";
import { languageModel } from "../../conversation/ports.js";
import { defineAgent } from "../../define-agent.js";
import { hummingVoice, scriptedModel, scriptedTranscriber } from "../../testing/fake-ports.js";
import { asLiveKitLlm, asLiveKitStt, asLiveKitTts } from "./livekit-ports.js";
import { liveKitSession, runLiveKitAgent } from "./run-livekit-agent.js";

initializeLogger({ pretty: false, level: "silent" });
// Without it the process never exits: the native client keeps it open.
afterAll(() => dispose());

type Session = voice.AgentSession<unknown>;

interface Parts {
  readonly heard?: readonly string[];
  readonly answers?: readonly string[];
  readonly broken?: boolean;
}

function session({ heard = ["Hello?"], answers = ["Good day."], broken = false }: Parts): Session {
  return liveKitSession({
    vad: null,
    turnHandling: { turnDetection: "stt", endpointing: { minDelay: 0, maxDelay: 50 } },
    connOptions: {
      maxUnrecoverableErrors: 0,
      llmConnOptions: { maxRetry: 0, retryIntervalMs: 1, timeoutMs: 1_000 },
    },
    stt: asLiveKitStt(scriptedTranscriber(heard)),
    llm: asLiveKitLlm(
      broken
        ? languageModel(async function* () {
            yield await Promise.reject(new Error("no key"));
          })
        : scriptedModel(answers),
    ),
    tts: asLiveKitTts(hummingVoice({ msPerCharacter: 20 })),
  });
}

/** One call with a LiveKit agent on it. LiveKit lives in real time, so virtual time follows it. */
async function call(
  callee: CalleeScript,
  parts: Parts = {},
  during: (liveKit: Session, session: AgentSession) => void | Promise<void> = () => {},
) {
  const carrier = simulateCarrier(callee);
  const liveKit = session(parts);
  const turns: string[] = [];
  const closes: string[] = [];
  let closed: Promise<void> | undefined;
  liveKit.on(voice.AgentSessionEventTypes.Close, ({ reason }) => void closes.push(reason));
  const agent = defineAgent({
    name: "livekit",
    detectors: [],
    setup({ session }) {
      session.on("user_turn", ({ text }) => void turns.push(`user: ${text}`));
      session.on("agent_turn", ({ text }) => void turns.push(`agent: ${text}`));
    },
    async onAnswer({ session }) {
      const run = await runLiveKitAgent(session, {
        session: liveKit,
        agent: new voice.Agent({ instructions: "Be brief." }),
      });
      closed = run.closed;
      await during(liveKit, session);
    },
  });
  const placed = createCalls({ carrier, agent }).dial({ to: "+12025550100" });
  let outcome: CallOutcome | undefined;
  void placed.ended.then((ended) => {
    outcome = ended;
  });
  for (let lastAt = performance.now(); !outcome; ) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const now = performance.now();
    // Once LiveKit is gone, nothing lives in real time any more.
    await carrier.clock.advanceBy(closes.length > 0 ? 500 : now - lastAt);
    lastAt = now;
  }
  await closed;
  return { outcome, carrier, turns, closes, session: placed.session };
}

describe("a LiveKit agent on a SIP leg", () => {
  it("hears the caller, answers, and closes when the caller hangs up", async () => {
    const { outcome, turns, closes, carrier } = await call((callee) =>
      callee.answer().speak("hello").silence({ durationMs: 900 }).hangUp(),
    );
    expect(turns).toEqual(["user: Hello?", "agent: Good day."]);
    expect(carrier.heard().audibleMs).toBeGreaterThan(100);
    expect(outcome).toMatchObject({ endReason: "USER_HUNG_UP_IN_CALL", errors: [] });
    expect(closes).toEqual([voice.CloseReason.PARTICIPANT_DISCONNECTED]);
  });

  it("ends the call when the session is closed", async () => {
    const { outcome, closes } = await call(
      (callee) => callee.answer().stayOn(),
      {},
      (liveKit) => liveKit.shutdown({ drain: false }),
    );
    expect(outcome).toMatchObject({ endReason: "AGENT_HUNG_UP", errors: [] });
    expect(closes).toEqual([voice.CloseReason.USER_INITIATED]);
  });

  it("closes although it was in the middle of a long sentence when the caller hung up", async () => {
    const { outcome, closes } = await call(
      (callee) => callee.answer().silence({ durationMs: 600 }).hangUp(),
      {},
      (liveKit) => void liveKit.say("A very long sentence. ".repeat(20)),
    );
    expect(outcome).toMatchObject({ endReason: "USER_HUNG_UP_IN_CALL", errors: [] });
    expect(closes).toHaveLength(1);
  });

  it("is interrupted by the caller from the first second on", async () => {
    const interruptions: number[] = [];
    const { carrier, turns } = await call(
      (callee) =>
        callee
          .answer()
          .silence({ durationMs: 300 })
          .speak("hello")
          .silence({ durationMs: 900 })
          .hangUp(),
      {},
      (liveKit, session) => {
        session.on("interruption", ({ playedMs }) => void interruptions.push(playedMs));
        liveKit.say(`This goes on${" and on".repeat(60)}.`);
      },
    );
    expect(interruptions).toHaveLength(1);
    expect(turns).toContain("user: Hello?");
    // What LiveKit was told was heard, and what was: beside the answer, "Good day.".
    const answerMs = 9 * 20;
    expect(carrier.heard().audibleMs - answerMs - (interruptions[0] ?? 0)).toBeLessThan(40);
    expect(carrier.heard().audibleMs - answerMs - (interruptions[0] ?? 0)).toBeGreaterThan(-40);
  });

  it("plays a line and ends as LLM_ERROR when its model is beyond recovery", async () => {
    const { outcome, closes, carrier } = await call(
      (callee) => callee.answer().speak("hello").stayOn(),
      { broken: true },
    );
    expect(outcome.endReason).toBe("LLM_ERROR");
    expect(closes).toEqual([voice.CloseReason.ERROR]);
    expect(carrier.heard().audibleMs).toBeGreaterThan(2_000);
  });
});
