import {
  type AgentEndReason,
  type AudioSource,
  type CallAudio,
  type CallOutcome,
  type CallSession,
  type CallState,
  type Hook,
  isAgentEndReason,
  isTerminal,
  type MediaRecording,
  OffhookError,
  type RejectOptions,
  type SendDtmfOptions,
  type SessionEvents,
  type Verdict,
  type VerdictLabel,
  type VisibleStatus,
} from "@offhook/session";
import { type AttendedTransferOptions, attendedTransfer } from "./attended-transfer.js";
import { Conversation } from "./conversation/conversation.js";
import type { ConversationOptions } from "./conversation/options.js";
import {
  RealtimeConversation,
  type RealtimeOptions,
} from "./conversation/realtime/realtime-conversation.js";
import { type SayOptions, sayAlone } from "./conversation/say.js";
import type { Spoken } from "./conversation/speaker.js";
import { type SessionMetrics, TalkMeter } from "./conversation/talk-meter.js";
import { type DetectedOptions, type DetectedResult, waitForVerdict } from "./detected.js";
import { Hold, type HoldOptions } from "./hold.js";
import { type KeyPressResult, waitForKey } from "./key-press.js";
import { type ListenOptions, type ListenResult, listenForUser } from "./listen.js";
import {
  type MenuStep,
  type NavigateOptions,
  type NavigateResult,
  navigateMenus,
} from "./navigate.js";
import { type PlayOptions, type PlayResult, playSource } from "./play.js";
import { SessionData } from "./session-data.js";
import { type TransferOptions, type TransferResult, transferCall } from "./transfer.js";
import { Utterances } from "./utterances.js";
import type { WaitOptions } from "./wait-on-call.js";

/** How an agent sees and steers one call: `ctx.session`. */
export class AgentSession {
  readonly data = new SessionData();
  /** Settles with the outcome once every `call_end` hook has. Never rejects. */
  readonly ended: Promise<CallOutcome>;

  readonly #call: CallSession;
  readonly #verdicts: Verdict[] = [];
  #recording: MediaRecording | undefined;
  readonly #meter: TalkMeter;
  readonly #utterances = new Utterances();
  readonly #hold: Hold;
  #conversation: Conversation | undefined;
  #realtime: RealtimeConversation | undefined;

  constructor(call: CallSession) {
    this.#call = call;
    this.#meter = new TalkMeter(call);
    this.#hold = new Hold(call);
    this.ended = call.ended;
    // First of all hooks, so that every other one finds the reason in place.
    call.on("call_end", ({ endReason }) => void this.data.set("end_reason", endReason));
    call.on("verdict", ({ verdict }) => void this.#verdicts.push(verdict));
  }

  get callId(): string {
    return this.#call.callId;
  }

  get state(): CallState {
    return this.#call.state;
  }

  get status(): VisibleStatus {
    return this.#call.status;
  }

  /** Known from disconnection on. */
  get outcome(): CallOutcome | undefined {
    return this.#call.outcome;
  }

  /** The call underneath, for bridges to other frameworks. */
  get call(): CallSession {
    return this.#call;
  }

  /** How the talking went so far: speech, dead air, answers, interruptions. */
  get metrics(): SessionMetrics {
    return this.#meter.read();
  }

  /** The standing verdict: what picked up, as far as is known now. */
  get verdict(): Verdict | undefined {
    return this.#verdicts.at(-1);
  }

  /** The user is audible right now. */
  get userSpeaking(): boolean {
    return this.#call.snapshot.speaking.user;
  }

  /** The call's audio. Throws CALL_NOT_ACTIVE while there is no leg to carry it. */
  get audio(): CallAudio {
    const media = this.#call.media;
    if (media) return media;
    throw new OffhookError("CALL_NOT_ACTIVE", `A call in ${this.state} has no audio yet.`, {
      remedy: "Use session.audio from onAnswer or an active hook on.",
    });
  }

  /** Calls `hook` on each event; returns its unsubscribe. A hook that throws or hangs hurts nobody. */
  on<Name extends keyof SessionEvents>(name: Name, hook: Hook<SessionEvents[Name]>): () => void {
    return this.#call.on(name, hook);
  }

  once<Name extends keyof SessionEvents>(name: Name, hook: Hook<SessionEvents[Name]>): () => void {
    return this.#call.once(name, hook);
  }

  /** Waits until detection says one of the labels. A verdict that stands already counts. */
  detected(
    labels: readonly VerdictLabel[],
    options: DetectedOptions = {},
  ): Promise<DetectedResult> {
    return waitForVerdict(this.#call, this.#verdicts, labels, options);
  }

  /** Waits for the user to say something and to be quiet again, by voice activity alone. */
  listen(options: ListenOptions = {}): Promise<ListenResult> {
    return listenForUser(this.#call, options);
  }

  /** Waits for the next key that the user presses. */
  keyPressed(options: WaitOptions = {}): Promise<KeyPressResult> {
    return waitForKey(this.#call, options);
  }

  /**
   * Plays a WAV file or PCM and settles when it was heard, was interrupted, or the call ended;
   * only bad input rejects (INVALID_AUDIO, CALL_NOT_ACTIVE).
   */
  play(source: AudioSource, options: PlayOptions = {}): Promise<PlayResult> {
    return this.#utterances.run(options.signal, (signal) =>
      playSource(this.#call, source, { ...options, signal }),
    );
  }

  /**
   * Holds a conversation with a transcriber, a model and a voice of yours, until the call ends or it
   * is closed. Throws INVALID_OPTION, CALL_NOT_ACTIVE, or WRONG_STATE while another one is held.
   */
  converse(options: ConversationOptions): Conversation {
    this.#mustBeFree();
    this.#conversation = new Conversation(this.#call, options);
    return this.#conversation;
  }

  /**
   * Holds a conversation with a model that hears and speaks by itself, until the call ends or it is
   * closed. Throws INVALID_OPTION, CALL_NOT_ACTIVE, or WRONG_STATE while another one is held.
   */
  converseRealtime(options: RealtimeOptions): RealtimeConversation {
    this.#mustBeFree();
    this.#realtime = new RealtimeConversation(this.#call, options);
    return this.#realtime;
  }

  /**
   * Speaks text as it is made, and settles when it was heard, was interrupted, or the call ended.
   * Within a conversation it becomes a turn of it and needs no voice. Rejects with INVALID_OPTION,
   * CALL_NOT_ACTIVE. A voice that fails ends the call as TTS_ERROR after a recorded line.
   */
  async say(text: string | AsyncIterable<string>, options: SayOptions = {}): Promise<Spoken> {
    if (this.#conversation?.open) return this.#conversation.say(text, options);
    return this.#utterances.run(options.signal, (signal) =>
      sayAlone(this.#call, text, { ...options, signal }),
    );
  }

  /**
   * Silences the agent at once, whatever makes it speak; what is being said settles as not complete.
   * Settles with how much of that was heard.
   */
  async interrupt(): Promise<{ readonly playedMs: number }> {
    const answered = this.#conversation?.interrupt() ?? this.#realtime?.interrupt();
    const played = this.#utterances.interrupt();
    await this.#call.media?.clear();
    return { playedMs: (await played) + ((await answered) ?? 0) };
  }

  /**
   * Records the call to a new stereo WAV file, the far side left and the agent right, until it ends.
   * Rejects with CALL_NOT_ACTIVE, UNSUPPORTED or MEDIA_FAILED.
   */
  async record(file: string): Promise<void> {
    this.#recording = await this.#call.record(file);
  }

  /** What is said until `resumeRecording` leaves no trace in the file. */
  pauseRecording(): void {
    this.#recording?.pause();
  }

  resumeRecording(): void {
    this.#recording?.resume();
  }

  /** Sends digits (RFC 4733) and settles when the last one is on the wire. */
  async sendDtmf(digits: string, options?: SendDtmfOptions): Promise<void> {
    if (this.state !== "active")
      throw new OffhookError("CALL_NOT_ACTIVE", `A call in ${this.state} cannot send digits.`);
    await this.#call.media?.sendDtmf(digits, options);
  }

  /**
   * Gives the caller to somebody else. Blind by default: the far side calls `to` by itself. Attended:
   * we call `to` first and speak with them. A transfer that fails is an event and a result, and the
   * call goes on; a completed one ends the call as CALL_TRANSFERRED. Rejects with
   * INVALID_DESTINATION, CALL_NOT_ACTIVE, UNSUPPORTED.
   */
  async transfer(
    to: string,
    options: TransferOptions | AttendedTransferOptions = {},
  ): Promise<TransferResult> {
    if (options.mode === "attended")
      return attendedTransfer(
        this.#call,
        to,
        options,
        this.#hold,
        (call) => new AgentSession(call),
      );
    return transferCall(this.#call, to, options);
  }

  /**
   * Puts the far side on hold, with music or in silence, or takes it off. Settles with whether it
   * agreed. Rejects with CALL_NOT_ACTIVE, UNSUPPORTED.
   */
  hold(held = true, options: HoldOptions = {}): Promise<boolean> {
    return this.#hold.set(held, options);
  }

  /**
   * Finds its way through spoken menus: waits for each prompt, then presses its digits. Rejects with
   * CALL_NOT_ACTIVE, INVALID_OPTION.
   */
  navigate(steps: readonly MenuStep[], options: NavigateOptions = {}): Promise<NavigateResult> {
    return navigateMenus(this.#call, steps, options);
  }

  /** Answers an inbound call. Without it, a call that `setup` neither answered nor rejected is answered then. */
  answer(): void {
    this.#call.answer();
  }

  /** Lets an inbound caller hear ringing, or early media. */
  ring(options?: { readonly earlyMedia?: boolean }): void {
    this.#call.ring(options);
  }

  /** Refuses an inbound call with a final response of 300 to 699. */
  reject(status = 603, options?: RejectOptions): void {
    this.#call.reject(status, options);
  }

  /** Sends an inbound caller elsewhere (302). */
  redirect(...contacts: readonly string[]): void {
    this.#call.reject(302, { contacts });
  }

  /**
   * Ends the call. Idempotent; settles when it is disconnected. A bare `end()` is named after the
   * standing verdict; `end({ reason })` takes the agent's own reasons. Rejects with INVALID_OPTION.
   */
  async end(options: { readonly reason?: AgentEndReason } = {}): Promise<void> {
    const { reason } = options;
    if (reason !== undefined && !isAgentEndReason(reason))
      throw new OffhookError("INVALID_OPTION", `An agent cannot end a call as ${String(reason)}.`, {
        remedy: "Leave the reason out, or use one that the reference marks as the agent's.",
      });
    if (isTerminal(this.state)) return;
    await this.#call.end(reason === undefined ? {} : { reason });
  }

  #mustBeFree(): void {
    if (!this.#conversation?.open && !this.#realtime?.open) return;
    throw new OffhookError("WRONG_STATE", "This call is in a conversation already.", {
      remedy: "Close it first: conversation.close().",
    });
  }
}
