import { isIPv6, type Server, type Socket } from "node:net";
import { messageOf, OffhookError } from "../../errors.js";
import { formatHost, type HostPort } from "./wire.js";

/**
 * Binds a server that takes connections and settles with the port it got. `scheme` is what messages
 * call it: `tcp`, `tls`, `ws`, `wss`.
 * @throws ADDRESS_IN_USE, TRANSPORT_FAILED
 */
export function listenOn(server: Server, bind: HostPort, scheme: string): Promise<HostPort> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      const where = `${scheme}:${formatHost(bind.address)}:${bind.port}`;
      const inUse = (error as { code?: unknown }).code === "EADDRINUSE";
      reject(
        new OffhookError(
          inUse ? "ADDRESS_IN_USE" : "TRANSPORT_FAILED",
          inUse
            ? `${where} is already taken.`
            : `Cannot listen on ${where}: ${describeConnectionError(error)}.`,
          { remedy: "Choose another port, or port 0 for a free one.", cause: error },
        ),
      );
    });
    // As over UDP: who wants both IP versions names both, and then either socket has its own.
    const where = { host: bind.address, port: bind.port, ipv6Only: isIPv6(bind.address) };
    server.listen(where, () => {
      const bound = server.address();
      const port = typeof bound === "object" && bound ? bound.port : bind.port;
      resolve({ address: bind.address, port });
    });
  });
}

/**
 * Closes a server without waiting for those who connected and never went on: with half a handshake
 * they are nobody's connection yet. To be called before it listens.
 */
export function closerOf(server: Server): () => Promise<void> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
}

/** The system's code where there is one (`ECONNREFUSED`): shorter than its message, and no address in it. */
export function describeConnectionError(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  return typeof code === "string" ? code : messageOf(error);
}
