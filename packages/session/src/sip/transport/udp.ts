import dgram from "node:dgram";
import { isIPv6 } from "node:net";
import { messageOf, OffhookError } from "../../errors.js";
import { formatHost, type HostPort, hostPortKey, type Wire, type WireEvents } from "./wire.js";

const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;
const BIND_ATTEMPTS = 5;
/** Beside the open socket, one connected socket for each watched peer, up to this many. */
const MAX_TWINS = 64;

/**
 * UDP (RFC 3261 18.1.1). An unconnected socket never learns that a port is closed, so each watched
 * peer also gets a connected socket on the same local port: the kernel hands it that peer's packets
 * and reports ICMP errors, while the open socket goes on receiving from everybody else.
 * @throws ADDRESS_IN_USE, TRANSPORT_FAILED
 */
export async function openUdpWire(bind: HostPort, events: WireEvents): Promise<Wire> {
  const type = isIPv6(bind.address) ? "udp6" : "udp4";
  const mayTwin = process.platform === "linux";
  const open = await bindOpenSocket(type, bind, mayTwin);
  const twins = new Map<string, dgram.Socket>();
  const connecting = new Map<string, Promise<void>>();
  const { address, port } = open.address();
  const local: HostPort = { address, port };
  let closed = false;

  setReceiveBuffer(open);
  open.on("message", (data, from) =>
    events.onMessage(data, { address: from.address, port: from.port }),
  );
  open.on("error", (error) => events.onDropped(messageOf(error)));

  const addTwin = (remote: HostPort): Promise<void> => {
    const key = hostPortKey(remote);
    const known = connecting.get(key);
    if (known) return known;
    if (!mayTwin || closed || connecting.size >= MAX_TWINS) return Promise.resolve();
    const added = connectTwin(remote).then((twin) => {
      if (closed) twin?.close();
      else if (twin) twins.set(key, twin);
    });
    connecting.set(key, added);
    return added;
  };

  const connectTwin = async (remote: HostPort): Promise<dgram.Socket | undefined> => {
    const twin = dgram.createSocket({ type, reuseAddr: true });
    twin.on("error", (error) => events.onUnreachable(remote, describe(error)));
    twin.on("message", (data) => events.onMessage(data, remote));
    try {
      await new Promise<void>((resolve, reject) => {
        twin.once("error", reject);
        twin.bind({ address: bind.address, port, exclusive: true }, () =>
          twin.connect(remote.port, remote.address, (error?: Error) => {
            twin.removeListener("error", reject);
            if (error) reject(error);
            else resolve();
          }),
        );
      });
      setReceiveBuffer(twin);
      return twin;
    } catch {
      // Not being able to watch is no reason not to talk: the open socket does.
      twin.close();
      return undefined;
    }
  };

  const put = (data: Buffer, to: HostPort, sent: (error: Error | null) => void) => {
    const twin = twins.get(hostPortKey(to));
    if (!twin) open.send(data, to.port, to.address, sent);
    else
      twin.send(data, (error) => {
        // A connected socket reports the fate of the packet before; this one was not sent yet.
        if (error && !closed) twin.send(data, sent);
        else sent(error);
      });
  };

  return {
    protocol: "UDP",
    reliable: false,
    local,
    watch: addTwin,
    send: (text, to) =>
      new Promise<void>((resolve, reject) => {
        if (closed) throw new OffhookError("TRANSPORT_FAILED", "The UDP socket is closed.");
        put(Buffer.from(text, "utf8"), to, (cause) => {
          if (!cause) return resolve();
          reject(new OffhookError("TRANSPORT_FAILED", `UDP: ${describe(cause)}`, { cause }));
        });
      }),
    async close() {
      if (closed) return;
      closed = true;
      await Promise.all(connecting.values());
      const sockets = [open, ...twins.values()];
      twins.clear();
      await Promise.all(
        sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))),
      );
    },
  };
}

/**
 * Binds so that twins may share the port, yet finds out first whether anybody else has it: with
 * address reuse alone, two programs would silently share a port.
 */
async function bindOpenSocket(
  type: "udp4" | "udp6",
  bind: HostPort,
  mayTwin: boolean,
): Promise<dgram.Socket> {
  for (let attempt = 1; ; attempt++) {
    try {
      const exclusive = await bindSocket(
        dgram.createSocket({ type, ipv6Only: type === "udp6" }),
        bind,
      );
      if (!mayTwin) return exclusive;
      const { port } = exclusive.address();
      await new Promise<void>((resolve) => exclusive.close(() => resolve()));
      const shared = dgram.createSocket({ type, reuseAddr: true, ipv6Only: type === "udp6" });
      return await bindSocket(shared, { address: bind.address, port });
    } catch (error) {
      const inUse = (error as { code?: unknown }).code === "EADDRINUSE";
      // Between the two binds another program may have been quicker.
      if (inUse && bind.port === 0 && attempt < BIND_ATTEMPTS) continue;
      const where = `udp:${formatHost(bind.address)}:${bind.port}`;
      if (inUse)
        throw new OffhookError("ADDRESS_IN_USE", `${where} is already taken.`, {
          remedy: "Choose another port, or port 0 for a free one.",
          cause: error,
        });
      throw new OffhookError("TRANSPORT_FAILED", `Cannot listen on ${where}: ${describe(error)}.`, {
        cause: error,
      });
    }
  }
}

function bindSocket(socket: dgram.Socket, to: HostPort): Promise<dgram.Socket> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error) => {
      socket.close();
      reject(error);
    };
    socket.once("error", onError);
    socket.bind({ address: to.address, port: to.port, exclusive: true }, () => {
      socket.removeListener("error", onError);
      resolve(socket);
    });
  });
}

function setReceiveBuffer(socket: dgram.Socket): void {
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  } catch {
    // The system's own limit stands.
  }
}

/** The system's word for it, without addresses. */
function describe(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" ? code : "the socket failed";
}
