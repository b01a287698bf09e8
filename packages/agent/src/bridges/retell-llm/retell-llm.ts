import type { OffhookError } from "@offhook/session";
import { z } from "zod";
import type {
  LanguageModel,
  ModelCall,
  OpenModel,
  ReplyPart,
  ReplyRequest,
  Turn,
} from "../../conversation/ports.js";
import { PushQueue } from "../../conversation/push-queue.js";
import { parseOptions } from "../../parse-options.js";
import { type RetellServerMessage, type RetellSpoken, transcriptOf } from "./retell-messages.js";
import { RetellSocket } from "./retell-socket.js";

export interface RetellLlmOptions {
  /** `ws:` or `wss:`; the call's id is added as the last part of its path. */
  readonly url: string;
  /** Sent with the handshake, for a server that wants to know who calls. Never logged. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What `call_details` says besides id and direction, for a server that asks for it. */
  readonly callDetails?: Readonly<Record<string, unknown>>;
  /** Default 5,000. */
  readonly openTimeoutMs?: number;
  /** Default 2,000. */
  readonly pingIntervalMs?: number;
  /** Without a ping for this long the connection counts as lost. Default 5,000. */
  readonly pingTimeoutMs?: number;
  /** How often in a row it is made again, if the server's config asks for it. Default 2. */
  readonly reconnects?: number;
  /** Default 500. */
  readonly reconnectDelayMs?: number;
}

const ms = z.number().int().min(1).max(600_000);

const optionsSchema = z.strictObject({
  url: z.url({ protocol: /^wss?$/, error: "must be a ws: or wss: URL" }),
  headers: z.record(z.string(), z.string()).default({}),
  callDetails: z.record(z.string(), z.unknown()).default({}),
  openTimeoutMs: ms.default(5_000),
  pingIntervalMs: ms.default(2_000),
  pingTimeoutMs: ms.default(5_000),
  reconnects: z.number().int().min(0).max(100).default(2),
  reconnectDelayMs: ms.default(500),
});

/** The id of what the server says before anybody asked. */
const OPENING_ID = 0;

/**
 * A model behind a WebSocket of your own, in the protocol that Retell calls "custom LLM": we dial
 * `{url}/{callId}` once per call. Its failures end the call as LLM_WEBSOCKET_OPEN_FAILED, _LOST,
 * _RUNTIME_ERROR or _CORRUPT_PAYLOAD. Throws INVALID_OPTION.
 */
export function retellLlm(options: RetellLlmOptions): LanguageModel {
  const settings = parseOptions("retellLlm", optionsSchema, options);
  return { open: (call) => new RetellModel(call, settings) };
}

class RetellModel implements OpenModel {
  readonly #call: ModelCall;
  readonly #settings: z.output<typeof optionsSchema>;
  readonly #socket: RetellSocket;
  /** The answer that is being received; older ones are not wanted any more. */
  #answer: { readonly id: number; readonly parts: PushQueue<ReplyPart> };
  #interruption: { readonly id: number; readonly parts: PushQueue<ReplyPart> } | undefined;
  #nextId = OPENING_ID + 1;
  /** What was asked and not answered in full, to be asked again on a new connection. */
  #open: Pick<ReplyRequest, "cause" | "turns"> | undefined;
  #openingTaken = false;
  #isOpen = false;

  constructor(call: ModelCall, settings: z.output<typeof optionsSchema>) {
    this.#call = call;
    this.#settings = settings;
    this.#answer = { id: OPENING_ID, parts: new PushQueue() };
    const { url, callDetails: _details, ...rest } = settings;
    this.#socket = new RetellSocket({
      ...rest,
      url: withCallId(url, call.callId),
      clock: call.clock,
      onOpen: () => this.#onOpen(),
      onMessage: (message) => this.#onMessage(message),
      onGone: () => call.volunteer(farewell()),
      onFailure: (error) => this.#onFailure(error),
    });
  }

  reply({ cause, turns, signal }: ReplyRequest): AsyncIterable<ReplyPart> {
    if (cause === "opening") {
      this.#openingTaken = true;
      return this.#answer.parts;
    }
    this.#answer.parts.close();
    const answer = { id: this.#nextId++, parts: new PushQueue<ReplyPart>() };
    this.#answer = answer;
    this.#open = { cause, turns };
    signal.addEventListener("abort", () => answer.parts.close(), { once: true });
    this.#ask();
    return answer.parts;
  }

  onTurn(turns: readonly Turn[]): void {
    this.#socket.send({
      interaction_type: "update_only",
      transcript: transcriptOf(turns),
      turntaking: turns.at(-1)?.role === "user" ? "agent_turn" : "user_turn",
    });
  }

  close(): void {
    this.#answer.parts.close();
    this.#interruption?.parts.close();
    this.#socket.close();
  }

  #onOpen(): void {
    this.#isOpen = true;
    this.#ask();
  }

  #ask(): void {
    if (!this.#open || !this.#isOpen) return;
    const { cause, turns } = this.#open;
    this.#socket.send({
      interaction_type: cause === "silence" ? "reminder_required" : "response_required",
      response_id: this.#answer.id,
      transcript: transcriptOf(turns),
    });
  }

  #onMessage(message: RetellServerMessage): void {
    switch (message.response_type) {
      case "config":
        if (message.config.call_details) this.#tellDetails();
        return;
      case "response":
        if (message.response_id !== this.#answer.id) return;
        if (message.response_id === OPENING_ID) this.#takeOpening(message);
        if (message.content_complete) this.#open = undefined;
        return speak(message, this.#answer.parts);
      case "agent_interrupt":
        return this.#onInterruption(message);
      default:
        // Its own tools and metadata are for those who watch the call, not for the call.
        return;
    }
  }

  /** The server opens the conversation unasked, unless the conversation waits for it anyway. */
  #takeOpening({ content }: RetellSpoken): void {
    if (this.#openingTaken || content === "") return;
    this.#openingTaken = true;
    this.#call.volunteer(this.#answer.parts);
  }

  #onInterruption(message: Extract<RetellSpoken, { response_type: "agent_interrupt" }>): void {
    const { interrupt_id: id } = message;
    if (this.#interruption?.id !== id) {
      this.#interruption?.parts.close();
      this.#interruption = { id, parts: new PushQueue() };
      this.#call.interrupt();
      this.#call.volunteer(this.#interruption.parts);
    }
    speak(message, this.#interruption.parts);
  }

  #onFailure(error: OffhookError): void {
    this.#answer.parts.close();
    this.#call.fail(error);
  }

  #tellDetails(): void {
    const { callId, direction } = this.#call;
    this.#socket.send({
      interaction_type: "call_details",
      call: {
        ...this.#settings.callDetails,
        call_id: callId,
        call_type: "phone_call",
        call_status: "ongoing",
        direction,
      },
    });
  }
}

/** What a chunk says, then, with the last one, what it asks for. */
function speak(chunk: RetellSpoken, parts: PushQueue<ReplyPart>): void {
  if (chunk.no_interruption_allowed) parts.push({ type: "uninterruptible" });
  parts.push(chunk.content);
  if (chunk.digit_to_press) parts.push({ type: "send_dtmf", digits: chunk.digit_to_press });
  if (chunk.content_complete) {
    if (chunk.transfer_number) parts.push({ type: "transfer", to: chunk.transfer_number });
    if (chunk.end_call) parts.push({ type: "end_call" });
    parts.close();
  }
}

async function* farewell(): AsyncGenerator<ReplyPart> {
  yield { type: "end_call" };
}

function withCallId(url: string, callId: string): string {
  const parsed = new URL(url);
  parsed.pathname = `${parsed.pathname.replace(/\/$/, "")}/${encodeURIComponent(callId)}`;
  return parsed.href;
}
