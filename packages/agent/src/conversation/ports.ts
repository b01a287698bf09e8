import type { AudioFrame, CallDirection, Clock } from "@offhook/session";

/** One turn of the conversation, as it was really said and heard. Private data. */
export interface Turn {
  readonly role: "user" | "agent";
  /** Of an agent that was interrupted, only what the user heard of it. */
  readonly text: string;
}

/** What every port learns of the call that it works for. */
export interface PortCall {
  readonly callId: string;
  readonly direction: CallDirection;
  /** Of the caller's audio, in samples per second. */
  readonly sampleRate: number;
  /** Wait by this clock alone, so that a test can own time. */
  readonly clock: Clock;
  /** Aborts when the port is no longer needed: the call ended, or the conversation was closed. */
  readonly signal: AbortSignal;
}

/** What the caller said, as far as it is known. Private data. */
export interface Transcript {
  /** Of the phrase in progress; a final one is followed by a new phrase. */
  readonly text: string;
  /** Will not be revised. */
  readonly final: boolean;
  /** The transcriber itself knows that the turn is over: nobody waits any longer. */
  readonly endOfTurn?: boolean;
}

export interface TranscriberListener {
  onTranscript(transcript: Transcript): void;
  /** The stream is broken. It is opened again, up to the attempts that the conversation allows. */
  onFailure(error: unknown): void;
}

/** Turns the caller's audio into text. One instance may serve many calls. */
export interface Transcriber {
  /** Called once per call, and again after a failure. A throw counts as a failure. */
  open(listener: TranscriberListener, call: PortCall): TranscriberStream;
}

export interface TranscriberStream {
  /** Called for each 20 ms of the caller's audio, mono. Must return at once. */
  push(frame: AudioFrame): void;
  /** Called once, when no more audio comes. */
  close(): void;
}

export interface SpeakOptions {
  /** What the call plays. Frames of any other rate are converted. */
  readonly sampleRate: number;
  readonly clock: Clock;
  /** Aborts when the rest is not wanted: the caller interrupted, or hung up. */
  readonly signal: AbortSignal;
}

/** Turns text into speech. One instance may serve many calls. */
export interface Voice {
  /**
   * Called once per sentence, in order. Yields audio as it is made; the reader holds it back once
   * two seconds are queued. A throw counts as a failure.
   */
  speak(text: string, options: SpeakOptions): AsyncIterable<AudioFrame>;
}

/** A piece of an answer: text to say, or something to do once all text before it was heard. */
export type ReplyPart =
  | string
  /** Ends the call. */
  | { readonly type: "end_call" }
  /** Transfers the caller (blind); when it is refused the conversation goes on. */
  | { readonly type: "transfer"; readonly to: string }
  | { readonly type: "send_dtmf"; readonly digits: string }
  /** From here to the end of the answer the caller cannot interrupt. */
  | { readonly type: "uninterruptible" };

/** Why the model is asked. */
export type ReplyCause = "opening" | "user_turn" | "silence";

export interface ReplyRequest {
  readonly cause: ReplyCause;
  /** All turns so far, oldest first. */
  readonly turns: readonly Turn[];
  /** Aborts when the answer is not wanted any more. */
  readonly signal: AbortSignal;
}

export interface ModelCall extends PortCall {
  /** Says something nobody asked for; it waits until the agent has finished what it is saying. */
  volunteer(parts: AsyncIterable<ReplyPart>): void;
  /** Silences the agent. */
  interrupt(): void;
  /** The model is gone for good: the caller hears the fallback line and the call ends. */
  fail(error: unknown): void;
}

/** Thinks of what to say. One instance may serve many calls. */
export interface LanguageModel {
  /** Called once per call, when the conversation begins. */
  open(call: ModelCall): OpenModel;
}

export interface OpenModel {
  /** Yields the answer as it is made. A throw counts as a failure. */
  reply(request: ReplyRequest): AsyncIterable<ReplyPart>;
  /** Called whenever a turn was added, for models that follow the conversation. */
  onTurn?(turns: readonly Turn[]): void;
  /** Called once. */
  close?(): void;
}

/** A model out of one function, for those that keep no connection. */
export function languageModel(
  reply: (request: ReplyRequest, call: ModelCall) => AsyncIterable<ReplyPart>,
): LanguageModel {
  return { open: (call) => ({ reply: (request) => reply(request, call) }) };
}
