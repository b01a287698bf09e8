import type { CallOutcome, SessionEvents } from "@offhook/session";
import { type CalleeScript, loadClip, simulateCarrier } from "@offhook/session/testing";
import { describe, expect, it } from "vitest";
import type { AgentSession } from "../agent-session.js";
import { createCalls } from "../calls.js";
import { defineAgent } from "../define-agent.js";
import { hummingVoice, scriptedModel, scriptedTranscriber } from "../testing/fake-ports.js";
import type { ConversationOptions } from "./options.js";
import { languageModel, type ReplyRequest, type Voice } from "./ports.js";

const clipMs = (name: Parameters<typeof loadClip>[0]) => loadClip(name).samplesPerChannel / 8;

type Told = { [Name in keyof SessionEvents]?: SessionEvents[Name][] };

interface Held {
  readonly outcome: CallOutcome;
  readonly told: Told;
  readonly session: AgentSession;
  readonly carrier: ReturnType<typeof simulateCarrier>;
}

/** Places one call whose agent holds a conversation, and sees it through. */
async function hold(
  callee: CalleeScript,
  options: Partial<ConversationOptions>,
  during: (session: AgentSession) => void | Promise<void> = () => {},
): Promise<Held> {
  const carrier = simulateCarrier(callee);
  const told: Told = {};
  const names = ["user_turn", "agent_turn", "interruption", "silence", "fault"] as const;
  const agent = defineAgent({
    name: "talker",
    setup({ session }) {
      for (const name of names)
        session.on(name, (event) => {
          told[name] = [...(told[name] ?? []), event] as never;
        });
    },
    async onAnswer({ session }) {
      session.converse({
        transcriber: scriptedTranscriber(["Yes, that works."]),
        model: scriptedModel(["Good."]),
        voice: hummingVoice(),
        ...options,
      });
      await during(session);
    },
  });
  const call = createCalls({ carrier, agent }).dial({ to: "+12025550100" });
  const outcome = await carrier.clock.runUntil(call.ended);
  expect(carrier.clock.pendingTimers).toBe(0);
  return { outcome, told, session: call.session, carrier };
}

const codes = (told: Told) => told.fault?.map(({ fault }) => fault.code) ?? [];

describe("a conversation", () => {
  it("greets, hears a turn, answers it, and keeps what was said by whom", async () => {
    const asked: ReplyRequest[] = [];
    const { told, carrier, session } = await hold(
      (callee) =>
        callee
          .answer()
          .silence({ durationMs: 2_000 })
          .speak("conversation_agree")
          .silence({ durationMs: 3_000 })
          .hangUp(),
      {
        greeting: "Does ten o'clock work?",
        model: scriptedModel(["Good. See you then."], (request) => asked.push(request)),
      },
    );
    expect(told.user_turn?.map(({ text }) => text)).toEqual(["Yes, that works."]);
    expect(told.agent_turn?.map(({ text }) => text)).toEqual([
      "Does ten o'clock work?",
      "Good. See you then.",
    ]);
    expect(asked[0]?.turns).toEqual([
      { role: "agent", text: "Does ten o'clock work?" },
      { role: "user", text: "Yes, that works." },
    ]);
    expect(carrier.heard().stretches).toHaveLength(2);
    expect(session.metrics).toMatchObject({ userTurns: 1, agentTurns: 2, interruptions: 0 });
  });

  it("answers within a packet of the moment the turn was known to be over", async () => {
    const quietMs = 400;
    const { carrier } = await hold(
      (callee) =>
        callee.answer().speak("conversation_agree").silence({ durationMs: 3_000 }).hangUp(),
      {},
    );
    const spokeUntilMs = clipMs("conversation_agree");
    const [answer] = carrier.heard().stretches;
    // The clip ends quietly, so its audible end may be earlier.
    expect(answer?.fromMs).toBeGreaterThan(spokeUntilMs - 200);
    expect(answer?.fromMs).toBeLessThanOrEqual(spokeUntilMs + quietMs + 40);
  });

  it("falls silent when the user speaks over it, and remembers only what was heard", async () => {
    const { told, carrier } = await hold(
      (callee) =>
        callee
          .answer()
          .silence({ durationMs: 2_000 })
          .speak("conversation_question")
          .silence({ durationMs: 4_000 })
          .hangUp(),
      {
        greeting:
          "This is a very long greeting that nobody ever wants to hear in full length today.",
        transcriber: scriptedTranscriber(["Who is calling?"]),
        bargeInMs: 0,
      },
    );
    const [greeting] = told.agent_turn ?? [];
    expect(greeting?.text).toMatch(/^This is a very long greeting/);
    expect(greeting?.text).not.toContain("today");
    expect(told.interruption).toHaveLength(1);
    expect(told.interruption?.[0]?.playedMs).toBe(greeting?.playedMs);
    // Voice activity takes a moment to be sure; then nothing more is heard.
    const heard = carrier.heard().stretches[0];
    expect(heard?.toMs).toBeLessThan(2_500);
    expect(told.agent_turn?.[1]?.text).toBe("Good.");
  });

  it("finishes what may not be interrupted, and answers the turn afterwards", async () => {
    const { told } = await hold(
      (callee) =>
        callee
          .answer()
          .silence({ durationMs: 500 })
          .speak("conversation_question")
          .silence({ durationMs: 9_000 })
          .hangUp(),
      { transcriber: scriptedTranscriber(["Who is calling?"]) },
      (session) =>
        void session.say("This call may be recorded for quality purposes.", {
          interruptible: false,
        }),
    );
    expect(told.agent_turn?.map(({ text }) => text)).toEqual([
      "This call may be recorded for quality purposes.",
      "Good.",
    ]);
    expect(told.interruption).toBeUndefined();
  });

  it("prompts a silent user, then hangs up and says why", async () => {
    const { outcome, told } = await hold((callee) => callee.answer().stayOn(), {
      greeting: "Hello.",
      inactivity: { afterMs: 5_000, prompts: ["Are you there?", { from: "model" }] },
      model: scriptedModel(["Hello, anybody?"]),
    });
    expect(told.agent_turn?.map(({ text }) => text)).toEqual([
      "Hello.",
      "Are you there?",
      "Hello, anybody?",
    ]);
    expect(told.silence).toHaveLength(3);
    expect(outcome).toMatchObject({
      endReason: "AGENT_HUNG_UP_SILENCE_DETECTED",
      finalState: "ended",
    });
  });

  it("fills the wait for a slow model, and tells that it was late", async () => {
    const { told, carrier } = await hold(
      (callee) =>
        callee.answer().speak("conversation_agree").silence({ durationMs: 8_000 }).hangUp(),
      {
        filler: { afterMs: 800, lines: ["One moment please."] },
        model: languageModel(async function* (_request, { clock }) {
          await new Promise<void>((resolve) => clock.setTimeout(resolve, 3_000));
          yield "Done.";
        }),
      },
    );
    expect(carrier.heard().stretches).toHaveLength(2);
    expect(told.agent_turn?.map(({ text }) => text)).toEqual(["Done."]);
    expect(codes(told)).toEqual(["MODEL_LATE"]);
  });

  it("does what the model asks for once the words before it were heard", async () => {
    const { outcome, carrier } = await hold(
      (callee) => callee.answer().speak("conversation_agree").stayOn(),
      {
        model: scriptedModel([
          [
            "Please hold the line. Goodbye.",
            { type: "send_dtmf", digits: "42" },
            { type: "end_call" },
          ],
        ]),
      },
    );
    expect(outcome.endReason).toBe("AGENT_HUNG_UP");
    expect(carrier.heard().digits).toBe("42");
    const [first] = carrier.heard().digitTimes;
    expect(first?.atMs).toBeGreaterThanOrEqual(carrier.heard().stretches[0]?.toMs ?? Infinity);
  });
});

describe("faults of the ports", () => {
  const talkative: CalleeScript = (callee) => callee.answer().speak("conversation_agree").stayOn();

  it("asks a model that threw once more, and goes on", async () => {
    let asked = 0;
    const { told, outcome } = await hold(
      (callee) =>
        callee.answer().speak("conversation_agree").silence({ durationMs: 3_000 }).hangUp(),
      {
        model: languageModel(async function* () {
          if (++asked === 1) throw new Error("503 from upstream");
          yield "Here I am.";
        }),
      },
    );
    expect(codes(told)).toEqual(["MODEL_FAILED"]);
    expect(told.agent_turn?.map(({ text }) => text)).toEqual(["Here I am."]);
    expect(outcome.endReason).toBe("USER_HUNG_UP_IN_CALL");
  });

  it.each([
    [
      "throws",
      () =>
        languageModel(async function* () {
          yield await Promise.reject(new Error("no"));
        }),
      "MODEL_FAILED",
    ],
    [
      "stalls",
      () =>
        languageModel(async function* () {
          yield await new Promise<string>(() => {});
        }),
      "MODEL_STALLED",
    ],
    [
      "cannot be opened",
      () => ({
        open() {
          throw new Error("no key");
        },
      }),
      "MODEL_FAILED",
    ],
  ] as const)("says a line and ends as LLM_ERROR when the model %s", async (_how, model, code) => {
    const { told, outcome, carrier } = await hold(talkative, { model: model() });
    expect(outcome.endReason).toBe("LLM_ERROR");
    expect(codes(told)).toContain(code);
    expect(carrier.heard().audibleMs).toBeGreaterThan(3_000);
  });

  const brokenVoice: Voice = {
    async *speak() {
      yield await Promise.reject(new Error("quota exceeded"));
    },
  };
  const hangingVoice: Voice = {
    async *speak() {
      yield await new Promise<never>(() => {});
    },
  };
  it.each([
    ["throws", brokenVoice, "VOICE_FAILED"],
    ["stalls", hangingVoice, "VOICE_STALLED"],
  ])("plays a recorded line and ends as TTS_ERROR when the voice %s", async (_how, voice, code) => {
    const { told, outcome, carrier } = await hold(talkative, { voice });
    expect(outcome.endReason).toBe("TTS_ERROR");
    expect(codes(told)).toEqual([code, code, code]);
    expect(carrier.heard().audibleMs).toBeGreaterThan(2_000);
  });

  it("opens a broken transcriber again, and ends as ASR_ERROR when it breaks again", async () => {
    let opened = 0;
    const { told, outcome, carrier } = await hold((callee) => callee.answer().stayOn(), {
      transcriber: {
        open({ onFailure }, { clock }) {
          opened++;
          clock.setTimeout(() => onFailure(new Error("socket closed")), 1_000);
          return { push() {}, close() {} };
        },
      },
    });
    expect(opened).toBe(2);
    expect(outcome.endReason).toBe("ASR_ERROR");
    expect(codes(told)).toEqual(["TRANSCRIBER_FAILED", "TRANSCRIBER_FAILED"]);
    expect(carrier.heard().audibleMs).toBeGreaterThan(2_000);
  });

  it("asks again when speech brings no text, and ends as ASR_ERROR when that goes on", async () => {
    const { told, outcome } = await hold(
      (callee) =>
        callee
          .answer()
          .speak("business_greeting")
          .silence({ durationMs: 10_000 })
          .speak("business_greeting")
          .silence({ durationMs: 10_000 })
          .speak("business_greeting")
          .stayOn(),
      { transcriber: scriptedTranscriber([]), reprompt: "Pardon?", inactivity: false },
    );
    expect(told.agent_turn?.map(({ text }) => text)).toEqual(
      ["Pardon?", "Pardon?", expect.any(String)].slice(0, told.agent_turn?.length),
    );
    expect(codes(told)).toEqual([
      "TRANSCRIBER_STALLED",
      "TRANSCRIBER_STALLED",
      "TRANSCRIBER_STALLED",
    ]);
    expect(outcome.endReason).toBe("ASR_ERROR");
  });

  it("survives ports that throw from wherever they can", async () => {
    const { outcome } = await hold(
      (callee) => callee.answer().speak("conversation_agree").stayOn(),
      {
        transcriber: {
          open: () => ({
            push() {
              throw new Error("push");
            },
            close() {
              throw new Error("close");
            },
          }),
        },
        model: {
          open: () => ({
            reply() {
              throw new Error("reply");
            },
            onTurn() {
              throw new Error("onTurn");
            },
            close() {
              throw new Error("close");
            },
          }),
        },
      },
    );
    expect(outcome.endReason).toBe("ASR_ERROR");
  });
});

describe("what a conversation refuses", () => {
  it("to begin before the call is up, beside another one, or with numbers out of range", async () => {
    const codes: unknown[] = [];
    const attempt = (work: () => unknown) => {
      try {
        work();
      } catch (thrown) {
        codes.push((thrown as { code?: string }).code);
      }
    };
    const ports = {
      transcriber: scriptedTranscriber([]),
      model: scriptedModel([""]),
      voice: hummingVoice(),
    };
    const carrier = simulateCarrier((callee) => callee.answer().stayOn());
    const agent = defineAgent({
      name: "refused",
      setup: ({ session }) => attempt(() => session.converse(ports)),
      async onAnswer({ session }) {
        attempt(() => session.converse({ ...ports, endOfTurnMs: -1 }));
        const first = session.converse(ports);
        attempt(() => session.converse(ports));
        first.close();
        attempt(() => session.converse(ports).close());
        await session.say("Hello.").catch((error: { code?: string }) => codes.push(error.code));
        await session.end();
      },
    });
    await carrier.clock.runUntil(
      createCalls({ carrier, agent }).dial({ to: "+12025550100" }).ended,
    );
    expect(codes).toEqual(["CALL_NOT_ACTIVE", "INVALID_OPTION", "WRONG_STATE", "INVALID_OPTION"]);
    expect(carrier.clock.pendingTimers).toBe(0);
  });
});
