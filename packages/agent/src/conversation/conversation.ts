// START HERE for conversations: audio goes to the transcriber, finished turns to the model, its
// answer to the voice. What is decided elsewhere: when a turn is over (turn-detector), what was
// heard of an answer (speaker), what a failure leads to (rescue).
import { type CallSession, isTerminal, OffhookError, type TimerHandle } from "@offhook/session";
import { parseOptions } from "../parse-options.js";
import { transferCall } from "../transfer.js";
import { activeMedia } from "./active-media.js";
import { Inactivity } from "./inactivity.js";
import {
  type ConversationOptions,
  type ConversationSettings,
  conversationSchema,
} from "./options.js";
import { performReply, type ReplyAction } from "./perform-reply.js";
import { type Port, portFault } from "./port-fault.js";
import type { OpenModel, PortCall, ReplyCause, ReplyPart, Turn } from "./ports.js";
import { giveUp } from "./rescue.js";
import type { SayOptions } from "./say.js";
import { Speaker, type Spoken } from "./speaker.js";
import { TranscriberLine } from "./transcriber-line.js";
import { TurnDetector } from "./turn-detector.js";

/** Voice shorter than this, with no text, is a cough. */
const SHORTEST_VOICE_MS = 600;
/** How often in a row the user may speak without any text before the transcriber counts as dead. */
const MOST_UNHEARD = 3;

/** One answer of the agent, from the question to the last word that was heard. */
interface Answer {
  readonly cause: ReplyCause;
  readonly stop: AbortController;
  /** The user spoke over it. */
  interrupted: boolean;
  /** Something of it was handed to the voice. */
  speaking: boolean;
}

/** Holds one conversation in one call, out of a transcriber, a model and a voice. */
export class Conversation {
  readonly #call: CallSession;
  readonly #options: ConversationOptions;
  readonly #settings: ConversationSettings;
  readonly #speaker: Speaker;
  readonly #lifetime = new AbortController();
  readonly #turns: Turn[] = [];
  readonly #detector: TurnDetector;
  readonly #inactivity: Inactivity | undefined;
  readonly #line: TranscriberLine;
  readonly #model: OpenModel | undefined;
  readonly #undo: (() => void)[] = [];
  readonly #answers = new Set<Answer>();
  /** An answer that was given up before the user heard any of it. */
  #owed: ReplyCause | undefined;
  #bargeIn: TimerHandle | undefined;
  #modelFailures = 0;
  #unheard = 0;
  #fillers = 0;

  /** Begins at once; the call must be active. Throws INVALID_OPTION, CALL_NOT_ACTIVE. */
  constructor(call: CallSession, options: ConversationOptions) {
    const { transcriber, model, voice, fallback, ...numbers } = options;
    this.#settings = parseOptions("conversation", conversationSchema, numbers);
    const media = activeMedia(call);
    this.#call = call;
    this.#options = options;
    const { clock } = call;
    const { endOfTurnMs, transcriptMs, inactivity, attempts } = this.#settings;
    this.#speaker = new Speaker(call, this.#settings);
    this.#detector = new TurnDetector({
      clock,
      endOfTurnMs,
      transcriptMs,
      shortestVoiceMs: SHORTEST_VOICE_MS,
      onTurn: (text) => this.#onUserTurn(text),
      onNoText: (clearlySpoke) => this.#onNoText(clearlySpoke),
    });
    if (inactivity)
      this.#inactivity = new Inactivity({
        clock,
        afterMs: inactivity.afterMs,
        onSilence: (silentMs, count) => this.#onSilence(silentMs, count),
      });
    const portCall: PortCall = {
      callId: call.callId,
      direction: call.direction,
      sampleRate: media.format.sampleRate,
      clock,
      signal: this.#lifetime.signal,
    };
    this.#listen();
    this.#line = new TranscriberLine(transcriber, portCall, attempts, {
      onTranscript: (transcript) => {
        if (transcript.text.trim() !== "") this.#onText();
        this.#detector.onTranscript(transcript);
      },
      onFault: (fault) => this.#note("transcriber", fault),
      onDead: (fault) => this.#giveUp("transcriber", fault),
    });
    this.#model = this.#openModel(portCall);
    this.#undo.push(media.onFrame((frame) => this.#line.push(frame)));
    this.#begin();
  }

  /** All turns so far, oldest first. Private data. */
  get turns(): readonly Turn[] {
    return [...this.#turns];
  }

  /** Not closed, by itself or by the call's end. */
  get open(): boolean {
    return !this.#lifetime.signal.aborted;
  }

  /** The agent says something of its own; it becomes part of the conversation. */
  say(text: string | AsyncIterable<string>, options: SayOptions = {}): Promise<Spoken> {
    return this.#inAnswer("silence", (answer) => {
      const stop = () => answer.stop.abort();
      options.signal?.addEventListener("abort", stop, { once: true });
      if (options.signal?.aborted) stop();
      return this.#tell(text, answer, options.interruptible ?? true, options.voice).finally(() =>
        options.signal?.removeEventListener("abort", stop),
      );
    });
  }

  /** Silences the agent and drops the answer in the making. Settles with what was heard, in ms. */
  interrupt(): Promise<number> {
    const heard = this.#speaker.interrupt();
    for (const { stop } of this.#answers) stop.abort();
    return heard;
  }

  /** Ends the conversation; the call goes on. Idempotent, and done by itself when the call ends. */
  close(): void {
    if (this.#lifetime.signal.aborted) return;
    this.#lifetime.abort();
    void this.interrupt();
    this.#call.clock.clear(this.#bargeIn);
    this.#detector.close();
    this.#inactivity?.close();
    this.#line.close();
    this.#tellModel((model) => model.close?.());
    for (const step of this.#undo.splice(0)) step();
  }

  #listen(): void {
    const call = this.#call;
    this.#undo.push(
      call.on("user_voice", ({ active }) => this.#onUserVoice(active)),
      call.on("hold", ({ held }) => this.#inactivity?.note("hold", held)),
      call.on("dtmf", () => this.#inactivity?.touch()),
      call.on("call_end", () => this.close()),
      call.tap({ onAgentVoice: (active) => this.#inactivity?.note("agent", active) }),
    );
  }

  #begin(): void {
    const { greeting, opening } = this.#settings;
    if (greeting !== undefined) void this.say(greeting);
    else if (opening === "agent") void this.#respond("opening");
  }

  #openModel(portCall: PortCall): OpenModel | undefined {
    try {
      return this.#options.model.open({
        ...portCall,
        volunteer: (parts) => {
          void this.#inAnswer("silence", async (answer) => {
            const fault = await this.#perform(() => parts, answer);
            if (fault) this.#giveUp("model", fault);
          });
        },
        interrupt: () => void this.interrupt(),
        fail: (error) => this.#giveUp("model", portFault("model", error)),
      });
    } catch (thrown) {
      // Not from within the constructor: whoever starts the conversation must have it in hand.
      queueMicrotask(() => this.#giveUp("model", portFault("model", thrown)));
      return undefined;
    }
  }

  #onUserVoice(active: boolean): void {
    this.#inactivity?.note("user", active);
    this.#detector.onVoice(active);
    const { clock } = this.#call;
    clock.clear(this.#bargeIn);
    const { bargeInMs } = this.#settings;
    if (!active || bargeInMs === false) return;
    if (bargeInMs === 0) return this.#interruptAgent();
    this.#bargeIn = clock.setTimeout(() => this.#interruptAgent(), bargeInMs);
  }

  /** Words came in: the user means it, however short the voice was. */
  #onText(): void {
    this.#unheard = 0;
    if (this.#settings.bargeInMs !== false) this.#interruptAgent();
  }

  #interruptAgent(): void {
    if (!this.#speaker.interruptible) return;
    for (const answer of this.#answers) {
      answer.interrupted = true;
      if (!answer.speaking) this.#owed = answer.cause;
    }
    void this.interrupt();
  }

  #onUserTurn(text: string): void {
    if (this.#lifetime.signal.aborted) return;
    // Speech over an agent that may not be interrupted still is a turn; it is answered afterwards.
    this.#owed = undefined;
    this.#add({ role: "user", text });
    this.#call.noteUserTurn(text);
    void this.#respond("user_turn");
  }

  #onNoText(clearlySpoke: boolean): void {
    const owed = this.#owed;
    this.#owed = undefined;
    if (clearlySpoke && ++this.#unheard >= MOST_UNHEARD) {
      const message = `The user spoke ${this.#unheard} times in a row and no text came of it.`;
      return this.#giveUp("transcriber", new OffhookError("TRANSCRIBER_STALLED", message));
    }
    if (clearlySpoke) {
      const message = "The user spoke and no text came of it.";
      this.#note("transcriber", new OffhookError("TRANSCRIBER_STALLED", message));
    }
    if (owed) void this.#respond(owed);
    else if (!this.#speaker.busy && this.#answers.size === 0)
      void this.say(this.#settings.reprompt);
  }

  #onSilence(silentMs: number, count: number): void {
    const { inactivity } = this.#settings;
    if (!inactivity || this.#answers.size > 0 || this.#detector.open) return;
    this.#call.emit("silence", { silentMs });
    const prompt = inactivity.prompts[count - 1];
    if (prompt === undefined) void this.#call.end({ reason: "AGENT_HUNG_UP_SILENCE_DETECTED" });
    else void (typeof prompt === "string" ? this.say(prompt) : this.#respond("silence"));
  }

  /** Asks the model, as often as it may fail, and says what it answers. */
  #respond(cause: ReplyCause): Promise<void> {
    for (const { speaking, stop } of this.#answers) if (!speaking) stop.abort();
    return this.#inAnswer(cause, async (answer) => {
      const { signal } = answer.stop;
      const model = this.#model;
      while (model && !signal.aborted) {
        const fault = await this.#perform(
          () => model.reply({ cause, turns: this.turns, signal }),
          answer,
        );
        if (!fault) this.#modelFailures = 0;
        if (!fault || signal.aborted) return;
        if (++this.#modelFailures >= this.#settings.attempts) return this.#giveUp("model", fault);
        this.#note("model", fault);
        if (answer.speaking) return;
      }
    });
  }

  async #inAnswer<T>(cause: ReplyCause, perform: (answer: Answer) => Promise<T>): Promise<T> {
    const answer = { cause, stop: new AbortController(), interrupted: false, speaking: false };
    this.#answers.add(answer);
    try {
      return await perform(answer);
    } finally {
      this.#answers.delete(answer);
    }
  }

  /** Says and does what comes, in order. Returns what went wrong with its source. */
  #perform(
    open: () => AsyncIterable<ReplyPart>,
    answer: Answer,
  ): Promise<OffhookError | undefined> {
    return performReply(open, {
      clock: this.#call.clock,
      signal: answer.stop.signal,
      stallMs: this.#settings.modelStallMs,
      lateMs: this.#settings.modelLateMs,
      whileWaiting: this.#fillAfterAWhile(answer),
      tell: (text, interruptible) => this.#tell(text, answer, interruptible),
      protect: () => this.#speaker.protect(),
      act: (action) => this.#act(action),
      onLate: (fault) => this.#note("model", fault),
    });
  }

  /** Says text as a turn of the agent, and tells what became of it. */
  async #tell(
    text: string | AsyncIterable<string>,
    answer: Answer,
    interruptible: boolean,
    voice = this.#options.voice,
  ): Promise<Spoken> {
    answer.speaking = true;
    const { signal } = answer.stop;
    const spoken = await this.#speaker.say(text, { voice, interruptible, signal });
    const { heard, playedMs, failure } = spoken;
    if (heard !== "") this.#add({ role: "agent", text: heard });
    if (playedMs > 0) this.#call.emit("agent_turn", { text: heard, playedMs });
    if (answer.interrupted) this.#call.emit("interruption", { playedMs });
    if (failure) this.#giveUp("voice", failure);
    return spoken;
  }

  async #act(action: ReplyAction): Promise<void> {
    const call = this.#call;
    if (isTerminal(call.state)) return;
    if (action.type === "end_call") await call.end();
    else if (action.type === "send_dtmf") await call.media?.sendDtmf(action.digits);
    else await transferCall(call, action.to);
  }

  #fillAfterAWhile(answer: Answer): () => void {
    const { filler } = this.#settings;
    if (!filler || answer.cause !== "user_turn") return () => {};
    const { clock } = this.#call;
    const timer = clock.setTimeout(() => {
      const line = filler.lines[this.#fillers++ % filler.lines.length];
      const { voice } = this.#options;
      if (line) void this.#speaker.say(line, { voice, signal: answer.stop.signal });
    }, filler.afterMs);
    return () => clock.clear(timer);
  }

  #add(turn: Turn): void {
    this.#turns.push(turn);
    if (!this.#lifetime.signal.aborted) this.#tellModel((model) => model.onTurn?.(this.turns));
  }

  #tellModel(tell: (model: OpenModel) => void): void {
    try {
      if (this.#model) tell(this.#model);
    } catch (thrown) {
      this.#note("model", portFault("model", thrown));
    }
  }

  #note(port: Port, { code, message }: OffhookError): void {
    if (!this.#lifetime.signal.aborted) this.#call.noteFault({ code, message, where: port });
  }

  #giveUp(port: Port, fault: OffhookError): void {
    if (this.#lifetime.signal.aborted) return;
    this.close();
    const { voice, fallback = {} } = this.#options;
    void giveUp(this.#call, this.#speaker, voice, fallback, port, fault);
  }
}
