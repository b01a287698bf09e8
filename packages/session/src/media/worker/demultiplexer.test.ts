import { describe, expect, it } from "vitest";
import { writeRtpHeader } from "../rtp/rtp.js";
import type { MediaAddress } from "../rtp/source-latch.js";
import { type Addressee, Demultiplexer } from "./demultiplexer.js";

const ONE = { address: "192.0.2.1", port: 4000 };
const OTHER = { address: "192.0.2.2", port: 4000 };
const NAT = { address: "198.51.100.9", port: 61_000 };

interface Leg extends Addressee {
  sources: readonly MediaAddress[];
  isSettled: boolean;
  heardSsrc: number | undefined;
}

let ssrcs = 90_000;

function leg(announced?: MediaAddress, heardSsrc?: number, proved?: MediaAddress): Leg {
  return {
    sources: [announced, proved].filter((source) => source !== undefined),
    isSettled: heardSsrc !== undefined,
    heardSsrc,
    ssrc: ++ssrcs,
    get reportTarget() {
      return announced && { address: announced.address, port: announced.port + 1 };
    },
  };
}

function port(...legs: readonly Leg[]): Demultiplexer<Leg> {
  const made = new Demultiplexer<Leg>();
  for (const member of legs) made.add(member);
  return made;
}

function rtp(ssrc: number): Uint8Array {
  const packet = new Uint8Array(172);
  writeRtpHeader(packet, { payloadType: 0, marker: false, sequence: 1, timestamp: 160, ssrc });
  return packet;
}

/** The header of a report by `ssrc`. */
function report(ssrc: number): Uint8Array {
  const packet = new Uint8Array(8);
  packet.set([0x80, 201, 0, 1]);
  new DataView(packet.buffer).setUint32(4, ssrc);
  return packet;
}

describe("legs on one port", () => {
  it("get what comes from their own peer's address, whatever its SSRC", () => {
    const [one, other] = [leg(ONE, 1), leg(OTHER, 2)];
    const shared = port(one, other);
    expect(shared.find(rtp(1), ONE.address, ONE.port, 0)).toBe(one);
    expect(shared.find(rtp(77), OTHER.address, OTHER.port, 0)).toBe(other);
    expect(shared.find(report(1), ONE.address, ONE.port, 0)).toBe(one);
  });

  it("leave a stranger's packet to nobody, whatever SSRC it has guessed", () => {
    const shared = port(leg(ONE, 1), leg(OTHER, 2));
    expect(shared.find(rtp(1), NAT.address, NAT.port, 0)).toBeUndefined();
    expect(shared.find(rtp(1), ONE.address, ONE.port + 2, 0)).toBeUndefined();
    expect(shared.find(new Uint8Array(3), NAT.address, NAT.port, 0)).toBeUndefined();
    expect(shared.findForReport(report(1), NAT.address, NAT.port)).toBeUndefined();
  });

  it("let only the one that waits prove that it is behind a NAT", () => {
    const [settled, waiting] = [leg(ONE, 1), leg(OTHER)];
    const shared = port(settled, waiting);
    expect(shared.find(rtp(9), NAT.address, NAT.port, 0)).toBe(waiting);
    waiting.sources = [OTHER, NAT];
    waiting.isSettled = true;
    waiting.heardSsrc = 9;
    shared.refresh(waiting);
    expect(shared.find(rtp(10), NAT.address, NAT.port, 0)).toBe(waiting);
    expect(shared.find(rtp(9), NAT.address, NAT.port + 1, 0)).toBeUndefined();
  });

  it("are not given what could be for either of two that wait", () => {
    const [one, other] = [leg(ONE), leg(OTHER)];
    const shared = port(one, other);
    expect(shared.find(rtp(9), NAT.address, NAT.port, 0)).toBeUndefined();
    // The port has changed on its way, the address has not.
    expect(shared.find(rtp(9), OTHER.address, 50_000, 0)).toBe(other);
    // A re-INVITE to a new address, and the stream goes on.
    one.heardSsrc = 5;
    expect(shared.find(rtp(5), NAT.address, NAT.port, 0)).toBe(one);
  });

  it("are told apart by SSRC where their peers are at one address", () => {
    const [one, other] = [leg(ONE, 1), leg(ONE)];
    const shared = port(one, other);
    expect(shared.find(rtp(1), ONE.address, ONE.port, 0)).toBe(one);
    expect(shared.find(rtp(2), ONE.address, ONE.port, 0)).toBe(other);
    other.heardSsrc = 2;
    expect(shared.find(rtp(2), ONE.address, ONE.port, 0)).toBe(other);
    expect(shared.find(rtp(3), ONE.address, ONE.port, 0)).toBeUndefined();
    // An echo of what we sent.
    expect(shared.find(rtp(one.ssrc), ONE.address, ONE.port, 0)).toBe(one);
    expect(shared.find(report(2), ONE.address, ONE.port, 0)).toBe(other);
  });

  it("get their own peer's reports", () => {
    const [one, other] = [leg(ONE, 1), leg(OTHER, 2)];
    const shared = port(one, other);
    expect(shared.findForReport(report(1), ONE.address, ONE.port + 1)).toBe(one);
    expect(shared.findForReport(report(2), OTHER.address, 9)).toBe(other);
    expect(shared.findForReport(report(3), OTHER.address, 9)).toBeUndefined();
  });

  it("do not hear the peer of a call that has ended, unless it is theirs too", () => {
    const [ended, waiting] = [leg(ONE, 1), leg(OTHER)];
    const shared = port(ended, waiting);
    shared.remove(ended, 0);
    expect(shared.find(rtp(1), ONE.address, ONE.port, 100)).toBeUndefined();
    expect(shared.find(rtp(8), ONE.address, ONE.port, 100)).toBeUndefined();
    expect(shared.find(rtp(8), ONE.address, ONE.port, 31_000)).toBe(waiting);
    const next = leg(ONE);
    shared.add(next);
    expect(shared.find(rtp(8), ONE.address, ONE.port, 100)).toBe(next);
  });

  it("hear the next call from behind the same NAT, but not the last one", () => {
    const [ended, waiting] = [leg(ONE, 1, NAT), leg(OTHER)];
    const shared = port(ended, waiting);
    shared.remove(ended, 0);
    expect(shared.find(rtp(1), NAT.address, NAT.port, 100)).toBeUndefined();
    expect(shared.find(rtp(2), NAT.address, NAT.port, 100)).toBe(waiting);
  });

  it("know which addresses would be mistaken for one of theirs", () => {
    const shared = port(leg(ONE, 1));
    expect(shared.isTaken(ONE)).toBe(true);
    expect(shared.isTaken({ ...ONE, port: 4002 })).toBe(false);
    expect(shared.isTaken(OTHER)).toBe(false);
  });
});
