import type { CallOutcome, SessionEvents } from "@offhook/session";
import { type CalleeScript, simulateCarrier } from "@offhook/session/testing";
import { afterEach, describe, expect, it } from "vitest";
import { createCalls } from "../../calls.js";
import type { RealtimeOptions } from "../../conversation/realtime/realtime-conversation.js";
import { defineAgent } from "../../define-agent.js";
import {
  type RealtimeDouble,
  type RealtimeDoubleOptions,
  startRealtimeDouble,
} from "../../testing/openai-realtime-double.js";
import { type OpenAiRealtimeOptions, openAiRealtime } from "./openai-realtime.js";

const cleanUps: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const step of cleanUps.splice(0).reverse()) await step();
});

interface Options {
  readonly double?: RealtimeDoubleOptions;
  readonly model?: Partial<OpenAiRealtimeOptions>;
  readonly realtime?: Partial<RealtimeOptions>;
  readonly sampleRate?: 8_000 | 24_000;
  readonly during?: (double: RealtimeDouble) => void;
}

/** One call with the bridge against the double; virtual time moves a little whenever real time does. */
async function call(callee: CalleeScript, options: Options = {}) {
  const double = await startRealtimeDouble(options.double);
  cleanUps.push(() => double.close());
  const { sampleRate = 8_000 } = options;
  const carrier = simulateCarrier(callee, { sampleRate });
  const agentTurns: SessionEvents["agent_turn"][] = [];
  const userTurns: string[] = [];
  const interruptions: SessionEvents["interruption"][] = [];
  const agent = defineAgent({
    name: "realtime",
    setup({ session }) {
      session.on("agent_turn", (turn) => void agentTurns.push(turn));
      session.on("user_turn", ({ text }) => void userTurns.push(text ?? ""));
      session.on("interruption", (event) => void interruptions.push(event));
    },
    onAnswer({ session }) {
      session.converseRealtime({
        model: openAiRealtime({ apiKey: "test-key", url: double.url, ...options.model }),
        ...options.realtime,
      });
      options.during?.(double);
    },
  });
  const placed = createCalls({ carrier, agent }).dial({ to: "+12025550100" });
  let outcome: CallOutcome | undefined;
  void placed.ended.then((ended) => {
    outcome = ended;
  });
  while (!outcome) {
    await carrier.clock.advanceBy(20);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return { outcome, double, carrier, agentTurns, userTurns, interruptions };
}

const types = ({ events }: RealtimeDouble) => events.map(({ type }) => type);

describe("OpenAI Realtime", () => {
  it("sets up G.711 µ-law, hears the caller, answers, and tells both turns", async () => {
    const { outcome, double, agentTurns, userTurns, carrier } = await call(
      (callee) =>
        callee.answer().speak("conversation_agree").silence({ durationMs: 4_000 }).hangUp(),
      { double: { answers: ["Good morning."], heard: ["Yes, that works."] } },
    );
    expect(double.events[0]).toMatchObject({
      type: "session.update",
      session: {
        audio: {
          input: { format: { type: "audio/pcmu" } },
          output: { format: { type: "audio/pcmu" }, voice: "marin" },
        },
      },
    });
    expect(userTurns).toEqual(["Yes, that works."]);
    expect(agentTurns).toMatchObject([{ text: "Good morning.", playedMs: 780 }]);
    expect(carrier.heard().audibleMs).toBeGreaterThan(700);
    expect(double.audioInMs).toBeGreaterThan(4_000);
    expect(outcome).toMatchObject({ endReason: "USER_HUNG_UP_IN_CALL", errors: [] });
  });

  it("works on a call with a sample rate of its own", async () => {
    const { agentTurns, double, outcome } = await call(
      (callee) =>
        callee.answer().speak("conversation_agree").silence({ durationMs: 3_000 }).hangUp(),
      { sampleRate: 24_000 },
    );
    expect(agentTurns).toHaveLength(1);
    expect(double.audioInMs).toBeLessThan(6_000);
    expect(outcome.errors).toEqual([]);
  });

  it("tells the model to the millisecond how much the interrupting user heard", async () => {
    const { double, interruptions, agentTurns, carrier, outcome } = await call(
      (callee) =>
        callee
          .answer()
          .silence({ durationMs: 2_500 })
          .speak("conversation_question")
          .silence({ durationMs: 3_000 })
          .hangUp(),
      {
        model: { greeting: "Greet the caller." },
        double: {
          answers: [
            `This is a very long greeting that goes on${" and on".repeat(40)} for ever.`,
            "Sorry.",
          ],
        },
      },
    );
    expect(types(double)).toEqual([
      "session.update",
      "response.create",
      "conversation.item.truncate",
    ]);
    const truncate = double.events[2];
    expect(interruptions).toHaveLength(1);
    expect(truncate?.["audio_end_ms"]).toBeCloseTo(interruptions[0]?.playedMs ?? 0, -1);
    const [greeting] = carrier.heard().stretches;
    const heardMs = (greeting?.toMs ?? 0) - (greeting?.fromMs ?? 0);
    expect(Math.abs(heardMs - Number(truncate?.["audio_end_ms"]))).toBeLessThanOrEqual(20);
    expect(agentTurns[0]?.text).toMatch(/^This is a very long/);
    expect(agentTurns[0]?.text).not.toContain("for ever");
    expect(agentTurns[1]?.text).toBe("Sorry.");
    // The double refuses a truncation beyond what it sent.
    expect(outcome.errors).toEqual([]);
  });

  it("runs the tool the model asks for and hands back its result", async () => {
    const asked: unknown[] = [];
    const { double, agentTurns } = await call(
      (callee) =>
        callee.answer().speak("conversation_question").silence({ durationMs: 3_000 }).hangUp(),
      {
        double: { answers: [{ call: "book", arguments: { hour: 10 } }, "Booked."] },
        realtime: {
          tools: {
            book: {
              description: "Books an appointment.",
              parameters: { type: "object", properties: { hour: { type: "integer" } } },
              run: async (args) => {
                asked.push(args);
                return { booked: true };
              },
            },
          },
        },
      },
    );
    expect(asked).toEqual([{ hour: 10 }]);
    expect(double.events).toContainEqual({
      type: "conversation.item.create",
      item: {
        type: "function_call_output",
        call_id: expect.any(String),
        output: '{"booked":true}',
      },
    });
    expect(agentTurns.map(({ text }) => text)).toEqual(["Booked."]);
  });

  it("tells the model of a tool that throws, and keeps what it threw to itself", async () => {
    const { double, outcome } = await call(
      (callee) =>
        callee.answer().speak("conversation_question").silence({ durationMs: 3_000 }).hangUp(),
      {
        double: { answers: [{ call: "book", arguments: {} }, "Sorry."] },
        realtime: {
          tools: {
            book: {
              description: "Fails.",
              parameters: {},
              run: () => Promise.reject(new Error("secret of the database")),
            },
          },
        },
      },
    );
    expect(JSON.stringify(double.events)).not.toContain("secret");
    expect(outcome.errors).toMatchObject([{ code: "HOOK_THREW", where: "tool:book" }]);
  });

  it.each([
    ["nobody answers", { model: { url: "ws://127.0.0.1:1/v1/realtime" } }],
    [
      "the connection breaks",
      { during: (double: RealtimeDouble) => void setTimeout(() => double.drop(), 30) },
    ],
  ] as [string, Options][])("plays a line and ends as LLM_ERROR when %s", async (_how, options) => {
    const { outcome, carrier } = await call((callee) => callee.answer().stayOn(), options);
    expect(outcome.endReason).toBe("LLM_ERROR");
    expect(outcome.errors[0]?.code).toBe("REALTIME_FAILED");
    expect(carrier.heard().audibleMs).toBeGreaterThan(2_000);
    expect(carrier.clock.pendingTimers).toBe(0);
  });

  it("refuses options that cannot be right", () => {
    expect(() => openAiRealtime({ apiKey: "" })).toThrow(/apiKey/);
    expect(() => openAiRealtime({ apiKey: "k", url: "https://x.example" })).toThrow(/ws: or wss:/);
  });
});
