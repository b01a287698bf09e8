import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createSipCarrier, type SipCarrier } from "../sip-carrier.js";
import { fakeMediaPlane } from "../testing/fake-media-plane.js";

const open: SipCarrier[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((carrier) => carrier.close()));
});

const large = { "X-Context": "c".repeat(1_000) };

/** A port that is free for UDP and for TCP. */
async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer();
    const port = await new Promise<number>((resolve) =>
      server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port)),
    );
    await new Promise<void>((resolve) => server.close(() => resolve()));
    const socket = createSocket("udp4");
    const free = await new Promise<boolean>((resolve) => {
      socket.once("error", () => resolve(false));
      socket.bind(port, "127.0.0.1", () => resolve(true));
    });
    await new Promise<void>((resolve) => socket.close(() => resolve()));
    if (free) return port;
  }
}

/** Calls over a UDP trunk whose peer listens as told; resolves once our BYE was understood. */
async function callAndEnd(
  transport: "udp" | "tcp",
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const port = await freePort();
  const callee = createSipCarrier({
    listen: [`${transport}:127.0.0.1:${port}`],
    mediaPlane: fakeMediaPlane(),
  });
  open.push(callee);
  await callee.ready();
  const ended = new Promise<void>((resolve) => {
    callee.receiveCalls((offer) => {
      const leg = offer.accept({
        onSignal: ({ type }) => {
          if (type === "far_side_ended") resolve();
        },
      });
      leg.answer();
    });
  });
  const leg = dial(port, headers, () => leg.bye());
  await ended;
}

function dial(port: number, headers: Readonly<Record<string, string>>, onAnswered: () => void) {
  const caller = createSipCarrier({
    trunk: { uri: `sip:127.0.0.1:${port}` },
    mediaPlane: fakeMediaPlane(),
  });
  open.push(caller);
  const destination = caller.parseDestination("+12025550100");
  return caller.placeCall(
    { callId: "call-1", destination, headers },
    {
      onSignal({ type }) {
        if (type === "answered") onAnswered();
      },
    },
  );
}

describe("the INVITE of a UDP trunk", () => {
  it("goes over TCP when no datagram should carry it, and the BYE follows it", async () => {
    await callAndEnd("tcp", large);
  });

  it("goes over UDP all the same where the peer takes no TCP", async () => {
    await callAndEnd("udp", large);
  });

  it("stays with UDP while it is small, whatever else the peer takes", async () => {
    const port = await freePort();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(port, "127.0.0.1", resolve));
    let connections = 0;
    server.on("connection", () => {
      connections += 1;
    });
    const first = new Promise<string>((resolve) =>
      socket.once("message", (data) => resolve(data.toString())),
    );
    const leg = dial(port, {}, () => undefined);
    expect(await first).toMatch(/^INVITE /);
    expect(connections).toBe(0);
    leg.release();
    socket.close();
    server.close();
  });
});
