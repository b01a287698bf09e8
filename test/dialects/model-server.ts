import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

/** Runs `work` beside a custom model's server, which does `onConnection` to whoever connects. */
export async function besideModelServer<Result>(
  onConnection: (socket: WebSocket) => void,
  work: (url: string) => Promise<Result>,
): Promise<Result> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  server.on("connection", onConnection);
  try {
    const { port } = server.address() as AddressInfo;
    return await work(`ws://127.0.0.1:${port}/llm`);
  } finally {
    for (const client of server.clients) client.terminate();
    await new Promise((resolve) => server.close(resolve));
  }
}
