import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";

const LOUD = 500;
const RATE = 16_000;

/** The vendor that does not exist: hums whenever somebody has spoken. */
export async function startMadeUpServer() {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  server.on("connection", (socket) => {
    const tell = (message: object) => socket.send(JSON.stringify(message));
    let speaking = false;
    let quietMs = 0;
    socket.on("message", (data, isBinary) => {
      if (!isBinary || !Buffer.isBuffer(data)) return;
      const durationMs = (data.length / 2 / RATE) * 1_000;
      const isLoud = peakOf(data) > LOUD;
      quietMs = isLoud ? 0 : quietMs + durationMs;
      if (isLoud && !speaking) {
        speaking = true;
        tell({ speaking });
      }
      if (!speaking || quietMs < 500) return;
      speaking = false;
      tell({ speaking, heard: "something", says: "Hm." });
      socket.send(hum(800));
      tell({ done: true });
    });
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}`,
    async close() {
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function peakOf(bytes: Buffer): number {
  let peak = 0;
  for (let at = 0; at + 1 < bytes.length; at += 2)
    peak = Math.max(peak, Math.abs(bytes.readInt16LE(at)));
  return peak;
}

function hum(durationMs: number): Buffer {
  const samples = Int16Array.from(
    { length: (durationMs * RATE) / 1_000 },
    (_, index) => 8_000 * Math.sin((2 * Math.PI * 220 * index) / RATE),
  );
  return Buffer.from(samples.buffer);
}
