import { type Clock, OffhookError, type TimerHandle } from "@offhook/session";
import { WebSocket } from "ws";
import {
  corrupt,
  parseServerMessage,
  type RetellClientMessage,
  type RetellServerMessage,
} from "./retell-messages.js";

export interface RetellSocketOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly openTimeoutMs: number;
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  /** How often a connection that was lost is made again, in a row. */
  readonly reconnects: number;
  readonly reconnectDelayMs: number;
  readonly onMessage: (message: RetellServerMessage) => void;
  /** Open, or open again. */
  readonly onOpen: (again: boolean) => void;
  /** The server closed with 1000: it has nothing more to say. */
  readonly onGone: () => void;
  /** For good. */
  readonly onFailure: (error: OffhookError) => void;
}

const NORMAL_CLOSURE = 1_000;
/** No close frame came (RFC 6455 7.4.1). */
const ABNORMAL_CLOSURE = 1_006;
const CLOSE_PATIENCE_MS = 1_000;
const MAX_PAYLOAD_BYTES = 1 << 20;

/** Keeps the socket to a custom model's server: opens it, watches its pings, opens it again. */
export class RetellSocket {
  readonly #options: RetellSocketOptions;
  #socket: WebSocket | undefined;
  #opened = false;
  #timer: TimerHandle | undefined;
  #pinger: TimerHandle | undefined;
  #lastPingAtMs = 0;
  /** Set by the server's config; without it, losing the connection is final. */
  #mayReconnect = false;
  #reconnects = 0;
  #closed = false;

  constructor(options: RetellSocketOptions) {
    this.#options = options;
    this.#connect();
  }

  send(message: RetellClientMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** Idempotent. Leaves no timer and no socket behind. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#drop();
  }

  #connect(): void {
    const { url, headers, clock, openTimeoutMs } = this.#options;
    const socket = new WebSocket(url, {
      headers,
      maxPayload: MAX_PAYLOAD_BYTES,
      perMessageDeflate: false,
    });
    this.#socket = socket;
    const isCurrent = () => this.#socket === socket;
    this.#timer = clock.setTimeout(() => this.#onLost("it did not open in time"), openTimeoutMs);
    socket.on("open", () => isCurrent() && this.#onOpen());
    socket.on("message", (data, isBinary) => {
      if (isCurrent()) this.#onMessage(String(data), isBinary);
    });
    // What an error means is known from the close that follows it.
    socket.on("error", () => {});
    socket.on("close", (code) => isCurrent() && this.#onClose(code));
  }

  #onOpen(): void {
    const { clock, onOpen } = this.#options;
    clock.clear(this.#timer);
    const again = this.#opened;
    this.#opened = true;
    if (again) this.#watchPings();
    onOpen(again);
  }

  #onMessage(data: string, isBinary: boolean): void {
    try {
      if (isBinary) throw corrupt("it is binary");
      const message = parseServerMessage(data);
      this.#reconnects = 0;
      if (message.response_type === "ping_pong") this.#lastPingAtMs = this.#options.clock.nowMs();
      else if (message.response_type === "config") this.#configure(message.config);
      this.#options.onMessage(message);
    } catch (thrown) {
      this.#fail(thrown instanceof OffhookError ? thrown : corrupt(String(thrown)));
    }
  }

  #configure({ auto_reconnect }: { readonly auto_reconnect?: boolean | undefined }): void {
    this.#mayReconnect = auto_reconnect ?? false;
    if (this.#mayReconnect) this.#watchPings();
  }

  #watchPings(): void {
    const { clock, pingIntervalMs, pingTimeoutMs } = this.#options;
    clock.clear(this.#pinger);
    this.#lastPingAtMs = clock.nowMs();
    this.#pinger = clock.setInterval(() => {
      if (clock.nowMs() - this.#lastPingAtMs > pingTimeoutMs)
        return this.#onLost("it stopped answering pings");
      this.send({ interaction_type: "ping_pong", timestamp: Math.round(clock.wallMs()) });
    }, pingIntervalMs);
  }

  #onClose(code: number): void {
    if (!this.#opened || code === ABNORMAL_CLOSURE) return this.#onLost("it dropped");
    this.#closed = true;
    this.#drop();
    if (code === NORMAL_CLOSURE) return this.#options.onGone();
    this.#options.onFailure(
      new OffhookError("LLM_SOCKET_RUNTIME", `The custom model's server closed with ${code}.`, {
        remedy: "Read the server's log for what went wrong.",
      }),
    );
  }

  #onLost(how: string): void {
    this.#drop();
    const { clock, reconnects, reconnectDelayMs } = this.#options;
    if (!this.#opened)
      return this.#fail(
        new OffhookError("LLM_SOCKET_OPEN_FAILED", `The custom model's socket failed: ${how}.`, {
          remedy: "Check the URL, and that the server can be reached from here.",
        }),
      );
    if (!this.#mayReconnect || this.#reconnects >= reconnects)
      return this.#fail(
        new OffhookError("LLM_SOCKET_LOST", `The custom model's socket was lost: ${how}.`, {
          remedy: "Let the server's config ask for auto_reconnect, and check its stability.",
        }),
      );
    this.#reconnects++;
    this.#timer = clock.setTimeout(() => this.#connect(), reconnectDelayMs);
  }

  #fail(error: OffhookError): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#drop();
    this.#options.onFailure(error);
  }

  #drop(): void {
    const { clock } = this.#options;
    clock.clear(this.#timer);
    clock.clear(this.#pinger);
    const socket = this.#socket;
    this.#socket = undefined;
    if (!this.#closed || socket?.readyState !== WebSocket.OPEN) return socket?.terminate();
    socket.close(NORMAL_CLOSURE);
    // A server that does not answer the close frame must not keep the socket open.
    const patience = clock.setTimeout(() => socket.terminate(), CLOSE_PATIENCE_MS);
    socket.once("close", () => clock.clear(patience));
  }
}
