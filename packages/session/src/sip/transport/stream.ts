import net from "node:net";
import tls from "node:tls";
import type { Clock, TimerHandle } from "../../clock.js";
import { OffhookError } from "../../errors.js";
import { StreamFramer } from "./framer.js";
import { closerOf, describeConnectionError, listenOn } from "./listen.js";
import { PING, Pulse } from "./pulse.js";
import { clientOptions, PeerNames, serverOptions, type TlsSettings } from "./secure.js";
import { type HostPort, hostPortKey, type Wire, type WireEvents } from "./wire.js";

export interface StreamWireOptions {
  readonly bind: HostPort;
  readonly clock: Clock;
  /** Present for TLS (1.2 at least). */
  readonly tls?: TlsSettings;
  /** The name of a peer of which no other is known. */
  readonly usualName?: string;
  /** Give up connecting after this long. */
  readonly connectTimeoutMs: number;
  /** How many may be connected at once; one more is turned away. */
  readonly maxConnections?: number;
}

/** A message has this long to come in whole, and whoever connects this long to send the first one. */
const STALLED_MESSAGE_MS = 30_000;
/** How long a connection that is given up may take to hear so. */
const LAST_WORD_MS = 1_000;
const MAX_CONNECTIONS = 10_000;
/** What may wait for a slow peer before the connection is given up. */
const MAX_BACKLOG_BYTES = 4 * 1024 * 1024;

interface Connection {
  readonly remote: HostPort;
  readonly socket: net.Socket;
  readonly ready: Promise<void>;
  stall: TimerHandle | undefined;
  readonly pulse: Pulse;
}

/**
 * TCP and TLS (RFC 3261 18): listens, connects on demand, and answers over the connection a request
 * came by.
 * @throws ADDRESS_IN_USE, TRANSPORT_FAILED
 */
export async function openStreamWire(
  options: StreamWireOptions,
  events: WireEvents,
): Promise<Wire> {
  const { bind, clock, tls: secure, maxConnections = MAX_CONNECTIONS } = options;
  const names = secure && new PeerNames(secure, options.usualName);
  const connections = new Map<string, Connection>();
  let closed = false;

  const adopt = (
    socket: net.Socket,
    remote: HostPort,
    ready: Promise<void>,
    arrived: boolean,
  ): Connection => {
    const pulse = new Pulse({
      clock,
      beat: () => void socket.write(PING),
      onLost: () => socket.destroy(new Error("no answer to a keep-alive")),
    });
    const connection: Connection = { remote, socket, ready, stall: undefined, pulse };
    const key = hostPortKey(remote);
    connections.set(key, connection);
    socket.setNoDelay(true);
    let followed = true;
    const waitForMessage = (what: string) => {
      connection.stall ??= clock.setTimeout(() => {
        events.onDropped(what);
        socket.destroy();
      }, STALLED_MESSAGE_MS);
    };
    const rest = () => {
      clock.clear(connection.stall);
      connection.stall = undefined;
    };
    const framer = new StreamFramer({
      onMessage: (data) => {
        rest();
        events.onMessage(data, remote);
      },
      onPing: () => {
        rest();
        // Whoever asks without listening gets no answers kept for it.
        if (!socket.writableNeedDrain) socket.write("\r\n");
      },
      onPong: () => pulse.answered(),
    });
    if (arrived) waitForMessage("a connection without a message");
    socket.on("data", (chunk) => {
      if (!followed) return;
      followed = framer.push(chunk);
      if (!followed) {
        events.onDropped("a stream that cannot be cut into messages");
        rest();
        // The refusal of what could be read still leaves.
        connection.stall = clock.setTimeout(() => socket.destroy(), LAST_WORD_MS);
        setImmediate(() => socket.destroySoon());
      } else if (framer.midMessage) waitForMessage("a message that stopped half way");
    });
    let failure = "the connection was closed";
    socket.on("error", (error) => {
      failure = describeConnectionError(error);
    });
    socket.on("close", () => {
      clock.clear(connection.stall);
      pulse.stop();
      if (connections.get(key) === connection) connections.delete(key);
      if (!closed) events.onUnreachable(remote, failure);
    });
    return connection;
  };

  const connect = (remote: HostPort): Connection => {
    const target = { host: remote.address, port: remote.port };
    const socket = secure
      ? tls.connect({ ...target, ...clientOptions(secure), ...names?.of(remote) })
      : net.connect(target);
    const ready = new Promise<void>((resolve, reject) => {
      const timer = clock.setTimeout(
        () => socket.destroy(new Error("ETIMEDOUT")),
        options.connectTimeoutMs,
      );
      socket.once(secure ? "secureConnect" : "connect", () => {
        clock.clear(timer);
        resolve();
      });
      socket.once("error", (error) => {
        clock.clear(timer);
        reject(error);
      });
      socket.once("close", () => {
        clock.clear(timer);
        reject(new Error("the connection was closed"));
      });
    });
    // Whoever sends looks at it; a connection that nobody waits for must not end the process.
    ready.catch(() => undefined);
    return adopt(socket, remote, ready, false);
  };

  const onConnection = (socket: net.Socket) => {
    if (closed || connections.size >= maxConnections || !socket.remoteAddress) {
      socket.destroy();
      return;
    }
    const remote = { address: socket.remoteAddress, port: socket.remotePort ?? 0 };
    adopt(socket, remote, Promise.resolve(), true);
  };
  const server =
    secure && !secure.cert
      ? undefined
      : secure
        ? tls.createServer(
            { ...serverOptions(secure), handshakeTimeout: options.connectTimeoutMs },
            onConnection,
          )
        : net.createServer(onConnection);
  server?.on("tlsClientError", () => events.onDropped("a TLS handshake that failed"));
  // Counts those that are still shaking hands, too.
  if (server) server.maxConnections = maxConnections;
  const closeServer = server && closerOf(server);
  const local = server ? await listenOn(server, bind, secure ? "tls" : "tcp") : bind;

  return {
    protocol: secure ? "TLS" : "TCP",
    reliable: true,
    local,
    async watch(remote) {
      if (closed) return;
      const connection = connections.get(hostPortKey(remote)) ?? connect(remote);
      await connection.ready.catch(() => undefined);
    },
    localOf(remote) {
      const socket = server ? undefined : connections.get(hostPortKey(remote))?.socket;
      if (!socket?.localAddress) return undefined;
      return { address: socket.localAddress, port: socket.localPort ?? 0 };
    },
    isOpen: (remote) => connections.get(hostPortKey(remote))?.socket.readyState === "open",
    keepAlive(remote) {
      const { socket, pulse } = connections.get(hostPortKey(remote)) ?? {};
      if (socket?.readyState === "open") pulse?.beat();
    },
    async send(text, to) {
      if (closed) throw new OffhookError("TRANSPORT_FAILED", "The transport is closed.");
      const connection = connections.get(hostPortKey(to)) ?? connect(to);
      try {
        await connection.ready;
      } catch (error) {
        throw new OffhookError(
          "TRANSPORT_FAILED",
          `${secure ? "TLS" : "TCP"}: ${describeConnectionError(error)}`,
          {
            cause: error,
          },
        );
      }
      if (connection.socket.writableLength > MAX_BACKLOG_BYTES) connection.socket.destroy();
      if (!connection.socket.writable)
        throw new OffhookError("TRANSPORT_FAILED", "The connection was closed.");
      connection.socket.write(text, "utf8");
    },
    async close() {
      if (closed) return;
      closed = true;
      await Promise.all([...connections.values()].map((each) => endConnection(each, clock)));
      await closeServer?.();
    },
  };
}

/** Lets what was written leave, then closes. */
async function endConnection(connection: Connection, clock: Clock): Promise<void> {
  const { socket } = connection;
  clock.clear(connection.stall);
  connection.pulse.stop();
  if (socket.connecting || socket.destroyed) {
    socket.destroy();
    return;
  }
  await new Promise<void>((resolve) => {
    const impatient = setTimeout(resolve, 200);
    socket.end(() => {
      clearTimeout(impatient);
      resolve();
    });
  });
  socket.destroy();
}
