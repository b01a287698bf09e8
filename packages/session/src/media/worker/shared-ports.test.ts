import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { decodeG711 } from "../codecs/g711.js";
import type { MediaPlane } from "../media-plane.js";
import {
  agreed,
  closeAll,
  type End,
  openEnd,
  peerSocket,
  plane,
  rtpPacket,
  sleep,
  until,
} from "../testing/plane-fixture.js";

afterEach(closeAll);

type Peer = Awaited<ReturnType<typeof peerSocket>>;

/** A peer that announced where it is, and sends one sound for as long as it is told to. */
async function caller(on: MediaPlane, code: number, peer?: Peer) {
  const at = peer ?? (await peerSocket());
  const remote = { address: "127.0.0.1", port: at.port };
  const end = openEnd(on, 8000, 5_000, remote);
  const local = await end.port.local;
  end.port.connect(agreed(remote));
  let sequence = code;
  return {
    end,
    at,
    local,
    say(to = local.port) {
      const payload = new Uint8Array(160).fill(code);
      at.socket.send(rtpPacket(sequence++, payload, 0, code), to, "127.0.0.1");
    },
  };
}

function hears(end: End, code: number): boolean {
  const sample = new Int16Array(1);
  decodeG711("mu", Uint8Array.of(code), sample);
  return end.frames.some((frame) => frame.data.includes(sample[0] ?? 0));
}

describe("ports that are shared", () => {
  it("carry several calls on one, each with its own peer's sound", async () => {
    const shared = plane();
    const one = await caller(shared, 0x20);
    one.say();
    await until(() => one.end.signals.length === 1);
    const other = await caller(shared, 0x40);
    expect(other.local.port).toBe(one.local.port);
    for (let round = 0; round < 10; round++) {
      one.say();
      other.say();
      await sleep(20);
    }
    await until(() => hears(one.end, 0x20) && hears(other.end, 0x40));
    expect(hears(one.end, 0x40) || hears(other.end, 0x20)).toBe(false);
    // What is sent goes to each of them.
    await until(() => one.at.received.length > 3 && other.at.received.length > 3);
  });

  it("take nobody in while one of theirs has not found its source", async () => {
    const shared = plane();
    const [one, other] = [await caller(shared, 0x20), await caller(shared, 0x40)];
    expect(other.local.port).not.toBe(one.local.port);
  });

  it("take nobody in whose peer is where another's is, nor whose peer is unknown", async () => {
    const shared = plane();
    const one = await caller(shared, 0x20);
    one.say();
    await until(() => one.end.signals.length === 1);
    const same = await caller(shared, 0x40, one.at);
    expect(same.local.port).not.toBe(one.local.port);
    const outbound = openEnd(shared);
    expect((await outbound.port.local).port).not.toBe(one.local.port);
  });

  it("are not shared at all, or by outgoing calls too, where the plane is told so", async () => {
    for (const [sharePorts, isShared] of [
      ["never", false],
      ["always", true],
    ] as const) {
      const told = plane({ sharePorts });
      const one = await caller(told, 0x20);
      one.say();
      await until(() => one.end.signals.length === 1);
      const outbound = await openEnd(told).port.local;
      expect(outbound.port === one.local.port).toBe(isShared);
    }
    expect(() => plane({ sharePorts: "some" as never })).toThrow(/sharePorts/);
  });

  it("let nobody hear the peer of a call that is over, and count what is nobody's", async () => {
    const shared = plane();
    const one = await caller(shared, 0x20);
    one.say();
    await until(() => one.end.signals.length === 1);
    const other = await caller(shared, 0x40);
    one.end.port.close();
    for (let round = 0; round < 10; round++) one.say(other.local.port);
    await until(() => other.end.port.stats().packetsDropped === 10);
    expect(other.end.signals).toEqual([]);
    other.say();
    await until(() => other.end.signals.length === 1);
  });

  it("are free again when the last of theirs has gone", async () => {
    const shared = plane();
    const one = await caller(shared, 0x20);
    one.say();
    await until(() => one.end.signals.length === 1);
    const other = await caller(shared, 0x40);
    one.end.port.close();
    await expect(bound(one.local.port)).rejects.toMatchObject({ code: "EADDRINUSE" });
    other.end.port.close();
    await shared.close();
    await bound(one.local.port);
  });
});

/** Settles when the port could be bound. */
async function bound(port: number): Promise<void> {
  const socket = createSocket("udp4");
  try {
    socket.bind(port, "127.0.0.1");
    await once(socket, "listening");
  } finally {
    socket.close();
  }
}
