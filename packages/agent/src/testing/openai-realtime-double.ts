import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { z } from "zod";
import { DoubleSession } from "./openai-realtime-session.js";

/** One answer of the double: something said, or a function called. */
export type DoubleAnswer =
  | string
  | { readonly call: string; readonly arguments: Readonly<Record<string, unknown>> };

export interface RealtimeDoubleOptions {
  /** What it answers, in order; the last one again and again. Default: a short sentence. */
  readonly answers?: readonly DoubleAnswer[];
  /** What it pretends to have understood, turn by turn. */
  readonly heard?: readonly string[];
}

/** A stand-in for OpenAI's Realtime API on this machine. */
export interface RealtimeDouble {
  /** For `openAiRealtime({ url })`. */
  readonly url: string;
  /** Every client event it took, in order, without the audio. */
  readonly events: readonly Readonly<Record<string, unknown>>[];
  /** How much of the caller's audio it was sent, in ms. */
  readonly audioInMs: number;
  /** Breaks every connection. */
  drop(): void;
  close(): Promise<void>;
}

/**
 * Speaks the protocol as the real one does: the handshake needs a key, a session is set up before
 * anything else, G.711 µ-law both ways, server voice activity detection that cancels what is being
 * said, answers sent faster than they are heard, `truncate` checked against what was sent, function
 * calls that wait for their output. It hums instead of speaking, and understands what it is told to.
 */
export async function startRealtimeDouble(
  options: RealtimeDoubleOptions = {},
): Promise<RealtimeDouble> {
  const server = new WebSocketServer({
    port: 0,
    host: "127.0.0.1",
    verifyClient: ({ req }: { req: IncomingMessage }) =>
      /^Bearer .+/.test(req.headers.authorization ?? "") && /[?&]model=/.test(req.url ?? ""),
  });
  await once(server, "listening");
  const events: Record<string, unknown>[] = [];
  const { answers = ["I am here."], heard = [] } = options;
  let audioInMs = 0;
  server.on("connection", (socket: WebSocket) => {
    const session = new DoubleSession({
      answers,
      heard,
      send: (event) => socket.send(JSON.stringify(event)),
      onAudio: (durationMs) => {
        audioInMs += durationMs;
      },
    });
    socket.on("message", (data) => {
      const event = clientEvent(String(data));
      if (event && event["type"] !== "input_audio_buffer.append") events.push(event);
      session.take(event);
    });
    socket.on("close", () => session.close());
    session.open();
  });
  const { port } = server.address() as AddressInfo;
  const drop = () => {
    for (const client of server.clients) client.terminate();
  };
  return {
    url: `ws://127.0.0.1:${port}/v1/realtime`,
    events,
    get audioInMs() {
      return audioInMs;
    },
    drop,
    async close() {
      drop();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function clientEvent(data: string): Record<string, unknown> | undefined {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(data));
  } catch {
    return undefined;
  }
}
