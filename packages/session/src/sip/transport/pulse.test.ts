import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import type { Clock } from "../../clock.js";
import { createSipCarrier, type SipCarrier } from "../sip-carrier.js";
import { fakeMediaPlane } from "../testing/fake-media-plane.js";
import { hurriedClock } from "../testing/hurried-clock.js";
import { PING, Pulse } from "./pulse.js";

describe("a connection's pulse", () => {
  let beats: number;
  let lost: number;
  const make = (isObliged?: boolean) =>
    new Pulse({
      clock: fakeClock,
      beat: () => {
        beats += 1;
      },
      onLost: () => {
        lost += 1;
      },
      ...(isObliged === undefined ? {} : { isObliged }),
    });
  const fakeClock = {
    setTimeout: (callback: () => void, delayMs: number) => ({
      dueMs: 0,
      native: setTimeout(callback, delayMs),
    }),
    clear: (timer: { native?: NodeJS.Timeout } | undefined) => clearTimeout(timer?.native),
  } as unknown as Clock;

  beforeEach(() => {
    vi.useFakeTimers();
    beats = 0;
    lost = 0;
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("is not missed of a peer that never answered", () => {
    const pulse = make();
    for (let count = 0; count < 5; count++) {
      pulse.beat();
      vi.advanceTimersByTime(25_000);
    }
    expect({ beats, lost }).toEqual({ beats: 5, lost: 0 });
  });

  it("is missed after 10 s of a peer that used to answer", () => {
    const pulse = make();
    for (let count = 0; count < 2; count++) {
      pulse.beat();
      pulse.answered();
    }
    pulse.beat();
    vi.advanceTimersByTime(9_999);
    expect(lost).toBe(0);
    vi.advanceTimersByTime(1);
    expect(lost).toBe(1);
  });

  it("does not take for an answer what comes unasked", () => {
    const pulse = make();
    for (let count = 0; count < 5; count++) pulse.answered();
    pulse.beat();
    vi.advanceTimersByTime(10_000);
    expect(lost).toBe(0);
  });

  it("is missed at once where every peer has to answer", () => {
    make(true).beat();
    vi.advanceTimersByTime(10_000);
    expect(lost).toBe(1);
  });
});

describe("the connection of a call", () => {
  let carrier: SipCarrier;
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    await carrier.close();
    for (const close of closing.splice(0)) close();
  });

  const dial = (uri: string) => {
    carrier = createSipCarrier({
      trunk: { uri },
      mediaPlane: fakeMediaPlane(),
      clock: hurriedClock(),
    });
    const destination = carrier.parseDestination("+12025550100");
    return carrier.placeCall({ callId: "ours", destination }, { onSignal() {} });
  };

  it("over TCP is kept open while the call lasts, and no longer", async () => {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    closing.push(() => server.close());
    const { port } = server.address() as { port: number };
    const connected = once(server, "connection") as Promise<[Socket]>;
    const leg = dial(`sip:127.0.0.1:${port};transport=tcp`);
    const [socket] = await connected;
    closing.push(() => socket.destroy());
    const heard: string[] = [];
    socket.on("data", (data) => void heard.push(data.toString()));
    await expect.poll(() => heard.filter((text) => text === PING).length).toBeGreaterThan(2);
    leg.release();
  });

  it("over WebSocket is given up when it is dead", async () => {
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0, autoPong: false });
    await once(server, "listening");
    closing.push(() => server.close());
    const { port } = server.address() as { port: number };
    const connected = once(server, "connection") as Promise<[WebSocket]>;
    dial(`ws://127.0.0.1:${port}/`);
    const [socket] = await connected;
    await once(socket, "close");
  });
});

it("who pings us is answered", async () => {
  const carrier = createSipCarrier({ listen: ["tcp:127.0.0.1:0"], mediaPlane: fakeMediaPlane() });
  const [address] = (await carrier.ready()).addresses;
  const socket = connect(address?.port ?? 0, "127.0.0.1");
  socket.write(PING);
  const [data] = (await once(socket, "data")) as [Buffer];
  expect(data.toString()).toBe("\r\n");
  socket.destroy();
  await carrier.close();
});
