import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { monotonicMs } from "../monotonic-clock.js";
import { until } from "../testing/plane-fixture.js";
import { loadLinuxCalls } from "./linux-calls.js";
import { LinuxSockets } from "./linux-sockets.js";
import { NodeSockets } from "./node-sockets.js";
import { openRtpSocket, type RtpSocket, type RtpSockets } from "./rtp-socket.js";

interface Heard {
  readonly bytes: number[];
  readonly address: string;
  readonly port: number;
  readonly arrivedMs: number;
}

const made: RtpSockets[] = [];
const peers: Socket[] = [];

afterEach(() => {
  for (const sockets of made.splice(0)) sockets.close();
  for (const peer of peers.splice(0)) peer.close();
});

const calls = loadLinuxCalls();
const kinds: readonly (readonly [string, () => RtpSockets])[] = [
  ["Node's own sockets", () => new NodeSockets()],
  ...(calls ? [["sockets in batches", () => new LinuxSockets(calls)] as const] : []),
];

describe.runIf(process.platform === "linux")("on Linux", () => {
  it("sockets can be used in batches", () => {
    expect(calls).toBeDefined();
  });

  it("they know when a datagram came that is read late", async () => {
    if (!calls) throw new Error("no system calls");
    const sockets = new LinuxSockets(calls);
    made.push(sockets);
    const peer = await peerSocket();
    const arrivals: number[] = [];
    const socket = await sockets.bind(
      {
        bindAddress: "127.0.0.1",
        onDatagram: (_datagram, _address, _port, arrivedMs) => arrivals.push(arrivedMs),
        onError: () => {},
      },
      0,
    );
    // The kernel begins to note times a moment after the first socket asks for them.
    for (let attempt = 0; attempt < 20; attempt++) {
      const sentMs = monotonicMs();
      await new Promise((sent) => peer.send(Uint8Array.of(1), socket.port, "127.0.0.1", sent));
      const leftMs = monotonicMs();
      while (monotonicMs() < leftMs + 50);
      socket.read();
      const arrivedMs = arrivals.at(-1) ?? Number.NaN;
      expect(arrivedMs).toBeGreaterThan(sentMs - 1);
      if (arrivedMs < leftMs + 5) return;
    }
    expect.fail("every datagram came when it was read");
  });
});

for (const [kind, create] of kinds) {
  describe(kind, () => {
    const open = () => {
      const sockets = create();
      made.push(sockets);
      return sockets;
    };
    const listen = async (sockets: RtpSockets, bindAddress = "127.0.0.1", port = 0) => {
      const heard: Heard[] = [];
      const socket = await sockets.bind(
        {
          bindAddress,
          onDatagram: (datagram, address, from, arrivedMs) =>
            heard.push({ bytes: [...datagram], address, port: from, arrivedMs }),
          onError: () => {},
        },
        port,
      );
      return { socket, heard };
    };
    const say = (sockets: RtpSockets, from: RtpSocket, bytes: number[], to: number, at: string) => {
      const packet = sockets.nextPacket();
      packet.set(bytes);
      from.send(packet, bytes.length, at, to);
    };
    /** Reads until so many have come. */
    const hears = (socket: RtpSocket, heard: readonly Heard[], count: number) =>
      until(() => {
        socket.read();
        return heard.length >= count;
      });

    for (const address of ["127.0.0.1", "::1"]) {
      it(`carry datagrams both ways over ${address}, each as it was, with where it came from`, async () => {
        const sockets = open();
        const [one, other] = [await listen(sockets, address), await listen(sockets, address)];
        expect(one.socket.port).not.toBe(other.socket.port);
        for (let number = 0; number < 100; number++)
          say(sockets, one.socket, [number, ...Array(number).fill(7)], other.socket.port, address);
        say(sockets, other.socket, [42], one.socket.port, address);
        sockets.flush();
        await hears(other.socket, other.heard, 100);
        await hears(one.socket, one.heard, 1);
        for (const [number, datagram] of other.heard.entries())
          expect(datagram).toMatchObject({
            bytes: [number, ...Array(number).fill(7)],
            address,
            port: one.socket.port,
          });
        expect(one.heard).toMatchObject([{ bytes: [42], address, port: other.socket.port }]);
      });
    }

    it("serve IPv4 on a socket for both versions, and know it as such", async () => {
      const sockets = open();
      const { socket, heard } = await listen(sockets, "::");
      const peer = await peerSocket();
      peer.send(Uint8Array.of(1), socket.port, "127.0.0.1");
      await hears(socket, heard, 1);
      expect(heard[0]?.address).toBe("127.0.0.1");
      const answered = once(peer, "message");
      say(sockets, socket, [2], peer.address().port, heard[0]?.address ?? "");
      sockets.flush();
      expect([...((await answered)[0] as Buffer)]).toEqual([2]);
    });

    it("know when a datagram came", async () => {
      const sockets = open();
      const { socket, heard } = await listen(sockets);
      const peer = await peerSocket();
      const sentMs = monotonicMs();
      peer.send(Uint8Array.of(1), socket.port, "127.0.0.1");
      await hears(socket, heard, 1);
      expect(heard[0]?.arrivedMs).toBeGreaterThan(sentMs - 1);
      expect(heard[0]?.arrivedMs).toBeLessThanOrEqual(monotonicMs());
    });

    it("go on after what cannot be sent: a target that is no address, or cannot be reached", async () => {
      const sockets = open();
      const [one, other] = [await listen(sockets), await listen(sockets)];
      const { port } = other.socket;
      say(sockets, one.socket, [1], port, "127.0.0.1");
      say(sockets, one.socket, [2], port, "255.255.255.255");
      say(sockets, one.socket, [3], port, "::1");
      say(sockets, one.socket, [4], port, "127.0.0.1");
      sockets.flush();
      await hears(other.socket, other.heard, 2);
      expect(other.heard.map(({ bytes }) => bytes)).toEqual([[1], [4]]);
    });

    it("take an empty datagram, and nothing of one that is too large for any packet but its coming", async () => {
      const sockets = open();
      const { socket, heard } = await listen(sockets);
      const peer = await peerSocket();
      peer.send(new Uint8Array(0), socket.port, "127.0.0.1");
      peer.send(new Uint8Array(60_000), socket.port, "127.0.0.1");
      peer.send(Uint8Array.of(1), socket.port, "127.0.0.1");
      await hears(socket, heard, 3);
      expect(heard[0]?.bytes).toEqual([]);
      expect(heard[2]?.bytes).toEqual([1]);
    });

    it("say which port is taken, and by what name", async () => {
      const sockets = open();
      const { socket } = await listen(sockets);
      await expect(listen(sockets, "127.0.0.1", socket.port)).rejects.toMatchObject({
        code: "EADDRINUSE",
        message: expect.stringContaining(`127.0.0.1:${socket.port}`),
      });
      await expect(listen(sockets, "192.0.2.1")).rejects.toMatchObject({ code: "EADDRNOTAVAIL" });
    });

    it("take an even port of a range, and say so when there is none", async () => {
      const sockets = open();
      const { socket: taken } = await listen(sockets);
      const options = { bindAddress: "127.0.0.1", onDatagram: () => {}, onError: () => {} };
      const ports = { min: 1, max: 1 };
      await expect(openRtpSocket(sockets, options, { ports, random: () => 0 })).rejects.toThrow(
        "no even port between 1 and 1",
      );
      const around = { min: taken.port - 10, max: taken.port + 10 };
      const { port } = await openRtpSocket(sockets, options, { ports: around, random: () => 0.5 });
      expect(port % 2).toBe(0);
      expect(Math.abs(port - taken.port)).toBeLessThanOrEqual(10);
    });

    it("are free again once closed, send what waited, and neither send nor hear after it", async () => {
      const sockets = open();
      const [one, other] = [await listen(sockets), await listen(sockets)];
      say(sockets, one.socket, [1], other.socket.port, "127.0.0.1");
      one.socket.close();
      one.socket.close();
      say(sockets, one.socket, [2], other.socket.port, "127.0.0.1");
      sockets.flush();
      one.socket.read();
      const again = await listen(sockets, "127.0.0.1", one.socket.port);
      say(sockets, again.socket, [3], other.socket.port, "127.0.0.1");
      sockets.flush();
      await hears(other.socket, other.heard, 2);
      expect(other.heard.map(({ bytes }) => bytes)).toEqual([[1], [3]]);
    });
  });
}

async function peerSocket(): Promise<Socket> {
  const peer = createSocket("udp4");
  peers.push(peer);
  peer.bind(0, "127.0.0.1");
  await once(peer, "listening");
  return peer;
}
