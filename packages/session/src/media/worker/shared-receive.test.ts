import { expect, it, vi } from "vitest";
import { RtpLeg } from "../rtp/rtp-leg.js";
import type { RtpSocketOptions, RtpSockets } from "../socket/rtp-socket.js";
import { agreed, rtpPacket } from "../testing/plane-fixture.js";
import { SharedPorts } from "./shared-ports.js";

/** Sockets without a network: what was bound is told, and can be spoken to. */
function tellingSockets(bound: RtpSocketOptions[]): RtpSockets {
  return {
    async bind(options) {
      bound.push(options);
      const nothing = () => {};
      const room = { port: 4_000, receiveBufferBytes: 4_000_000 };
      return { ...room, read: nothing, send: nothing, close: nothing };
    },
    nextPacket: () => new Uint8Array(0),
    flush() {},
    close() {},
  };
}

it("a packet that one call stumbles over is that call's defect, and the others on its port are heard", async () => {
  const bound: RtpSocketOptions[] = [];
  const ports = new SharedPorts(tellingSockets(bound), () => 0.5);
  const failures: string[] = [];
  const legs: RtpLeg[] = [];
  for (const address of ["192.0.2.1", "192.0.2.2"]) {
    const remote = { address, port: 5_000 };
    const random = () => (legs.length + 1) / 10;
    const leg = new RtpLeg({
      sampleRate: 8_000,
      rtpLostMs: 5_000,
      tickOffset: 0,
      random,
      onSignal() {},
    });
    const onError = (detail: string) => failures.push(`${address}: ${detail}`);
    const share = "always";
    const where = { bindAddress: "127.0.0.1", ports: undefined, share, remote } as const;
    leg.connect(agreed(remote), 0, 0);
    leg.receive(rtpPacket(1, new Uint8Array(160)), address, 5_000, 0);
    const seat = await ports.take({ ...where, rtp: leg, onError });
    seat.refresh();
    legs.push(leg);
  }
  const [broken, whole] = legs;
  if (!broken || !whole) throw new Error("no legs");
  vi.spyOn(broken, "receive").mockImplementation(() => {
    throw new Error("made to order");
  });
  // The first socket is for RTP; both calls share it.
  for (const address of ["192.0.2.1", "192.0.2.2"])
    bound[0]?.onDatagram(rtpPacket(2, new Uint8Array(160)), address, 5_000, 20);
  expect(failures).toEqual(["192.0.2.1: a defect in the media thread: made to order"]);
  expect(whole.stats.packetsReceived).toBe(2);
  // The second is for reports.
  vi.spyOn(broken, "receiveRtcp").mockImplementation(() => {
    throw new Error("made to order, too");
  });
  bound[1]?.onDatagram(new Uint8Array(8), "192.0.2.1", 5_001, 40);
  expect(failures[1]).toBe("192.0.2.1: a defect in the media thread: made to order, too");
});
