import type { AudioFrame } from "@offhook/session";
import type { PortCall, Turn } from "../ports.js";

/** What a speech-to-speech model may call. */
export interface RealtimeTool {
  readonly description: string;
  /** JSON Schema of its arguments. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** What a connection tells, in the order it happens. Frames may have any sample rate. */
export interface RealtimeListener {
  /** Audio to be heard; all audio of one answer has the same id. May come faster than it is heard. */
  onAudio(answerId: string, frame: AudioFrame): void;
  /** No more audio comes for this answer. */
  onAudioEnd(answerId: string): void;
  /** The model heard the user begin to speak, or stop. Beginning silences the agent. */
  onUserSpeech(active: boolean): void;
  /** What the user said, or the agent is saying; `answerId` for the agent. */
  onTurn(turn: Turn, answerId?: string): void;
  /** Wants a tool called; `callId` goes back with the result. */
  onToolCall(call: {
    readonly callId: string;
    readonly name: string;
    readonly arguments: unknown;
  }): void;
  /** Something went wrong, and the conversation can go on. */
  onFault(error: unknown): void;
  /** The connection is gone for good. */
  onFailure(error: unknown): void;
}

export interface RealtimeCall extends PortCall {
  readonly tools: Readonly<Record<string, RealtimeTool>>;
}

export interface RealtimeConnection {
  /** Called for each 20 ms of the caller's audio, mono. Must return at once. */
  send(frame: AudioFrame): void;
  /** The user interrupted an answer and heard only this much of it. */
  truncate(answerId: string, playedMs: number): void;
  /** The result of a tool call, as JSON. */
  answerTool(callId: string, result: string): void;
  /** Called once. */
  close(): void;
}

/** A model that hears and speaks by itself. One instance may serve many calls. */
export interface RealtimeModel {
  /** Called once per call. A throw counts as a failure. */
  connect(listener: RealtimeListener, call: RealtimeCall): RealtimeConnection;
}
