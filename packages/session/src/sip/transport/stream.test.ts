import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { systemClock } from "../../clock.js";
import { openStreamWire } from "./stream.js";
import type { Wire } from "./wire.js";

const sockets: Socket[] = [];
let wire: Wire | undefined;
afterEach(async () => {
  await wire?.close();
  for (const socket of sockets.splice(0)) socket.destroy();
});

const received: string[] = [];
const message = "OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 0\r\n\r\n";

async function stranger(): Promise<{ socket: Socket; isClosed: () => boolean }> {
  const socket = connect(wire?.local.port ?? 0, "127.0.0.1");
  sockets.push(socket);
  let closed = false;
  socket
    .on("error", () => undefined)
    .once("close", () => {
      closed = true;
    });
  socket.resume();
  await once(socket, "connect");
  return { socket, isClosed: () => closed };
}

it("turns away who is one too many, and goes on with the others", async () => {
  received.length = 0;
  wire = await openStreamWire(
    {
      bind: { address: "127.0.0.1", port: 0 },
      clock: systemClock(),
      connectTimeoutMs: 1_000,
      maxConnections: 2,
    },
    {
      onMessage: (data) => received.push(data.toString()),
      onUnreachable: () => undefined,
      onDropped: () => undefined,
    },
  );
  const [first, second] = [await stranger(), await stranger()];
  for (const { socket } of [first, second]) socket.write(message);
  await expect.poll(() => received.length).toBe(2);
  const third = await stranger();
  third.socket.write(message);
  await expect.poll(third.isClosed).toBe(true);
  first.socket.write(message);
  await expect.poll(() => received.length).toBe(3);
  second.socket.destroy();
  await expect
    .poll(async () => {
      const another = await stranger();
      another.socket.write(message);
      await new Promise((resolve) => setTimeout(resolve, 20));
      return another.isClosed();
    })
    .toBe(false);
});
