import { voice } from "@livekit/agents";
import { dispose } from "@livekit/rtc-node";
import { type Call, createCalls, defineAgent } from "@offhook/agent";
import { runLiveKitAgent } from "@offhook/agent/livekit-agents";
import { hummingVoice, scriptedModel } from "@offhook/agent/testing";
import { createSipCarrier } from "@offhook/session";
import { beside, type EmitRow, figure, percentile } from "../row.js";
import { type BareLiveKit, bareLiveKit, instantSession } from "./bare-livekit.js";
import { instantTranscriber } from "./instant-transcriber.js";
import { delays, startWire, type Wire } from "./wire.js";

const CONVERSATIONS = 50;
const TALK_MS = 10_000;
const PEER_SESSIONS = 10;
const LIVEKIT_SESSIONS = 20;
const nowMs = () => performance.timeOrigin + performance.now();
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** How fast agents answer and fall silent, as the wire sees it, with instant fakes for all models. */
export async function agentBench(emit: EmitRow): Promise<void> {
  try {
    const peer = await bareLiveKit(PEER_SESSIONS, 6_000);
    await conversations(emit, peer);
    await interruptions(emit);
    await liveKitSessions(emit);
  } finally {
    await dispose();
  }
}

/** Fifty conversations in which the caller speaks over every answer. */
async function conversations(emit: EmitRow, peer: BareLiveKit): Promise<void> {
  const ours: number[] = [];
  const memory = process.memoryUsage().rss;
  await withCalls(CONVERSATIONS, "conversations", async ({ wire, calls }) => {
    for (const [number, call] of calls.entries()) {
      let endedAtMs = 0;
      call.session.converse({
        transcriber: instantTranscriber(() => {
          endedAtMs = performance.now();
        }),
        model: scriptedModel(["I see."]),
        voice: hummingVoice({ msPerCharacter: 500 }),
        inactivity: false,
      });
      call.session.call.tap({
        onAgentVoice(active) {
          if (active && endedAtMs > 0) ours.push(performance.now() - endedAtMs);
          endedAtMs = 0;
        },
      });
      if (number % 10 === 9) await pause(20);
    }
    const cpu = process.cpuUsage();
    wire.tell({ type: "talk", on: true });
    await pause(TALK_MS);
    const { user, system } = process.cpuUsage(cpu);
    const gaps = await wire.gaps();
    wire.tell({ type: "talk", on: false });
    await pause(200);
    const answers = delays(wire.events, "speech_end", "agent_loud");
    const bargeIns = delays(wire.events, "speech_begin", "agent_quiet");
    const livekit = (share: number) => ({
      name: "LiveKit Agents, bare leg, 10 sessions",
      value: percentile(peer.samples, share),
    });
    emit(
      beside(
        "end of turn to first audio handed to the leg, p50",
        percentile(ours, 0.5),
        "ms",
        livekit(0.5),
        { atMost: 1 },
      ),
    );
    emit(
      beside(
        "end of turn to first audio handed to the leg, p99",
        percentile(ours, 0.99),
        "ms",
        livekit(0.99),
        { atMost: 1 },
      ),
    );
    emit(
      figure(
        "end of turn to first audio handed to the leg, goal p50",
        percentile(ours, 0.5),
        "ms",
        { atMost: 20 },
      ),
    );
    emit(
      figure(
        "end of turn to first audio handed to the leg, goal p99",
        percentile(ours, 0.99),
        "ms",
        { atMost: 45 },
      ),
    );
    emit(figure("end of speech to first audio, wire to wire, p50", percentile(answers, 0.5), "ms"));
    emit(
      figure("end of speech to first audio, wire to wire, p99", percentile(answers, 0.99), "ms"),
    );
    emit(figure("barge-in to silent wire, p50", percentile(bargeIns, 0.5), "ms"));
    emit(figure("barge-in to silent wire, p99", percentile(bargeIns, 0.99), "ms"));
    emit(figure("longest RTP gap", gaps.longestMs, "ms"));
    emit(figure("longest stall of the measuring process meanwhile", gaps.stallMs, "ms"));
    const cpuPercent = (user + system) / 10 / TALK_MS / CONVERSATIONS;
    const cpuPeer = { name: "LiveKit Agents, bare leg", value: peer.cpuPercent };
    emit(beside("CPU per conversation, media included", cpuPercent, "% of a core", cpuPeer));
    const memoryMiB = (process.memoryUsage().rss - memory) / CONVERSATIONS / 2 ** 20;
    const memoryPeer = { name: "LiveKit Agents, bare leg", value: peer.memoryMiB };
    emit(beside("memory per conversation", memoryMiB, "MiB", memoryPeer));
    emit(figure("answers measured", answers.length, "answers"));
  });
}

/** From the program's own `interrupt()` to the last packet with a sound in it. */
async function interruptions(emit: EmitRow): Promise<void> {
  await withCalls(CONVERSATIONS, "interrupts", async ({ wire, calls }) => {
    const samples: number[] = [];
    for (let round = 0; round < 3; round++) {
      for (const { session } of calls)
        void session.say("x".repeat(100), { voice: hummingVoice({ msPerCharacter: 100 }) });
      await pause(800);
      const interruptedAtMs = new Map<number, number>();
      for (const [number, { session }] of calls.entries()) {
        await pause(7);
        interruptedAtMs.set(number, nowMs());
        void session.interrupt();
      }
      await pause(300);
      for (const { type, call, atMs } of wire.events.splice(0)) {
        const since = interruptedAtMs.get(call);
        // Silent with the next packet is 0; what was silent long before was not interrupted.
        if (type === "agent_quiet" && since !== undefined && atMs > since - 40)
          samples.push(Math.max(0, atMs - since));
      }
    }
    emit(figure("interrupt() to silent wire, p50", percentile(samples, 0.5), "ms", { atMost: 40 }));
    emit(
      figure("interrupt() to silent wire, p99", percentile(samples, 0.99), "ms", { atMost: 40 }),
    );
  });
}

/** The wire while twenty LiveKit sessions keep the main thread busy. */
async function liveKitSessions(emit: EmitRow): Promise<void> {
  await withCalls(LIVEKIT_SESSIONS, "livekit", async ({ wire, calls }) => {
    const runs = await Promise.all(
      calls.map(async ({ session }) => {
        const liveKit = instantSession();
        const agent = new voice.Agent({ instructions: "" });
        return runLiveKitAgent(session, { session: liveKit, agent });
      }),
    );
    wire.tell({ type: "talk", on: true });
    const cpu = process.cpuUsage();
    await pause(8_000);
    const { user, system } = process.cpuUsage(cpu);
    const gaps = await wire.gaps();
    wire.tell({ type: "talk", on: false });
    await pause(100);
    const answers = delays(wire.events, "speech_end", "agent_loud");
    emit(figure("longest RTP gap with 20 LiveKit sessions", gaps.longestMs, "ms", { atMost: 40 }));
    emit(figure("longest stall of the measuring process then", gaps.stallMs, "ms"));
    emit(figure("LiveKit on our leg, wire to wire, p50", percentile(answers, 0.5), "ms"));
    emit(figure("CPU with 20 LiveKit sessions", (user + system) / 10 / 8_000, "% of a core"));
    for (const { session } of calls) void session.end();
    await Promise.all(runs.map(({ closed }) => closed));
  });
}

interface Bench {
  readonly wire: Wire;
  readonly calls: readonly Call[];
}

/** So many calls up, over SIP and RTP, to a process of their own. */
async function withCalls(count: number, name: string, work: (bench: Bench) => Promise<void>) {
  const wire = await startWire();
  const carrier = createSipCarrier({ trunk: { uri: wire.uri } });
  const limits = { userSilenceMs: 600_000 };
  const calls = createCalls({ carrier, agent: defineAgent({ name, detectors: [], limits }) });
  try {
    const placed = Array.from({ length: count }, (_, number) =>
      calls.dial({ to: `+1202555${String(number).padStart(4, "0")}` }),
    );
    await Promise.all(
      placed.map(
        ({ session }) => new Promise<void>((resolve) => void session.on("active", () => resolve())),
      ),
    );
    await pause(200);
    await work({ wire, calls: placed });
  } finally {
    await calls.close();
    await wire.close();
  }
}
