import { type AnswerContext, languageModel, type Transcriber } from "@offhook/agent";
import { createRoomCarrier } from "@offhook/agent/livekit-room";
import { retellLlm } from "@offhook/agent/retell-llm";
import { hummingVoice, scriptedTranscriber } from "@offhook/agent/testing";
import type { Detector } from "@offhook/detection";
import {
  type AgentEndReason,
  type AudioFrame,
  type Carrier,
  createSipCarrier,
} from "@offhook/session";
import type { MessengerOptions, TestPrompt } from "@offhook/session/dialects";
import type { Callee, CalleeScript } from "@offhook/session/testing";
import type { WebSocket } from "ws";
import { startLiveKitDouble } from "../agent/livekit-double.js";
import { besideModelServer } from "./model-server.js";
import { type PlaceScript, place, placeInRealTime, take, type Walked } from "./place.js";

const second = 1_000;
const patient = 600 * second;

/** A message of five seconds; its content does not matter. */
const message: AudioFrame = {
  data: Int16Array.from({ length: 40_000 }, (_, index) => 8_000 * Math.sin(index / 3)),
  sampleRate: 8_000,
  channels: 1,
  samplesPerChannel: 40_000,
};

/** Says something before answer, or after, that no built-in detector can be asked to hear. */
const hears = (label: "announcement" | "ivr", kind: string): Detector => ({
  name: "test-ear",
  create: ({ report }) => ({
    onFrame: () => report({ label, kind, confidence: 0.95, rule: "told-by-the-test" }),
  }),
});

const rings = (callee: Callee) => callee.ring({ durationMs: 2 * second });
const picksUp = (callee: Callee) => rings(callee).answer().speak("hello");

/** Leaves its message once it knows that it has reached a machine, and hangs up. */
async function leaveMessage({ session, signal }: AnswerContext): Promise<void> {
  await session.detected(["voicemail"], { timeoutMs: 20 * second, signal });
  const { complete } = await session.play(message, { signal, message: "reminder" });
  if (complete) await session.end();
}

const endsWith = (reason?: AgentEndReason): PlaceScript => ({
  callee: (callee) => picksUp(callee).stayOn(),
  agent: { onAnswer: ({ session }) => session.end(reason ? { reason } : {}) },
});

const refused = (status: number): PlaceScript => ({
  callee: (callee) => rings(callee).reject(status),
});

/** The network plays an announcement before answer and then refuses. */
const announced = (kind: string): PlaceScript => ({
  callee: (callee) =>
    callee
      .earlyMedia()
      .silence({ durationMs: 3 * second })
      .reject(480),
  agent: { detectors: [hears("announcement", kind)] },
});

/** A machine that answers, greets and then records `durationMs` of us. */
const voicemail = (callee: Callee, durationMs: number) =>
  callee
    .ring({ durationMs: 20 * second })
    .answer()
    .speak("voicemail_greeting")
    .silence({ durationMs });

/** Asks for a key, as seed 003 does, and remembers how that went. */
function testPrompt(callee: CalleeScript): PlaceScript {
  let found: TestPrompt | undefined;
  return {
    callee,
    agent: {
      async onAnswer({ session, signal }) {
        const pressed = new Promise<TestPrompt>((resolve) => {
          session.once("dtmf", () => resolve("key_pressed"));
          session.once("call_end", () => resolve("hung_up"));
          session.call.clock.setTimeout(() => resolve("no_key"), 5 * second);
        });
        await session.play(message, { signal });
        found = await pressed;
        if (found === "key_pressed") await session.play(message, { signal, message: "reminder" });
        await session.end();
      },
    },
    messenger: (): MessengerOptions => ({
      machineMessage: true,
      ...(found ? { testPrompt: found } : {}),
    }),
  };
}

/** A transcriber that cannot be reached. */
const deaf: Transcriber = {
  open() {
    throw new Error("no such host");
  },
};

/** Thinks with a custom model behind a real socket, whose server does this to whoever connects. */
function thinkingWith(onConnection: (socket: WebSocket) => void): Promise<Walked> {
  return besideModelServer(onConnection, (url) => thinkingAt(url));
}

function thinkingAt(url: string): Promise<Walked> {
  return place({
    callee: (callee) => rings(callee).answer().speak("hello").stayOn(),
    besideRealTime: true,
    // However busy the machine is, virtual time must not outrun the socket.
    limits: { userSilenceMs: patient },
    agent: {
      onAnswer({ session }) {
        session.converse({
          transcriber: scriptedTranscriber(["Hello?"]),
          model: retellLlm({ url, reconnects: 0, openTimeoutMs: patient, pingTimeoutMs: patient }),
          voice: hummingVoice(),
          inactivity: false,
          modelStallMs: patient,
        });
      },
    },
  });
}

/** A port of this machine that nobody listens on. */
async function nowhere(): Promise<string> {
  return besideModelServer(
    () => {},
    async (url) => url,
  );
}

/** A carrier with another way to place calls. */
function placing(carrier: Carrier, placeCall: Carrier["placeCall"]): Carrier {
  return {
    clock: carrier.clock,
    parseDestination: (to) => carrier.parseDestination(to),
    receiveCalls: (receiver) => carrier.receiveCalls(receiver),
    close: () => carrier.close(),
    placeCall,
  };
}

/** A carrier whose far side takes every transfer at once. */
function transferring(carrier: Carrier): Carrier {
  return placing(carrier, (request, sink) => {
    const leg = carrier.placeCall(request, sink);
    return {
      wireCallId: leg.wireCallId,
      media: leg.media,
      bye: (reason) => leg.bye(reason),
      cancel: (reason) => leg.cancel(reason),
      release: () => leg.release(),
      refer: () =>
        sink.onSignal({ type: "transfer", progress: { status: "completed", sipStatus: 200 } }),
    };
  });
}

/** A carrier that fails where it must not. */
function broken(carrier: Carrier): Carrier {
  return placing(carrier, () => {
    throw new Error("no such thing");
  });
}

const outbound = {
  "picked up, hears the whole message, hangs up": {
    callee: (callee) =>
      picksUp(callee)
        .listen({ durationMs: 12 * second })
        .hangUp(),
    agent: {
      async onAnswer({ session, signal }) {
        await session.play(message, { signal, message: "reminder" });
      },
    },
  },
  "picked up, hangs up in the middle of the message": {
    callee: (callee) => rings(callee).answer().listen({ durationMs: second }).hangUp(),
    agent: {
      async onAnswer({ session, signal }) {
        await session.play(message, { signal, message: "reminder" });
      },
    },
  },
  "picked up, the agent hangs up": endsWith(),
  "picked up, the program stops the call": {
    callee: (callee) => picksUp(callee).stayOn(),
    agent: {},
    meanwhile: (calls, callId, { clock }) =>
      clock.setTimeout(() => void calls.cancel(callId), 6 * second),
  },
  "voicemail, the message is left": {
    callee: (callee) => voicemail(callee, 60 * second).stayOn(),
    agent: { onAnswer: leaveMessage },
  },
  "voicemail, the machine hangs up in the middle of the message": {
    callee: (callee) => voicemail(callee, 5 * second).hangUp(),
    agent: { onAnswer: leaveMessage },
  },
  "voicemail, with a machine message set": {
    callee: (callee) => voicemail(callee, 60 * second).stayOn(),
    agent: { onAnswer: leaveMessage },
    messenger: () => ({ machineMessage: true }),
  },
  "asked for a key and presses one": testPrompt((callee) =>
    picksUp(callee)
      .silence({ durationMs: 2 * second })
      .pressKeys("1")
      .stayOn(),
  ),
  "asked for a key and puts the phone down": testPrompt((callee) =>
    rings(callee)
      .answer()
      .silence({ durationMs: 3 * second })
      .hangUp(),
  ),
  busy: refused(486),
  "rings out": { callee: (callee) => callee.ring() },
  declined: refused(603),
  "user unavailable after 20 s of ringing": {
    callee: (callee) => callee.ring({ durationMs: 20 * second }).reject(480),
  },
  "no such number": refused(404),
  "blocked by the carrier": refused(403),
  unwanted: refused(607),
  "routing loop": refused(482),
  "payment required": refused(402),
  "refused for no known reason": refused(499),
  "our password is refused": {
    callee: (callee) =>
      callee.challenge({ username: "u", password: "right", refuse: true }).answer(),
    credentials: { username: "u", password: "wrong" },
  },
  "provider down": refused(503),
  "no response at all": { callee: (callee) => callee.ignore() },
  "phone is off": {
    callee: (callee) => rings(callee).reject(480, { reason: { protocol: "Q.850", cause: 20 } }),
  },
  "announced as changed": announced("number_changed"),
  "announced as temporarily unavailable": announced("temporarily_unavailable"),
  "announced as not in service": announced("not_in_service"),
  "not a number": { to: "+1202" },
  "withdrawn while ringing": {
    callee: (callee) => callee.ring(),
    meanwhile: (calls, callId, { clock }) =>
      clock.setTimeout(() => void calls.cancel(callId), 3 * second),
  },
  "withdrawn before dialing": {
    agent: { setup: ({ session }) => void session.call.endAs("api") },
  },
  "created and not placed in time": {
    agent: { setup: ({ session }) => waitFor(session.call.clock, 400 * second) },
    limits: { setupMs: 500 * second },
  },
  "one call too many": {
    callee: (callee) => callee.ring(),
    runner: { maxSessions: 1 },
    afterAnother: true,
  },
  "more calls than the rate allows": {
    callee: (callee) => callee.ring(),
    runner: { permitsPerMinute: 1 },
    afterAnother: true,
  },
  "never stops talking": {
    callee: (callee) => picksUp(callee).talkOn(),
    limits: { maxDurationMs: 60 * second },
  },
  "says hello and falls silent": { callee: (callee) => picksUp(callee).stayOn() },
  "audio stops for good": {
    callee: (callee) => picksUp(callee).mute(),
    limits: { userSilenceMs: 600 * second },
  },
  "audio never starts": {
    callee: (callee) => rings(callee).answer().mute(),
    limits: { userSilenceMs: 600 * second },
  },
  "a menu answers": {
    callee: (callee) => rings(callee).answer().speak("ivr_menu").stayOn(),
    agent: {
      hangUpOn: ["ivr"],
      detectors: [hears("ivr", "menu")],
    },
  },
  "a scam": endsWith("AGENT_HUNG_UP_SCAM_DETECTED"),
  "transferred to somebody else": {
    callee: (callee) => picksUp(callee).stayOn(),
    over: transferring,
    agent: {
      onAnswer: async ({ session }) => void (await session.transfer("+12025550111")),
    },
  },
  "the transcriber fails": {
    callee: (callee) => picksUp(callee).stayOn(),
    agent: {
      onAnswer({ session }) {
        session.converse({
          transcriber: deaf,
          model: languageModel(async function* () {}),
          voice: hummingVoice(),
        });
      },
    },
  },
  "offhook itself fails": { over: broken },
} as const satisfies Record<string, PlaceScript>;

/** A call over a real trunk that is gone, and was asked whether it is there before. */
async function deadTrunk(): Promise<Walked> {
  const gone = createSipCarrier({ listen: ["udp:127.0.0.1:0"] });
  const [address] = (await gone.ready()).addresses;
  await gone.close();
  const carrier = createSipCarrier({
    trunk: { uri: `sip:127.0.0.1:${address?.port}`, healthCheckMs: 5 * second },
  });
  await new Promise<void>((resolve) => {
    carrier.health?.onChange(({ status }) => {
      if (status === "down") resolve();
    });
  });
  return placeInRealTime(carrier, "+12025550100");
}

/** A web call in a room of a LiveKit server's double, with nobody else in it. */
async function emptyRoom(): Promise<Walked> {
  const server = await startLiveKitDouble();
  try {
    const { url } = server;
    const carrier = createRoomCarrier({ url, token: () => server.tokenFor("agent"), joinMs: 200 });
    return await placeInRealTime(carrier, "room:lobby");
  } finally {
    await server.close();
  }
}

const others = {
  "nobody joins the web call": emptyRoom,
  "the model's socket does not open": async () => thinkingAt(await nowhere()),
  "the model's socket drops": () => thinkingWith((socket) => socket.terminate()),
  "the model's server fails": () => thinkingWith((socket) => socket.close(1_011)),
  "the model's server talks nonsense": () => thinkingWith((socket) => socket.send("nonsense")),
  "a caller talks and hangs up": () =>
    take((caller) =>
      caller
        .speak("hello")
        .listen({ durationMs: 2 * second })
        .hangUp(),
    ),
  "the trunk failed its check": deadTrunk,
  "a caller too many": () => take((caller) => caller.stayOn(), {}, { afterAnother: true }),
  "a caller whose agent fails": () =>
    take((caller) => caller.stayOn(), {
      onAnswer() {
        throw new Error("broken");
      },
    }),
} as const satisfies Record<string, () => Promise<Walked>>;

export type ScenarioName = keyof typeof outbound | keyof typeof others;

/** Makes the call of that name. */
export function walk(name: ScenarioName): Promise<Walked> {
  if (Object.hasOwn(others, name)) return others[name as keyof typeof others]();
  return place(outbound[name as keyof typeof outbound]);
}

function waitFor(clock: Carrier["clock"], ms: number): Promise<void> {
  return new Promise((resolve) => void clock.setTimeout(resolve, ms));
}
