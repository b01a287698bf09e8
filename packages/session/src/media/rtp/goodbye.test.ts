import { afterEach, describe, expect, it } from "vitest";
import { concatAudio } from "../send/tones.js";
import { likeness } from "../testing/correlation.js";
import {
  agreed,
  closeAll,
  openEnd,
  peerSocket,
  plane,
  sweep,
  until,
} from "../testing/plane-fixture.js";
import { VirtualLine } from "../testing/virtual-line.js";
import { parseRtcp } from "./rtcp.js";
import { looksLikeRtcp, RTP_HEADER_BYTES, writeRtpHeader } from "./rtp.js";
import type { RtpLeg } from "./rtp-leg.js";
import { SrtpContext, srtpKeyBytes } from "./srtp.js";

const FAR = "192.0.2.1";

afterEach(closeAll);

/** What a leg says last, as the other hears it. */
function farewell(leg: RtpLeg, nowMs: number): Uint8Array {
  const into = new Uint8Array(1_400);
  return into.subarray(0, leg.farewell(Math.floor(nowMs / 5), into, nowMs));
}

const types = (line: VirtualLine) => line.signals.map(({ type }) => type);

describe("a peer that says goodbye (RFC 3550 6.6)", () => {
  it("is neither lost nor made up for, until it speaks again and falls silent without a word", () => {
    let isDown = false;
    const line = new VirtualLine({ network: { isDown: () => isDown } });
    const said = sweep(500, 8000);
    line.far.playout.write(said);
    const heard = concatAudio(...line.run(500));
    isDown = true;
    line.near.receiveRtcp(farewell(line.far, line.nowMs), FAR, line.nowMs);
    const rest = concatAudio(...line.run(20_000));
    expect(likeness(concatAudio(heard, rest.subarray(0, 1_600)), said, 400)).toBeGreaterThan(0.99);
    expect(rest.subarray(1_600).some((sample) => sample !== 0)).toBe(false);
    expect(types(line)).toEqual(["audio_started"]);
    expect(line.near.stats).toMatchObject({ packetsLost: 0, concealedMs: 0 });
    isDown = false;
    line.restartFarSide(5);
    line.run(500);
    isDown = true;
    line.run(5_000);
    expect(types(line)).toEqual(["audio_started", "audio_lost"]);
  });

  it("is believed although its last packets come after it, and not when it goes on", () => {
    let isDown = false;
    const line = new VirtualLine({ network: { isDown: () => isDown } });
    line.run(500);
    line.near.receiveRtcp(farewell(line.far, line.nowMs), FAR, line.nowMs);
    line.run(200);
    isDown = true;
    line.run(10_000);
    expect(types(line)).toEqual(["audio_started"]);
    isDown = false;
    line.run(500);
    isDown = true;
    line.run(5_000);
    expect(types(line)).toEqual(["audio_started", "audio_lost"]);
  });

  it("takes back what was made up for it before its goodbye was read", () => {
    let isDown = false;
    const line = new VirtualLine({ network: { isDown: () => isDown } });
    line.run(500);
    isDown = true;
    line.run(200);
    expect(line.near.stats.concealedMs).toBeGreaterThan(100);
    line.near.receiveRtcp(farewell(line.far, line.nowMs), FAR, line.nowMs);
    expect(line.near.stats.concealedMs).toBe(0);
  });

  it("and never ends the call is lost in the end", () => {
    let isDown = false;
    const line = new VirtualLine({ network: { isDown: () => isDown } });
    line.run(500);
    isDown = true;
    line.near.receiveRtcp(farewell(line.far, line.nowMs), FAR, line.nowMs);
    line.run(31_000);
    expect(types(line)).toEqual(["audio_started"]);
    line.run(1_500);
    expect(types(line)).toEqual(["audio_started", "audio_lost"]);
  });

  it("must mean itself: another's goodbye is not its own", () => {
    let isDown = false;
    const line = new VirtualLine({ network: { isDown: () => isDown } });
    line.run(500);
    isDown = true;
    line.near.receiveRtcp(Uint8Array.from([0x81, 203, 0, 1, 0, 0, 0, 5]), FAR, line.nowMs);
    line.run(5_000);
    expect(types(line)).toEqual(["audio_started", "audio_lost"]);
  });
});

describe("we say goodbye", () => {
  it("when the call ends, to where the peer takes reports, and by what we sent by", async () => {
    const peer = await peerSocket();
    const end = openEnd(plane());
    const { port } = peer;
    end.port.connect(
      agreed({ address: "127.0.0.1", port }, { rtcp: { address: "127.0.0.1", port } }),
    );
    await until(() => peer.received.length > 3);
    end.port.close();
    await until(() => peer.received.some(looksLikeRtcp));
    const ssrc = new DataView(peer.received[0]?.buffer ?? new ArrayBuffer(12)).getUint32(
      (peer.received[0]?.byteOffset ?? 0) + 8,
    );
    const last = parseRtcp(peer.received.find(looksLikeRtcp) ?? new Uint8Array());
    expect(last).toMatchObject([
      { type: "report", ssrc, sender: { packets: expect.any(Number) } },
      { type: "bye", ssrcs: [ssrc] },
    ]);
  });

  it("not when we never said anything", () => {
    const line = new VirtualLine({ agreed: { direction: "recvonly" } });
    line.run(200);
    expect(farewell(line.near, line.nowMs)).toHaveLength(0);
  });

  it("for the SSRC that the peer came up with too (RFC 3550 8.2), before we report by another", () => {
    const line = new VirtualLine();
    const own = line.near.ssrc;
    const packet = new Uint8Array(RTP_HEADER_BYTES + 160).fill(0x80);
    writeRtpHeader(packet, { payloadType: 0, marker: false, sequence: 1, timestamp: 0, ssrc: own });
    line.inject(packet);
    const into = new Uint8Array(1_400);
    const report = () => parseRtcp(into.subarray(0, line.near.reportDue(1, into, line.nowMs)));
    expect(report()).toMatchObject([
      { type: "report", ssrc: own },
      { type: "bye", ssrcs: [own] },
    ]);
    line.nowMs += 10_000;
    report();
    line.nowMs += 10_000;
    expect(report()).toMatchObject([{ type: "report", ssrc: line.near.ssrc }]);
  });

  it("under SRTP as well", () => {
    const suite = "AES_CM_128_HMAC_SHA1_80";
    const key = new Uint8Array(srtpKeyBytes(suite)).fill(7);
    const line = new VirtualLine({ agreed: { srtp: { suite, sendKey: key, receiveKey: key } } });
    line.run(500);
    const last = farewell(line.far, line.nowMs);
    expect(parseRtcp(last) ?? []).not.toContainEqual(expect.objectContaining({ type: "bye" }));
    const plain = new SrtpContext(suite, key).unprotectReport(last);
    expect(parseRtcp(plain ?? new Uint8Array())).toMatchObject([
      { type: "report" },
      { type: "bye", ssrcs: [line.far.ssrc] },
    ]);
  });
});
