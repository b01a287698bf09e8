import { type CallSession, messageOf, OffhookError, type TimerHandle } from "@offhook/session";
import { z } from "zod";
import { parseOptions } from "../../parse-options.js";
import { activeMedia } from "../active-media.js";
import type { Fallback } from "../options.js";
import { portFault } from "../port-fault.js";
import type { Turn } from "../ports.js";
import { giveUp } from "../rescue.js";
import { Speaker } from "../speaker.js";
import { AnswerPlayer, type PlayedAnswer } from "./answer-player.js";
import type { RealtimeConnection, RealtimeModel, RealtimeTool } from "./realtime-port.js";

/** A function of yours that the model may call; what it returns goes back as JSON. */
export interface ToolHook extends RealtimeTool {
  readonly run: (args: unknown, options: { readonly signal: AbortSignal }) => unknown;
}

export interface RealtimeOptions {
  readonly model: RealtimeModel;
  readonly tools?: Readonly<Record<string, ToolHook>>;
  /** A tool that takes longer has failed, in ms. Default 20,000. */
  readonly toolTimeoutMs?: number;
  /** From the user's last word: later audio is told as MODEL_LATE, in ms. Default 2,000. */
  readonly modelLateMs?: number;
  /** From the user's last word: no audio by then, and the call is given up, in ms. Default 15,000. */
  readonly modelStallMs?: number;
  /** Played before the call ends on a failure. */
  readonly fallback?: Fallback;
}

const ms = z.number().int().min(1).max(600_000);

const numbersSchema = z.object({
  toolTimeoutMs: ms.default(20_000),
  modelLateMs: ms.default(2_000),
  modelStallMs: ms.default(15_000),
});

/** One call's conversation with a model that hears and speaks by itself. */
export class RealtimeConversation {
  readonly #call: CallSession;
  readonly #options: RealtimeOptions;
  readonly #settings: z.output<typeof numbersSchema>;
  readonly #lifetime = new AbortController();
  readonly #player: AnswerPlayer;
  readonly #turns: Turn[] = [];
  readonly #texts = new Map<string, string>();
  readonly #undo: (() => void)[] = [];
  #connection: RealtimeConnection | undefined;
  #stall: TimerHandle | undefined;
  #userStoppedAtMs: number | undefined;

  /** Begins at once; the call must be active. Throws INVALID_OPTION, CALL_NOT_ACTIVE. */
  constructor(call: CallSession, options: RealtimeOptions) {
    const { model, tools: _tools, fallback: _fallback, ...numbers } = options;
    this.#settings = parseOptions("realtime conversation", numbersSchema, numbers);
    const media = activeMedia(call);
    this.#call = call;
    this.#options = options;
    this.#player = new AnswerPlayer(
      media,
      (answer) => this.#onPlayed(answer),
      (thrown) => this.#giveUp(realtimeFault(thrown)),
    );
    this.#undo.push(
      call.on("call_end", () => this.close()),
      media.onFrame((frame) => this.#guard(() => this.#connection?.send(frame))),
    );
    // Later, so that a failure finds its owner complete.
    queueMicrotask(() => this.#guard(() => this.#connect(model, media.format.sampleRate)));
  }

  /** All turns so far, oldest first. Private data. */
  get turns(): readonly Turn[] {
    return [...this.#turns];
  }

  /** Not closed, by itself or by the call's end. */
  get open(): boolean {
    return !this.#lifetime.signal.aborted;
  }

  /** Silences the agent; the model is told how much was heard, and so is who asks, in ms. */
  interrupt(): Promise<number> {
    return this.#player.interrupt();
  }

  /** Ends the conversation; the call goes on. Idempotent, and done by itself when the call ends. */
  close(): void {
    if (!this.open) return;
    this.#lifetime.abort();
    this.#call.clock.clear(this.#stall);
    this.#player.close();
    for (const step of this.#undo.splice(0)) step();
    try {
      this.#connection?.close();
    } catch {
      // It is being closed because it is broken, or because the call is over.
    }
  }

  #connect(model: RealtimeModel, sampleRate: number): void {
    if (!this.open) return;
    const { callId, direction, clock } = this.#call;
    const whileOpen =
      <Arguments extends unknown[]>(listener: (...args: Arguments) => void) =>
      (...args: Arguments) => {
        if (this.open) listener(...args);
      };
    const connection = model.connect(
      {
        onAudio: whileOpen((id, frame) => {
          this.#onSign();
          this.#player.add(id, frame);
        }),
        onAudioEnd: whileOpen((id) => this.#player.end(id)),
        onUserSpeech: whileOpen((active) => this.#onUserSpeech(active)),
        onTurn: whileOpen((turn, answerId) => this.#onTurn(turn, answerId)),
        onToolCall: whileOpen((wanted) => {
          this.#onSign();
          void this.#runTool(wanted);
        }),
        onFault: whileOpen((error) => this.#note(realtimeFault(error))),
        onFailure: whileOpen((error) => this.#giveUp(realtimeFault(error))),
      },
      {
        callId,
        direction,
        sampleRate,
        clock,
        signal: this.#lifetime.signal,
        tools: this.#options.tools ?? {},
      },
    );
    if (this.open) this.#connection = connection;
    else connection.close();
  }

  #onUserSpeech(active: boolean): void {
    const { clock } = this.#call;
    clock.clear(this.#stall);
    this.#userStoppedAtMs = undefined;
    if (active) return void this.#player.interrupt();
    this.#userStoppedAtMs = clock.nowMs();
    const { modelStallMs } = this.#settings;
    this.#stall = clock.setTimeout(() => {
      const message = `The model gave no audio for ${modelStallMs} ms.`;
      this.#giveUp(new OffhookError("MODEL_STALLED", message));
    }, modelStallMs);
  }

  /** The model shows that it is at work on its answer. */
  #onSign(): void {
    const { clock } = this.#call;
    clock.clear(this.#stall);
    if (this.#userStoppedAtMs === undefined) return;
    const tookMs = Math.round(clock.nowMs() - this.#userStoppedAtMs);
    this.#userStoppedAtMs = undefined;
    if (tookMs > this.#settings.modelLateMs)
      this.#note(new OffhookError("MODEL_LATE", `The model answered after ${tookMs} ms.`));
  }

  #onTurn(turn: Turn, answerId: string | undefined): void {
    if (turn.role === "user") {
      this.#turns.push(turn);
      this.#call.noteUserTurn(turn.text);
    } else if (answerId !== undefined) this.#texts.set(answerId, turn.text);
  }

  #onPlayed({ id, playedMs, totalMs, interrupted }: PlayedAnswer): void {
    const text = this.#texts.get(id) ?? "";
    this.#texts.delete(id);
    const share = totalMs === 0 ? 0 : playedMs / totalMs;
    const words = text.split(/\s+/);
    const heard = interrupted ? words.slice(0, Math.floor(words.length * share)).join(" ") : text;
    if (heard !== "") this.#turns.push({ role: "agent", text: heard });
    if (playedMs > 0)
      this.#call.emit("agent_turn", { text: heard, playedMs: Math.round(playedMs) });
    if (!interrupted || !this.open) return;
    this.#guard(() => this.#connection?.truncate(id, Math.floor(playedMs)));
    if (playedMs > 0) this.#call.emit("interruption", { playedMs: Math.round(playedMs) });
  }

  async #runTool({
    callId,
    name,
    arguments: args,
  }: {
    readonly callId: string;
    readonly name: string;
    readonly arguments: unknown;
  }): Promise<void> {
    let result: string;
    try {
      result = JSON.stringify((await this.#callTool(name, args)) ?? null);
    } catch (thrown) {
      const message = messageOf(thrown).slice(0, 200);
      this.#call.noteFault({ code: "HOOK_THREW", message, where: `tool:${name.slice(0, 64)}` });
      // The model can only apologise for what it is told of.
      result = JSON.stringify({ error: "The tool failed." });
    }
    if (this.open) this.#guard(() => this.#connection?.answerTool(callId, result));
  }

  async #callTool(name: string, args: unknown): Promise<unknown> {
    const tools = this.#options.tools ?? {};
    const tool = Object.hasOwn(tools, name) ? tools[name] : undefined;
    if (!tool) throw new Error("There is no tool of this name.");
    const { clock } = this.#call;
    const { toolTimeoutMs } = this.#settings;
    const stop = new AbortController();
    let timer: TimerHandle | undefined;
    const deadline = new Promise<never>((_resolve, reject) => {
      const late = new Error(`It did not settle within ${toolTimeoutMs} ms.`);
      timer = clock.setTimeout(() => reject(late), toolTimeoutMs);
      const { signal } = stop;
      this.#lifetime.signal.addEventListener("abort", () => reject(late), { signal });
    });
    try {
      return await Promise.race([
        Promise.resolve(tool.run(args, { signal: stop.signal })),
        deadline,
      ]);
    } finally {
      clock.clear(timer);
      stop.abort();
    }
  }

  #guard(work: () => void): void {
    try {
      if (this.open) work();
    } catch (thrown) {
      this.#giveUp(realtimeFault(thrown));
    }
  }

  #note({ code, message }: OffhookError): void {
    this.#call.noteFault({ code, message, where: "model" });
  }

  #giveUp(fault: OffhookError): void {
    if (!this.open) return;
    this.close();
    const { fallback = {} } = this.#options;
    void giveUp(this.#call, new Speaker(this.#call), undefined, fallback, "model", fault);
  }
}

function realtimeFault(thrown: unknown): OffhookError {
  const fault = portFault("model", thrown);
  return fault.code === "MODEL_FAILED"
    ? new OffhookError("REALTIME_FAILED", fault.message, { cause: fault.cause })
    : fault;
}
