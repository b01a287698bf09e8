import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../random.js";
import { estimateMos } from "./quality.js";
import { ReceiveStatistics } from "./receive-statistics.js";
import { parseRtcp, writeRtcpReport } from "./rtcp.js";
import { RtcpSession } from "./rtcp-session.js";
import { parseRtp, RTP_HEADER_BYTES, writeRtpHeader } from "./rtp.js";
import { DigitReceiver } from "./telephone-event.js";

const BLOCK = {
  ssrc: 0xdeadbeef,
  fractionLost: 64,
  cumulativeLost: -3,
  highestSequence: 70_000,
  jitter: 160,
  lastSenderReport: 0x12345678,
  delaySinceLast: 65_536,
};

const own = (ssrc: number) => ({ ssrc, clockRate: 8000, packetsSent: 5 });

describe("RTCP", () => {
  it("reads back the reports it writes", () => {
    const sender = {
      ntpSeconds: 0xaabbccdd,
      ntpFraction: 0x11223344,
      rtpTimestamp: 5,
      packets: 6,
      bytes: 7,
    };
    for (const cname of ["", "a", "ab", "abc", "abcd"]) {
      const into = new Uint8Array(200);
      const length = writeRtcpReport(into, { ssrc: 9, cname, sender, block: BLOCK });
      expect(length % 4).toBe(0);
      expect(parseRtcp(into.subarray(0, length))).toEqual([
        {
          type: "report",
          ssrc: 9,
          sender: { ntpMiddle: 0xccdd1122, rtpTimestamp: 5, packets: 6, bytes: 7 },
          blocks: [BLOCK],
        },
      ]);
    }
  });

  it("passes over what it does not know, alone or among reports, and takes it for no fault", () => {
    const report = new Uint8Array(100);
    const length = writeRtcpReport(report, { ssrc: 9, cname: "a" });
    const feedback = Uint8Array.from([0x81, 205, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2]);
    const both = Uint8Array.from([...feedback, ...report.subarray(0, length)]);
    expect(parseRtcp(feedback)).toEqual([]);
    expect(parseRtcp(both)).toEqual([{ type: "report", ssrc: 9, blocks: [] }]);
    for (const [datagram, malformed] of [
      [both, 0],
      [feedback, 0],
      [feedback.subarray(0, 11), 1],
      [new Uint8Array(0), 1],
    ] as const) {
      const session = new RtcpSession(seededRandom(1).unit);
      expect(session.receive(datagram, own(9), 0)).toBe(malformed === 0);
      expect(session.malformed).toBe(malformed);
    }
  });

  it("measures the way there and back, and what the peer lost", () => {
    const [one, other] = [
      new RtcpSession(seededRandom(1).unit),
      new RtcpSession(seededRandom(2).unit),
    ];
    const heard = new ReceiveStatistics();
    for (const sequence of [1, 2, 4, 5]) heard.count(sequence, sequence * 160, 8000, sequence * 20);
    const report = (session: RtcpSession, ssrc: number, heardSsrc: number, nowMs: number) => {
      const into = new Uint8Array(200);
      const from = {
        ssrc,
        rtpTimestamp: 0,
        packetsSent: 5,
        bytesSent: 800,
        heardSsrc,
        statistics: heard,
      };
      return into.subarray(0, session.write(into, from, nowMs));
    };
    // The other side's clock is far off ours; 40 ms each way, and 700 ms of rest in between.
    other.receive(report(one, 1, 2, 10_000), own(2), 900_040);
    one.receive(report(other, 2, 1, 900_740), own(1), 10_780);
    expect(one.remote.roundTripMs).toBeCloseTo(80, 0);
    expect(one.remote.remoteLossRate).toBeCloseTo(0.2, 1);
  });

  it("reports at intervals that differ, half to one and a half times five seconds", () => {
    const session = new RtcpSession(seededRandom(3).unit);
    const times: number[] = [];
    for (let nowMs = 0; nowMs < 100_000; nowMs += 20) if (session.isDue(nowMs)) times.push(nowMs);
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(2_500);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(7_520);
    expect(new Set(gaps).size).toBeGreaterThan(5);
  });

  it("counts over a wrap of the sequence number, and a packet that came twice for none that did not", () => {
    const heard = new ReceiveStatistics();
    for (const sequence of [65_533, 65_535, 65_534, 1, 1, 0]) heard.count(sequence, 0, 8000, 0);
    heard.count(4, 0, 8000, 0);
    expect(heard.received).toBe(7);
    expect(heard.duplicates).toBe(1);
    expect(heard.lost).toBe(2);
    expect(heard.expected).toBe(8);
    expect(heard.highestSequence).toBe(65_536 + 4);
  });
});

describe("estimated quality", () => {
  it("is good on a good line and falls with loss and delay", () => {
    const at = (lossRate: number, roundTripMs: number) =>
      estimateMos({ lossRate, roundTripMs, bufferMs: 20 });
    expect(at(0, 40)).toBeGreaterThan(4.3);
    expect(at(0.05, 40)).toBeLessThan(at(0.01, 40));
    expect(at(0, 800)).toBeLessThan(at(0, 200));
    expect(at(1, 40)).toBeLessThan(1.3);
  });
});

describe("the readers of network bytes", () => {
  const anyBytes = fc.uint8Array({ maxLength: 80 });

  it("never throw, and give views inside the datagram only", () => {
    const shaped = fc.tuple(anyBytes, fc.nat(255)).map(([bytes, second]) => {
      if (bytes.length > 1) {
        bytes[0] = 0x80 | ((bytes[0] ?? 0) & 0x3f);
        bytes[1] = second;
      }
      return bytes;
    });
    void fc.assert(
      fc.property(fc.oneof(anyBytes, shaped), (bytes) => {
        parseRtcp(bytes);
        const packet = parseRtp(bytes);
        if (packet) expect(packet.payload.length).toBeLessThanOrEqual(bytes.length - 12);
        new DigitReceiver(() => {}).receive(bytes, 0, 8000, 0);
      }),
      { numRuns: 3_000 },
    );
  });

  it("read back every header that can be written", () => {
    const header = fc.record({
      payloadType: fc.nat(127),
      marker: fc.boolean(),
      sequence: fc.nat(0xffff),
      timestamp: fc.nat(0xffff_ffff),
      ssrc: fc.nat(0xffff_ffff),
    });
    void fc.assert(
      fc.property(header, anyBytes, (wanted, payload) => {
        const bytes = new Uint8Array(RTP_HEADER_BYTES + payload.length);
        writeRtpHeader(bytes, wanted);
        bytes.set(payload, RTP_HEADER_BYTES);
        expect(parseRtp(bytes)).toEqual({ ...wanted, payload });
      }),
    );
  });

  it("refuse lengths that lie", () => {
    const packet = new Uint8Array(20);
    writeRtpHeader(packet, { payloadType: 0, marker: false, sequence: 0, timestamp: 0, ssrc: 0 });
    const changed = (first: number, last = 0) => {
      const copy = packet.slice();
      copy[0] = first;
      copy[19] = last;
      return parseRtp(copy);
    };
    expect(parseRtp(packet.subarray(0, 11))).toBeUndefined();
    expect(changed(0x40)).toBeUndefined();
    expect(changed(0x8f)).toBeUndefined();
    expect(changed(0xa0, 0)).toBeUndefined();
    expect(changed(0xa0, 9)).toBeUndefined();
    expect(changed(0xa0, 8)?.payload.length).toBe(0);
    packet[15] = 2;
    expect(changed(0x90)).toBeUndefined();
  });
});
