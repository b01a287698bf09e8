import { describe, expect, it } from "vitest";
import { seededRandom } from "../../random.js";
import type { AgreedMedia, MediaSignal } from "../media-plane.js";
import { MAX_PACKET_BYTES, TICK_MS } from "../send/media-sender.js";
import { writeRtcpReport } from "./rtcp.js";
import { RtpLeg } from "./rtp-leg.js";

const REMOTE = { address: "192.0.2.1", port: 4000 };
const PCMU = { name: "PCMU", payloadType: 0, clockRate: 8000 };
const NOISE = { name: "CN", payloadType: 13, clockRate: 8000 };
const AGREED: AgreedMedia = {
  remote: REMOTE,
  direction: "sendrecv",
  send: PCMU,
  receive: [PCMU],
  packetMs: 20,
};

/** A leg that sends and a peer that reports what it hears of it, every five seconds. */
function reported(agreed: AgreedMedia = AGREED, { answered = true } = {}) {
  const told: MediaSignal["type"][] = [];
  const leg = new RtpLeg({
    sampleRate: 8000,
    rtpLostMs: 60_000,
    tickOffset: 0,
    random: seededRandom(4).unit,
    onSignal: ({ type }) => told.push(type),
  });
  const packet = new Uint8Array(MAX_PACKET_BYTES);
  let tick = 0;
  let highestSequence = 0;
  const connect = (change: Partial<AgreedMedia> = {}) =>
    leg.connect({ ...agreed, ...change }, tick, tick * TICK_MS);
  const answer = () => leg.enterPhase(tick * TICK_MS);
  connect();
  if (answered) answer();
  /** `about`: whom the peer's reports have a block about. */
  const run = (seconds: number, about: "us" | "nobody" | "another", isHeard = about === "us") => {
    for (const end = tick + (seconds * 1_000) / TICK_MS; tick < end; ) {
      tick += 1;
      if (leg.packetDue(tick, packet) > 0 && isHeard) highestSequence += 1;
      if (tick % 1_000 !== 500) continue;
      const block = {
        ssrc: about === "us" ? leg.ssrc : 99,
        fractionLost: isHeard ? 0 : 255,
        cumulativeLost: 0,
        highestSequence,
        jitter: 0,
        lastSenderReport: 0,
        delaySinceLast: 0,
      };
      const report = { ssrc: 5, cname: "x", ...(about === "nobody" ? {} : { block }) };
      const length = writeRtcpReport(packet, report);
      leg.receiveRtcp(packet.slice(0, length), REMOTE.address, tick * TICK_MS);
    }
  };
  return { leg, told, run, connect, answer };
}

describe("audio that does not arrive at the peer", () => {
  it.each([
    ["hear nobody", "nobody"],
    ["still wait for our first packet", "us"],
  ] as const)("is named when its reports %s, within ten seconds", (_what, about) => {
    const { leg, told, run } = reported();
    run(4, about, false);
    expect(leg.stats).not.toHaveProperty("delivery");
    run(6, about, false);
    expect(leg.stats.delivery).toBe("never_arrived");
    expect(told).toEqual(["audio_undelivered"]);
    run(20, about, false);
    expect(told).toHaveLength(1);
  });

  it.each(["nobody", "us"] as const)("is told from audio that did until now (%s)", (about) => {
    const { leg, told, run } = reported();
    run(10, "us");
    expect(leg.stats.delivery).toBe("arrives");
    expect(told).toEqual([]);
    run(15, about, false);
    expect(leg.stats.delivery).toBe("stopped");
    run(5, "us");
    expect(leg.stats.delivery).toBe("arrives");
    expect(told).toEqual(["audio_undelivered", "audio_delivered"]);
  });

  it("is not concluded while it rings, when a gateway may have the way there shut", () => {
    const { leg, told, run, answer } = reported(AGREED, { answered: false });
    run(30, "nobody");
    answer();
    run(2, "nobody");
    expect(leg.stats).not.toHaveProperty("delivery");
    run(3, "nobody");
    run(20, "us");
    expect(told).toEqual([]);
  });

  it("does not arrive again by the old report of a peer that was held and resumed", () => {
    const { leg, told, run, connect } = reported();
    run(10, "us");
    run(15, "us", false);
    connect({ direction: "recvonly" });
    run(10, "us", false);
    connect();
    run(10, "us", false);
    expect(told).toEqual(["audio_undelivered"]);
    expect(leg.stats.delivery).toBe("stopped");
  });

  it("is not concluded from one report, nor from blocks about somebody else", () => {
    const { leg, told, run } = reported();
    run(5, "another");
    run(5, "nobody");
    run(60, "another");
    expect(leg.stats).not.toHaveProperty("delivery");
    expect(told).toEqual([]);
  });

  it("is not missed where nothing was sent: on hold, and in comfort noise", () => {
    const held = reported();
    held.run(10, "us");
    held.connect({ direction: "recvonly" });
    held.run(30, "us", false);
    held.connect();
    held.run(10, "us");
    const silent = reported({ ...AGREED, sendComfortNoise: NOISE });
    silent.run(30, "nobody");
    expect([...held.told, ...silent.told]).toEqual([]);
  });
});
