import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";

export interface ModelServer {
  readonly url: string;
  /** The ids of the calls that were dialled. */
  readonly calls: readonly string[];
  close(): Promise<void>;
}

/** What a server of your own may look like: a few rules instead of a language model. */
export async function startModelServer(): Promise<ModelServer> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const calls: string[] = [];
  server.on("connection", (socket, request) => {
    calls.push(request.url?.split("/").at(-1) ?? "");
    const tell = (message: object) => socket.send(JSON.stringify(message));
    tell({ response_type: "config", config: { auto_reconnect: true } });
    tell({
      response_type: "response",
      response_id: 0,
      content:
        "Hello, this is the Riverside Dental clinic. Does tomorrow at ten o'clock still work for you?",
      content_complete: true,
    });
    socket.on("message", (data) => {
      const { interaction_type: type, response_id, transcript } = JSON.parse(String(data));
      if (type === "ping_pong") return tell({ response_type: "ping_pong", timestamp: Date.now() });
      if (type === "reminder_required")
        return tell({
          response_type: "response",
          response_id,
          content: "Are you still there?",
          content_complete: true,
        });
      if (type !== "response_required") return;
      const agreed = /\byes\b/i.test(transcript.at(-1)?.content ?? "");
      // As a model does it: word by word.
      tell({
        response_type: "response",
        response_id,
        content: agreed ? "Wonderful, " : "Thank you, ",
      });
      tell({
        response_type: "response",
        response_id,
        content: agreed ? "see you tomorrow." : "and goodbye.",
        content_complete: true,
        end_call: true,
      });
    });
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}/llm-websocket`,
    calls,
    async close() {
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
