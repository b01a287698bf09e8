import { initializeLogger, log, voice } from "@livekit/agents";
import {
  type CallOutcome,
  type CallSession,
  isTerminal,
  OffhookError,
  type TimerHandle,
} from "@offhook/session";
import type { AgentSession } from "../../agent-session.js";
import type { Fallback } from "../../conversation/options.js";
import type { Port } from "../../conversation/port-fault.js";
import { giveUp } from "../../conversation/rescue.js";
import { Speaker } from "../../conversation/speaker.js";
import { LegAudioInput, LegAudioOutput } from "./leg-audio.js";

export interface RunLiveKitAgentOptions<UserData> {
  /** Not started yet. Make it with `liveKitSession()`, which knows what a telephone needs. */
  readonly session: voice.AgentSession<UserData>;
  readonly agent: voice.Agent<UserData>;
  /** Played before the call ends because the session failed. */
  readonly fallback?: Fallback;
  /** How long the session may take to close after the call ended, in ms. Default 5,000. */
  readonly closeTimeoutMs?: number;
}

export interface LiveKitRun {
  /** Settles when the LiveKit session is closed, whoever ended what. Never rejects. */
  readonly closed: Promise<void>;
}

/** A LiveKit session for a telephone: barge-in works from the first word. */
export function liveKitSession<UserData = unknown>(
  options: voice.AgentSessionOptions<UserData>,
): voice.AgentSession<UserData> {
  ensureLogger();
  // There is no loudspeaker to cancel on a SIP leg; the default is deaf to barge-in for 3 s.
  return new voice.AgentSession<UserData>({ aecWarmupDuration: null, ...options });
}

/**
 * Puts a LiveKit agent on a call: no server, no room. The session ends with the call and the call
 * with the session, each with the other's reason. Settles when the session has started; rejects with
 * CALL_NOT_ACTIVE, or as `session.start` does.
 */
export async function runLiveKitAgent<UserData = unknown>(
  session: AgentSession,
  options: RunLiveKitAgentOptions<UserData>,
): Promise<LiveKitRun> {
  const { call } = session;
  const liveKit = options.session;
  if (session.state !== "active")
    throw new OffhookError(
      "CALL_NOT_ACTIVE",
      `A call in ${session.state} cannot run an agent yet.`,
      {
        remedy: "Run it from onAnswer or an active hook on.",
      },
    );
  ensureLogger();
  const input = new LegAudioInput(session.audio);
  const heard = new HeardTurns(call);
  const output = new LegAudioOutput(session.audio, { onHeard: (played) => heard.onPlayed(played) });
  liveKit.input.audio = input;
  liveKit.output.audio = output;

  const closed = new Promise<void>((resolve) => {
    liveKit.once(voice.AgentSessionEventTypes.Close, (event) => {
      resolve();
      void endCall(call, event, options.fallback ?? {});
    });
  });
  liveKit.on(voice.AgentSessionEventTypes.UserInputTranscribed, ({ transcript, isFinal }) => {
    if (isFinal && transcript !== "") call.noteUserTurn(transcript);
  });
  liveKit.on(voice.AgentSessionEventTypes.ConversationItemAdded, ({ item }) => {
    if (item.type === "message" && item.role === "assistant") heard.onText(item.textContent ?? "");
  });
  liveKit.on(voice.AgentSessionEventTypes.Error, ({ error }) => noteError(call, error));

  let timer: TimerHandle | undefined;
  session.on("call_end", async ({ outcome }) => {
    output.hangUp();
    await input.close();
    liveKit.shutdown({ drain: false, reason: closeReasonOf(outcome) });
    const late = new Promise<"late">((resolve) => {
      timer = call.clock.setTimeout(() => resolve("late"), options.closeTimeoutMs ?? 5_000);
    });
    if ((await Promise.race([closed, late])) === "late") {
      const message = "The LiveKit session did not close after the call ended.";
      call.noteFault({ code: "HOOK_TIMED_OUT", message, where: "livekit-agents" });
    }
    call.clock.clear(timer);
  });
  await liveKit.start({ agent: options.agent });
  if (isTerminal(call.state)) liveKit.shutdown({ drain: false });
  return { closed };
}

/** Tells agent turns: LiveKit gives the text in one event, and the leg knows what was heard. */
class HeardTurns {
  readonly #call: CallSession;
  #playedMs = 0;

  constructor(call: CallSession) {
    this.#call = call;
  }

  onPlayed({
    playedMs,
    interrupted,
  }: {
    readonly playedMs: number;
    readonly interrupted: boolean;
  }): void {
    this.#playedMs += playedMs;
    if (interrupted && playedMs > 0) this.#call.emit("interruption", { playedMs });
  }

  onText(text: string): void {
    const playedMs = this.#playedMs;
    this.#playedMs = 0;
    this.#call.emit("agent_turn", { text, playedMs });
  }
}

/** Why the session closes, in LiveKit's words. */
function closeReasonOf({ endedBy, category }: CallOutcome): voice.ShutdownReason {
  if (category === "error") return voice.CloseReason.ERROR;
  if (endedBy === "user" || endedBy === "carrier")
    return voice.CloseReason.PARTICIPANT_DISCONNECTED;
  return endedBy === "runtime" ? voice.CloseReason.JOB_SHUTDOWN : voice.CloseReason.USER_INITIATED;
}

/** Why the call ends, in ours. */
async function endCall(
  call: CallSession,
  { reason, error }: voice.CloseEvent,
  fallback: Fallback,
): Promise<void> {
  if (isTerminal(call.state)) return;
  if (reason !== voice.CloseReason.ERROR) return call.end();
  const port = portOf(error?.type);
  const fault = new OffhookError(
    faultCodes[port],
    `The LiveKit session closed: its ${port} failed.`,
  );
  await giveUp(call, new Speaker(call), undefined, fallback, port, fault);
}

const faultCodes = {
  transcriber: "TRANSCRIBER_FAILED",
  voice: "VOICE_FAILED",
  model: "MODEL_FAILED",
} as const;

function portOf(type: string | undefined): Port {
  if (type === "stt_error") return "transcriber";
  return type === "tts_error" ? "voice" : "model";
}

function noteError(call: CallSession, error: unknown): void {
  const type =
    typeof error === "object" && error !== null && "type" in error ? String(error.type) : "";
  const port = portOf(type);
  const message = `LiveKit reported ${type || "an error"}.`;
  call.noteFault({ code: faultCodes[port], message, where: port });
}

/** LiveKit needs its logger set up before anything else; a program's own set-up stays. */
function ensureLogger(): void {
  try {
    log();
  } catch {
    initializeLogger({ pretty: false, level: process.env["LIVEKIT_LOG_LEVEL"] ?? "error" });
  }
}
