import { describe, expect, it } from "vitest";
import type { RtpPacket } from "./rtp.js";
import { SourceLatch } from "./source-latch.js";

const SIGNALLED = { address: "192.0.2.1", port: 4000 };
const NAT = { address: "198.51.100.1", port: 5000 };
const STRANGER = { address: "203.0.113.9", port: 6000 };

function packet(sequence: number, ssrc = 1): RtpPacket {
  const payload = new Uint8Array(160);
  return { payloadType: 0, marker: false, sequence, timestamp: sequence * 160, ssrc, payload };
}

const from = (latch: SourceLatch, { address, port }: typeof NAT, sequence: number, ssrc?: number) =>
  latch.accept(address, port, packet(sequence, ssrc), sequence);

describe("symmetric RTP", () => {
  it("follows a peer behind a NAT after three packets in a row, and loses none of them", () => {
    const latch = new SourceLatch(SIGNALLED);
    expect([10, 11, 12].map((sequence) => from(latch, NAT, sequence))).toEqual([
      false,
      false,
      true,
    ]);
    expect(latch.takeProved().map((arrival) => arrival.packet.sequence)).toEqual([10, 11]);
    expect(latch.takeProved()).toEqual([]);
    expect(latch.target).toEqual(NAT);
  });

  it("gives way to the signalled address when that speaks up, and to nobody else", () => {
    const latch = new SourceLatch(SIGNALLED);
    for (const sequence of [1, 2, 3]) from(latch, STRANGER, sequence);
    expect(latch.target).toEqual(STRANGER);
    for (let sequence = 1; sequence < 100; sequence++) {
      expect(from(latch, NAT, sequence)).toBe(false);
    }
    expect(from(latch, SIGNALLED, 1)).toBe(true);
    expect(latch.target).toEqual(SIGNALLED);
    expect(from(latch, STRANGER, 4)).toBe(false);
  });

  it("follows the peer although a stranger sends a packet between any two of its own", () => {
    const latch = new SourceLatch(SIGNALLED);
    const random = [7, 90, 3];
    const accepted = [1, 2, 3].map((sequence, at) => {
      from(latch, STRANGER, random[at] ?? 0, 99 + at);
      return from(latch, NAT, sequence);
    });
    expect(accepted).toEqual([false, false, true]);
    expect(latch.target).toEqual(NAT);
  });

  it("does not take packets of many streams for one that proves itself", () => {
    const latch = new SourceLatch(SIGNALLED);
    for (let ssrc = 1; ssrc < 50; ssrc++) expect(from(latch, STRANGER, 5, ssrc)).toBe(false);
    expect(latch.target).toEqual(SIGNALLED);
  });

  it("keeps whom it found when the answer names the very same", () => {
    const latch = new SourceLatch();
    for (const sequence of [1, 2, 3]) from(latch, NAT, sequence);
    latch.signal(NAT);
    expect(from(latch, NAT, 4)).toBe(true);
    latch.signal(SIGNALLED);
    expect(from(latch, NAT, 5)).toBe(false);
  });
});
