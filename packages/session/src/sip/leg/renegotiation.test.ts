import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { InboundLeg, OutboundLeg } from "../../carrier.js";
import type { LegSignal } from "../../vocabulary.js";
import { createSipCarrier, type SipCarrier } from "../sip-carrier.js";
import { type FakeMediaPlane, fakeMediaPlane } from "../testing/fake-media-plane.js";
import { hurriedClock } from "../testing/hurried-clock.js";
import { headerOf, type RawDialog, RawPeer, sdpOf, tagOf } from "../testing/raw-peer.js";

let carrier: SipCarrier;
let plane: FakeMediaPlane;
let port: number;
let peer: RawPeer;
let signals: LegSignal[];
let inbound: InboundLeg | undefined;
let whenOffered: (leg: InboundLeg) => void;

beforeEach(async () => {
  plane = fakeMediaPlane();
  signals = [];
  whenOffered = (leg) => leg.answer();
  carrier = createSipCarrier({
    listen: ["udp:127.0.0.1:0"],
    mediaPlane: plane,
    clock: hurriedClock(),
  });
  carrier.receiveCalls((offer) => {
    inbound = offer.accept({ onSignal: (signal) => signals.push(signal) });
    whenOffered(inbound);
  });
  const { addresses } = await carrier.ready();
  port = addresses[0]?.port ?? 0;
  peer = await RawPeer.open();
});

afterEach(async () => {
  await carrier.close();
  peer.close();
});

const types = () => signals.map(({ type }) => type);
const holds = () =>
  signals.flatMap((signal) => (signal.type === "held" ? [`${signal.by} ${signal.held}`] : []));
const agreed = () => plane.ports[0]?.agreements.at(-1);
const directionOf = (text: string) =>
  /^a=(sendrecv|sendonly|recvonly|inactive)/m.exec(text)?.[1] ?? "none";
const offering = (direction: string, formats = "0") =>
  sdpOf(4_000, { formats, lines: [`a=${direction}`] });

/** The peer calls us, or we call it; what follows holds for both. */
const ways = {
  "a call that came in": async () => {
    const dialog = await peer.call(port, "call");
    await expect.poll(types).toContain("answered");
    if (!inbound) throw new Error("no call came in");
    return { leg: inbound, dialog, cseq: 10 };
  },
  "a call that we placed": async () => {
    const destination = carrier.parseDestination(`sip:desk@127.0.0.1:${peer.port}`);
    const leg: OutboundLeg = carrier.placeCall(
      { callId: "ours", destination },
      { onSignal: (signal) => signals.push(signal) },
    );
    const invite = await peer.next(/^INVITE /);
    peer.reply(invite, "200 OK", port, { body: sdpOf() });
    await peer.next(/^ACK /);
    const dialog: RawDialog = {
      callId: headerOf(invite, "Call-ID"),
      ownTag: "answer",
      theirTag: tagOf(headerOf(invite, "From")),
      port,
    };
    return { leg, dialog, cseq: 10 };
  },
};

/** Sends a re-INVITE and gives our response, acknowledged. */
async function reinvite(dialog: RawDialog, cseq: number, body: string, ackBody = "") {
  peer.request("INVITE", dialog, cseq, { body });
  const response = await peer.next(new RegExp(`^SIP/2\\.0 [2-6][\\s\\S]*CSeq: ${cseq} INVITE`));
  peer.request("ACK", dialog, cseq, { body: ackBody });
  return response;
}

async function update(dialog: RawDialog, cseq: number, body = "") {
  peer.request("UPDATE", dialog, cseq, { body });
  return peer.next(new RegExp(`^SIP/2\\.0 [2-6][\\s\\S]*CSeq: ${cseq} UPDATE`));
}

describe.each(Object.entries(ways))("in %s", (_name, set) => {
  it.each([
    ["sendonly", "recvonly"],
    ["inactive", "inactive"],
  ])("a hold with %s is answered %s, told, and taken off again", async (theirs, ours) => {
    const { dialog, cseq } = await set();
    expect(directionOf(await reinvite(dialog, cseq, offering(theirs)))).toBe(ours);
    expect(holds()).toEqual(["far_side true"]);
    expect(directionOf(await reinvite(dialog, cseq + 1, offering("sendrecv")))).toBe("sendrecv");
    expect(holds()).toEqual(["far_side true", "far_side false"]);
  });

  it("the old way to hold, an address of nowhere, is understood", async () => {
    const { dialog, cseq } = await set();
    const nowhere = sdpOf().replaceAll("127.0.0.1", "0.0.0.0");
    expect(directionOf(await reinvite(dialog, cseq, nowhere))).toBe("inactive");
    expect(holds()).toEqual(["far_side true"]);
  });

  it("we hold and take back, and go on sending meanwhile", async () => {
    const { leg } = await set();
    leg.hold?.(true);
    const held = await peer.next(/^INVITE /);
    expect(directionOf(held)).toBe("sendonly");
    peer.reply(held, "200 OK", port, { body: offering("recvonly") });
    await peer.next(/^ACK /);
    expect(holds()).toEqual(["us true"]);
    expect(agreed()?.direction).toBe("sendonly");
    leg.hold?.(false);
    const back = await peer.next(/^INVITE /);
    expect(directionOf(back)).toBe("sendrecv");
    peer.reply(back, "200 OK", port, { body: offering("sendrecv") });
    await peer.next(/^ACK /);
    expect(holds()).toEqual(["us true", "us false"]);
    expect(agreed()?.direction).toBe("sendrecv");
  });

  it("both hold, and neither takes the other's hold off", async () => {
    const { leg, dialog, cseq } = await set();
    await reinvite(dialog, cseq, offering("sendonly"));
    leg.hold?.(true);
    const held = await peer.next(/^INVITE /);
    expect(directionOf(held)).toBe("sendonly");
    peer.reply(held, "200 OK", port, { body: offering("inactive") });
    await peer.next(/^ACK /);
    expect(agreed()?.direction).toBe("inactive");
    // The peer takes its hold off; ours stands.
    expect(directionOf(await reinvite(dialog, cseq + 1, offering("sendrecv")))).toBe("sendonly");
    expect(holds()).toEqual(["far_side true", "us true", "far_side false"]);
  });

  it("a hold that the peer refuses is not told, and can be asked for again", async () => {
    const { leg } = await set();
    leg.hold?.(true);
    peer.reply(await peer.next(/^INVITE /), "488 Not Acceptable Here", port);
    await peer.next(/^ACK /);
    expect(holds()).toEqual([]);
    leg.hold?.(true);
    peer.reply(await peer.next(/^INVITE /), "200 OK", port, { body: offering("recvonly") });
    await peer.next(/^ACK /);
    expect(holds()).toEqual(["us true"]);
  });

  it("a change of mind while the peer has not answered yet comes true", async () => {
    const { leg } = await set();
    leg.hold?.(true);
    leg.hold?.(false);
    const held = await peer.next(/^INVITE /);
    peer.reply(held, "200 OK", port, { body: offering("recvonly") });
    const back = await peer.next(/^INVITE /);
    expect(directionOf(back)).toBe("sendrecv");
    peer.reply(back, "200 OK", port, { body: offering("sendrecv") });
    await peer.next(/^ACK /);
    expect(agreed()?.direction).toBe("sendrecv");
  });

  it("a codec that the peer changes to is spoken from then on", async () => {
    const { dialog, cseq } = await set();
    expect(agreed()?.send.name).toBe("PCMU");
    const response = await reinvite(dialog, cseq, offering("sendrecv", "8"));
    expect(response).toMatch(/^m=audio \d+ RTP\/AVP 8\r$/m);
    expect(agreed()?.send.name).toBe("PCMA");
  });

  it("an offer that we cannot speak is refused with 488, and the call goes on as it was", async () => {
    const { dialog, cseq } = await set();
    expect(await reinvite(dialog, cseq, offering("sendrecv", "18"))).toMatch(/^SIP\/2\.0 488 /);
    expect(agreed()?.send.name).toBe("PCMU");
    expect(await reinvite(dialog, cseq + 1, offering("sendrecv"))).toMatch(/^SIP\/2\.0 200 /);
  });

  it("a re-INVITE without an offer gets ours, and its ACK our answer", async () => {
    const { dialog, cseq } = await set();
    const response = await reinvite(dialog, cseq, "", sdpOf(4_444, { formats: "8" }));
    expect(response).toMatch(/^m=audio \d+ RTP\/AVP 0 8 101\r$/m);
    await expect.poll(() => agreed()?.remote.port).toBe(4_444);
    expect(agreed()?.send.name).toBe("PCMA");
  });

  it("a re-INVITE meets ours with 491, and ours is answered", async () => {
    const { leg, dialog, cseq } = await set();
    leg.hold?.(true);
    const ours = await peer.next(/^INVITE /);
    expect(await reinvite(dialog, cseq, offering("sendrecv"))).toMatch(/^SIP\/2\.0 491 /);
    peer.reply(ours, "200 OK", port, { body: offering("recvonly") });
    await peer.next(/^ACK /);
    expect(holds()).toEqual(["us true"]);
  });

  it("ours is asked again when the peer meets it with 491", async () => {
    const { leg } = await set();
    leg.hold?.(true);
    peer.reply(await peer.next(/^INVITE /), "491 Request Pending", port);
    const again = await peer.next(/^INVITE /);
    expect(directionOf(again)).toBe("sendonly");
    peer.reply(again, "200 OK", port, { body: offering("recvonly") });
    await peer.next(/^ACK /);
    expect(holds()).toEqual(["us true"]);
  });

  it("an UPDATE holds and takes back like a re-INVITE, and may come without an offer", async () => {
    const { dialog, cseq } = await set();
    const held = await update(dialog, cseq, offering("sendonly"));
    expect(held).toMatch(/^SIP\/2\.0 200 /);
    expect(directionOf(held)).toBe("recvonly");
    expect(await update(dialog, cseq + 1)).toMatch(/^SIP\/2\.0 200 [\s\S]*Content-Length: 0/);
    expect(directionOf(await update(dialog, cseq + 2, offering("sendrecv")))).toBe("sendrecv");
    expect(await update(dialog, cseq + 3, offering("sendrecv", "18"))).toMatch(/^SIP\/2\.0 488 /);
    expect(holds()).toEqual(["far_side true", "far_side false"]);
  });

  it("an UPDATE with an offer meets our own offer with 491", async () => {
    const { leg, dialog, cseq } = await set();
    leg.hold?.(true);
    const ours = await peer.next(/^INVITE /);
    expect(await update(dialog, cseq, offering("sendonly"))).toMatch(/^SIP\/2\.0 491 /);
    peer.reply(ours, "200 OK", port, { body: offering("recvonly") });
    await peer.next(/^ACK /);
    expect(holds()).toEqual(["us true"]);
  });
});

describe("before answer", () => {
  it("an UPDATE changes the early media of a call that we placed", async () => {
    const destination = carrier.parseDestination(`sip:desk@127.0.0.1:${peer.port}`);
    carrier.placeCall(
      { callId: "ours", destination },
      { onSignal: (signal) => signals.push(signal) },
    );
    const invite = await peer.next(/^INVITE /);
    peer.reply(invite, "183 Session Progress", port, { body: sdpOf() });
    await expect.poll(types).toContain("provisional");
    const dialog: RawDialog = {
      callId: headerOf(invite, "Call-ID"),
      ownTag: "answer",
      theirTag: tagOf(headerOf(invite, "From")),
      port,
    };
    const response = await update(dialog, 10, sdpOf(5_555));
    expect(response).toMatch(/^SIP\/2\.0 200 [\s\S]*m=audio/);
    expect(agreed()?.remote.port).toBe(5_555);
    peer.reply(invite, "486 Busy Here", port);
    await peer.next(/^ACK /);
  });

  it("an UPDATE with an offer is put off where ours is not answered", async () => {
    const destination = carrier.parseDestination(`sip:desk@127.0.0.1:${peer.port}`);
    carrier.placeCall(
      { callId: "ours", destination },
      { onSignal: (signal) => signals.push(signal) },
    );
    const invite = await peer.next(/^INVITE /);
    peer.reply(invite, "180 Ringing", port);
    await expect.poll(types).toContain("provisional");
    const dialog: RawDialog = {
      callId: headerOf(invite, "Call-ID"),
      ownTag: "answer",
      theirTag: tagOf(headerOf(invite, "From")),
      port,
    };
    expect(await update(dialog, 10, sdpOf(5_555))).toMatch(/^SIP\/2\.0 491 /);
    expect(await update(dialog, 11)).toMatch(/^SIP\/2\.0 200 /);
    peer.reply(invite, "486 Busy Here", port);
    await peer.next(/^ACK /);
  });

  it("a caller's UPDATE with an offer is put off until we answered the first", async () => {
    whenOffered = (leg) => leg.ring();
    const calling = { callId: "call", ownTag: "tag-call", theirTag: undefined, port };
    peer.request("INVITE", calling, 1, { body: sdpOf() });
    const ringing = await peer.next(/^SIP\/2\.0 180 /);
    const dialog = { ...calling, theirTag: tagOf(headerOf(ringing, "To")) };
    const put = await update(dialog, 2, sdpOf(5_555));
    expect(put).toMatch(/^SIP\/2\.0 500 [\s\S]*Retry-After: \d/);
    inbound?.answer();
    await peer.next(/^SIP\/2\.0 200 [\s\S]*CSeq: 1 INVITE/);
    peer.request("ACK", dialog, 1);
    await expect.poll(types).toContain("answered");
  });

  it("a caller's UPDATE changes the early media that it knows our answer to", async () => {
    whenOffered = (leg) => leg.ring({ earlyMedia: true });
    const calling = { callId: "call", ownTag: "tag-call", theirTag: undefined, port };
    peer.request("INVITE", calling, 1, { body: sdpOf(), headers: ["Require: 100rel"] });
    const early = await peer.next(/^SIP\/2\.0 183 /);
    const dialog = { ...calling, theirTag: tagOf(headerOf(early, "To")) };
    const rack = `RAck: ${headerOf(early, "RSeq")} 1 INVITE`;
    peer.request("PRACK", dialog, 2, { headers: [rack] });
    await peer.next(/^SIP\/2\.0 200 [\s\S]*PRACK/);
    const changed = await update(dialog, 3, sdpOf(5_555, { formats: "8" }));
    expect(changed).toMatch(/^SIP\/2\.0 200 [\s\S]*m=audio \d+ RTP\/AVP 8\r/);
    expect(agreed()?.remote.port).toBe(5_555);
    inbound?.answer();
    await peer.next(/^SIP\/2\.0 200 [\s\S]*CSeq: 1 INVITE/);
    peer.request("ACK", dialog, 1);
    await expect.poll(types).toContain("answered");
    expect(agreed()).toMatchObject({ remote: { port: 5_555 }, send: { name: "PCMA" } });
  });

  it("a call without an offer gets ours, and is answered with its ACK", async () => {
    const calling = { callId: "late", ownTag: "tag-late", theirTag: undefined, port };
    peer.request("INVITE", calling, 1);
    const ok = await peer.next(/^SIP\/2\.0 200 /);
    expect(ok).toMatch(/^m=audio \d+ RTP\/AVP 0 8 101\r$/m);
    const dialog = { ...calling, theirTag: tagOf(headerOf(ok, "To")) };
    peer.request("ACK", dialog, 1, { body: sdpOf(4_444, { formats: "8" }) });
    await expect.poll(types).toEqual(["answered"]);
    expect(agreed()).toMatchObject({ remote: { port: 4_444 }, send: { name: "PCMA" } });
  });
});
