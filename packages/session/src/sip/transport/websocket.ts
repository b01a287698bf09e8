import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import type { Clock } from "../../clock.js";
import { OffhookError } from "../../errors.js";
import { MAX_BODY_BYTES, MAX_HEAD_BYTES } from "./framer.js";
import { closerOf, describeConnectionError, listenOn } from "./listen.js";
import { Pulse } from "./pulse.js";
import { clientOptions, PeerNames, serverOptions, type TlsSettings } from "./secure.js";
import { formatHost, type HostPort, hostPortKey, type Wire, type WireEvents } from "./wire.js";

export interface WebSocketWireOptions {
  readonly bind: HostPort;
  /** Present for `wss`. */
  readonly tls?: TlsSettings;
  /** The name of a peer of which no other is known. */
  readonly usualName?: string;
  /** What is asked for below the peer's address. Default `/`. */
  readonly path?: string;
  readonly secure: boolean;
  /** Whether to accept connections as well. */
  readonly listen: boolean;
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
}

interface Connection {
  readonly socket: WebSocket;
  readonly ready: Promise<void>;
  /** Our end of it. */
  own: HostPort | undefined;
  readonly pulse: Pulse;
}

const SUBPROTOCOL = "sip";
const MAX_CONNECTIONS = 10_000;
/** What may wait for a slow peer before the connection is given up. */
const MAX_BACKLOG_BYTES = 4 * 1024 * 1024;
const MAX_PONG_BACKLOG_BYTES = 16 * 1024;
/** Whoever connects has this long to ask for a WebSocket. */
const HANDSHAKE_MS = 30_000;
const MAX_PAYLOAD_BYTES = MAX_HEAD_BYTES + MAX_BODY_BYTES;

/** SIP over WebSocket (RFC 7118): one message per frame, requests and responses over one connection. */
export async function openWebSocketWire(
  options: WebSocketWireOptions,
  events: WireEvents,
): Promise<Wire> {
  const { bind, tls, secure, clock, connectTimeoutMs, path = "/" } = options;
  const names = new PeerNames(tls ?? {}, options.usualName);
  const connections = new Map<string, Connection>();
  let closed = false;

  const adopt = (socket: WebSocket, remote: HostPort, ready: Promise<void>) => {
    const key = hostPortKey(remote);
    const pulse = new Pulse({
      clock,
      beat: () => socket.ping(undefined, undefined, () => undefined),
      onLost: () => socket.terminate(),
      isObliged: true,
    });
    const connection: Connection = { socket, ready, own: undefined, pulse };
    socket.on("pong", () => pulse.answered());
    socket.once("upgrade", ({ socket: { localAddress, localPort } }) => {
      if (localAddress && localPort) connection.own = { address: localAddress, port: localPort };
    });
    connections.set(key, connection);
    let failure = "the connection was closed";
    socket.on("message", (data) => events.onMessage(asBuffer(data), remote));
    // Whoever pings without listening gets no answers kept for it.
    socket.on("ping", (data) => {
      if (socket.bufferedAmount < MAX_PONG_BACKLOG_BYTES && socket.readyState === WebSocket.OPEN)
        socket.pong(data, undefined, () => undefined);
    });
    socket.on("error", (error) => {
      failure = describeConnectionError(error);
    });
    socket.on("close", () => {
      pulse.stop();
      if (connections.get(key) === connection) connections.delete(key);
      if (!closed) events.onUnreachable(remote, failure);
    });
    return connection;
  };

  const connect = (remote: HostPort) => {
    const url = `${secure ? "wss" : "ws"}://${formatHost(remote.address)}:${remote.port}${path}`;
    const expected = names.of(remote);
    const { servername } = expected;
    const socket = new WebSocket(url, SUBPROTOCOL, {
      handshakeTimeout: connectTimeoutMs,
      maxPayload: MAX_PAYLOAD_BYTES,
      autoPong: false,
      ...clientOptions(tls),
      // Several servers may share an address behind one that tells them apart by name.
      ...(servername === undefined ? {} : { headers: { Host: `${servername}:${remote.port}` } }),
      ...expected,
    });
    const ready = new Promise<void>((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
      socket.once("close", () => reject(new Error("the connection was closed")));
    });
    ready.catch(() => undefined);
    return adopt(socket, remote, ready);
  };

  const http = !options.listen
    ? undefined
    : secure
      ? createHttpsServer(
          { ...serverOptions(tls), handshakeTimeout: connectTimeoutMs },
          refuseOrdinary,
        )
      : createHttpServer(refuseOrdinary);
  if (http) {
    http.maxConnections = MAX_CONNECTIONS;
    http.headersTimeout = HANDSHAKE_MS;
    http.requestTimeout = HANDSHAKE_MS;
  }
  const server =
    http &&
    new WebSocketServer({
      server: http,
      maxPayload: MAX_PAYLOAD_BYTES,
      autoPong: false,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    });
  server?.on("error", (error) => events.onDropped(describeConnectionError(error)));
  server?.on("connection", (socket, request) => {
    const { remoteAddress, remotePort } = request.socket;
    if (closed || !remoteAddress || socket.protocol !== SUBPROTOCOL) {
      // What it sends before it has closed may be no WebSocket frame at all.
      socket.on("error", (error) => events.onDropped(describeConnectionError(error)));
      socket.close(1002);
    } else adopt(socket, { address: remoteAddress, port: remotePort ?? 0 }, Promise.resolve());
  });
  const closeHttp = http && closerOf(http);
  const local = http ? await listenOn(http, bind, secure ? "wss" : "ws") : bind;

  return {
    protocol: secure ? "WSS" : "WS",
    reliable: true,
    local,
    async watch(remote) {
      const connection = connections.get(hostPortKey(remote)) ?? connect(remote);
      // A failure is told by whoever sends next.
      await connection.ready.catch(() => undefined);
    },
    localOf: (remote) => (http ? undefined : connections.get(hostPortKey(remote))?.own),
    isOpen: (remote) => connections.get(hostPortKey(remote))?.socket.readyState === WebSocket.OPEN,
    keepAlive(remote) {
      const { socket, pulse } = connections.get(hostPortKey(remote)) ?? {};
      if (socket?.readyState === WebSocket.OPEN) pulse?.beat();
    },
    async send(text, to) {
      if (closed) throw new OffhookError("TRANSPORT_FAILED", "The transport is closed.");
      const { socket, ready } = connections.get(hostPortKey(to)) ?? connect(to);
      try {
        await ready;
        if (socket.bufferedAmount > MAX_BACKLOG_BYTES) socket.terminate();
        await new Promise<void>((resolve, reject) =>
          socket.send(text, (error) => (error ? reject(error) : resolve())),
        );
      } catch (error) {
        throw new OffhookError("TRANSPORT_FAILED", `WebSocket: ${describeConnectionError(error)}`, {
          cause: error,
        });
      }
    },
    async close() {
      if (closed) return;
      closed = true;
      for (const { socket, pulse } of connections.values()) {
        pulse.stop();
        socket.terminate();
      }
      server?.close();
      await closeHttp?.();
    },
  };
}

/** There is nothing here but WebSockets (RFC 9110 15.5.22). */
function refuseOrdinary(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(426, { Upgrade: "websocket", Connection: "close" }).end();
}

function asBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
