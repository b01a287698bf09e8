import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LegSignal } from "../../vocabulary.js";
import { createSipCarrier, type SipCarrier } from "../sip-carrier.js";
import { type FakeMediaPlane, fakeMediaPlane } from "../testing/fake-media-plane.js";
import { hurriedClock } from "../testing/hurried-clock.js";
import { headerOf, RawPeer, sdpOf } from "../testing/raw-peer.js";

let carrier: SipCarrier;
let plane: FakeMediaPlane;
let peer: RawPeer;
let port: number;

beforeEach(async () => {
  peer = await RawPeer.open();
  plane = fakeMediaPlane();
  carrier = createSipCarrier({
    listen: ["udp:127.0.0.1:0"],
    trunk: { uri: `sip:127.0.0.1:${peer.port}`, digits: "info" },
    mediaPlane: plane,
    clock: hurriedClock(),
  });
  port = (await carrier.ready()).addresses[0]?.port ?? 0;
});

afterEach(async () => {
  await carrier.close();
  peer.close();
});

describe("a trunk that hears digits by INFO only", () => {
  async function talk() {
    const signals: LegSignal[] = [];
    const destination = carrier.parseDestination("+12025550100");
    const sink = { onSignal: (signal: LegSignal) => void signals.push(signal) };
    const leg = carrier.placeCall({ callId: "ours", destination }, sink);
    peer.reply(await peer.next(/^INVITE /), "200 OK", port, { body: sdpOf() });
    await peer.next(/^ACK /);
    await expect.poll(() => signals.map(({ type }) => type)).toContain("answered");
    return leg;
  }

  it("gets them one after the other", async () => {
    const leg = await talk();
    const sent = leg.media.sendDtmf("1#", { durationMs: 100 });
    const first = await peer.next(/^INFO /);
    expect(headerOf(first, "Content-Type")).toBe("application/dtmf-relay");
    expect(first).toMatch(/Signal=1\r\nDuration=100\r\n$/);
    expect(peer.has(/^INFO /)).toBe(false);
    peer.reply(first, "200 OK", port);
    const second = await peer.next(/^INFO /);
    expect(second).toContain("Signal=#");
    peer.reply(second, "200 OK", port);
    await sent;
  });

  it("gets what it refuses in RTP after all", async () => {
    const leg = await talk();
    const inRtp = vi.spyOn(plane.ports[0] ?? leg.media, "sendDtmf");
    const sent = leg.media.sendDtmf("12");
    peer.reply(await peer.next(/^INFO /), "415 Unsupported Media Type", port);
    await sent;
    expect(inRtp).toHaveBeenCalledWith("12", {});
  });

  it("is sent nothing that is no digit", async () => {
    const leg = await talk();
    await expect(leg.media.sendDtmf("x")).rejects.toMatchObject({ code: "INVALID_OPTION" });
  });
});
