import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OutboundLeg } from "../../carrier.js";
import type { LegSignal } from "../../vocabulary.js";
import { createSipCarrier, type SipCarrier } from "../sip-carrier.js";
import { type FakeMediaPlane, fakeMediaPlane } from "../testing/fake-media-plane.js";
import { hurriedClock } from "../testing/hurried-clock.js";
import { headerOf, type RawDialog, RawPeer, sdpOf, tagOf } from "../testing/raw-peer.js";

// What peers do that the RFCs allow and few test for.

let carrier: SipCarrier;
let plane: FakeMediaPlane;
let port: number;
let peer: RawPeer;
let signals: LegSignal[];

beforeEach(async () => {
  plane = fakeMediaPlane();
  signals = [];
  carrier = createSipCarrier({
    listen: ["udp:127.0.0.1:0"],
    mediaPlane: plane,
    clock: hurriedClock(),
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
const keep = { onSignal: (signal: LegSignal) => void signals.push(signal) };
const offering = (direction: string) => sdpOf(4_000, { lines: [`a=${direction}`] });

function dial(): OutboundLeg {
  const destination = carrier.parseDestination(`sip:desk@127.0.0.1:${peer.port}`);
  return carrier.placeCall({ callId: "ours", destination }, keep);
}

const dialogOf = (invite: string): RawDialog => ({
  callId: headerOf(invite, "Call-ID"),
  ownTag: "answer",
  theirTag: tagOf(headerOf(invite, "From")),
  port,
});

describe("an answer", () => {
  it.each(["sendonly", "inactive"])(
    "on hold (%s) is told as one, once there is a call",
    async (direction) => {
      dial();
      peer.reply(await peer.next(/^INVITE /), "200 OK", port, { body: offering(direction) });
      await expect.poll(types).toEqual(["dialing", "answered", "held"]);
      expect(signals.at(-1)).toEqual({ type: "held", by: "far_side", held: true });
    },
  );

  it("after early media that took no audio is no hold taken off", async () => {
    dial();
    const invite = await peer.next(/^INVITE /);
    peer.reply(invite, "183 Session Progress", port, { body: offering("sendonly") });
    await expect.poll(types).toContain("provisional");
    peer.reply(invite, "200 OK", port, { body: offering("sendrecv") });
    await expect.poll(types).toEqual(["dialing", "provisional", "answered"]);
  });

  it("that refuses the audio ends the call at once, and why is said", async () => {
    dial();
    peer.reply(await peer.next(/^INVITE /), "200 OK", port, { body: sdpOf(0) });
    expect(headerOf(await peer.next(/^BYE /), "Reason")).toContain("488");
    expect(signals.at(-1)).toMatchObject({
      type: "answered",
      answer: { usableMedia: false, mediaProblem: "the answer refuses the audio" },
    });
  });

  it("of another IP version is taken: where its audio comes from will be seen", async () => {
    dial();
    const body = sdpOf().replaceAll("IN IP4 127.0.0.1", "IN IP6 2001:db8::1");
    peer.reply(await peer.next(/^INVITE /), "200 OK", port, { body });
    await expect.poll(types).toContain("answered");
    expect(signals.at(-1)).toMatchObject({ answer: { usableMedia: true } });
  });

  it("with a telephone-event type of its own is heard under both", async () => {
    dial();
    const body = sdpOf(4_000, { formats: "0 96", lines: ["a=rtpmap:96 telephone-event/8000"] });
    peer.reply(await peer.next(/^INVITE /), "200 OK", port, { body });
    await expect.poll(types).toContain("answered");
    const events = plane.ports[0]?.agreements[0]?.receive.filter(
      ({ name }) => name === "TELEPHONE-EVENT",
    );
    expect(events?.map(({ payloadType }) => payloadType)).toEqual([101, 96]);
  });
});

describe("an offer", () => {
  it("without audio is refused, and why is said", async () => {
    carrier.receiveCalls((offer) => void offer.accept(keep).answer());
    const body = sdpOf().replace("m=audio", "m=video");
    const dialog = { callId: "mute", ownTag: "mute", theirTag: undefined, port };
    peer.request("INVITE", dialog, 1, { body });
    const refusal = await peer.next(/^SIP\/2\.0 488 /);
    expect(headerOf(refusal, "Warning")).toMatch(/^399 \S+ "the offer has no RTP audio"$/);
  });
});

describe("an INVITE", () => {
  const calling = { callId: "odd", ownTag: "odd", theirTag: undefined };

  it("with what it requires on several lines gets all of it", async () => {
    carrier.receiveCalls((offer) => void offer.accept(keep).ring());
    const headers = ["Require: timer", "Require: 100rel"];
    peer.request("INVITE", { ...calling, port }, 1, { body: sdpOf(), headers });
    expect(await peer.next(/^SIP\/2\.0 180 /)).toContain("RSeq: ");
  });

  it("whose offer is packed is refused with what we can read", async () => {
    carrier.receiveCalls((offer) => void offer.accept(keep).ring());
    const headers = ["Content-Encoding: gzip"];
    peer.request("INVITE", { ...calling, port }, 1, { body: sdpOf(), headers });
    expect(await peer.next(/^SIP\/2\.0 415 /)).toContain("Accept-Encoding: identity");
  });
});

describe("a session that is to be refreshed too often", () => {
  it.each(["INVITE", "UPDATE"])("by %s within the call is refused with 422", async (method) => {
    carrier.receiveCalls((offer) => void offer.accept(keep).answer());
    const dialog = await peer.call(port, "brief");
    const headers = ["Supported: replaces", "Supported: timer", "Session-Expires: 30"];
    peer.request(method, dialog, 2, { headers });
    expect(await peer.next(/^SIP\/2\.0 422 [\s\S]*CSeq: 2/)).toContain("Min-SE: 90");
  });

  it.each(["UPDATE", "INVITE"])("by our %s is asked for less often", async (method) => {
    carrier.receiveCalls((offer) => void offer.accept(keep).answer());
    const headers = [
      "Supported: timer",
      "Session-Expires: 90;refresher=uas",
      `Allow: INVITE, ACK, BYE${method === "UPDATE" ? ", UPDATE" : ""}`,
    ];
    await peer.call(port, "rarer", { headers });
    const often = await peer.next(new RegExp(`^${method} `));
    expect(headerOf(often, "Session-Expires")).toBe("90;refresher=uac");
    peer.reply(often, "422 Session Interval Too Small", port, { headers: ["Min-SE: 180"] });
    const rarely = await peer.next(new RegExp(`^${method} `));
    expect(headerOf(rarely, "Session-Expires")).toBe("180;refresher=uac");
  });
});

describe("a carrier that was told how long packets are to be", () => {
  it("asks for them, and sends them to whoever asks for no other length", async () => {
    await carrier.close();
    carrier = createSipCarrier({ listen: ["udp:127.0.0.1:0"], mediaPlane: plane, packetMs: 30 });
    port = (await carrier.ready()).addresses[0]?.port ?? 0;
    for (const lines of [[], ["a=ptime:40"]]) {
      dial();
      const invite = await peer.next(/^INVITE /);
      expect(invite).toContain("a=ptime:30\r\n");
      peer.reply(invite, "200 OK", port, { body: sdpOf(4_000, { lines }) });
      await expect.poll(types).toContain("answered");
      signals = [];
    }
    expect(plane.ports.map(({ agreements }) => agreements[0]?.packetMs)).toEqual([30, 40]);
  });

  it.each([5, 12, 80])("refuses %d ms", (packetMs) => {
    expect(() => createSipCarrier({ packetMs })).toThrow(/packetMs/);
  });
});

describe("a peer that moves", () => {
  it.each(["UPDATE", "INVITE"])("is found where its %s says", async (method) => {
    const elsewhere = await RawPeer.open();
    const leg = dial();
    const invite = await peer.next(/^INVITE /);
    peer.reply(invite, "200 OK", port, { body: sdpOf() });
    await peer.next(/^ACK /);
    const contact = `<sip:moved@127.0.0.1:${elsewhere.port}>`;
    peer.request(method, dialogOf(invite), 7, { contact, body: sdpOf() });
    await peer.next(/^SIP\/2\.0 200 [\s\S]*CSeq: 7/);
    leg.bye();
    expect(await elsewhere.next(/^BYE /)).toContain("BYE sip:moved@");
    elsewhere.close();
  });

  it("is found where its 200 to our re-INVITE says", async () => {
    const elsewhere = await RawPeer.open();
    const leg = dial();
    peer.reply(await peer.next(/^INVITE /), "200 OK", port, { body: sdpOf() });
    await peer.next(/^ACK /);
    leg.hold?.(true);
    const contact = `<sip:moved@127.0.0.1:${elsewhere.port}>`;
    peer.reply(await peer.next(/^INVITE /), "200 OK", port, {
      body: offering("recvonly"),
      contact,
    });
    await elsewhere.next(/^ACK /);
    elsewhere.close();
  });
});

describe("a peer that names no Contact in its 200 to our re-INVITE", () => {
  it("stays where it was", async () => {
    const elsewhere = await RawPeer.open();
    const leg = dial();
    peer.reply(await peer.next(/^INVITE /), "200 OK", port, {
      body: sdpOf(),
      contact: `<sip:desk@127.0.0.1:${elsewhere.port}>`,
    });
    await elsewhere.next(/^ACK /);
    leg.hold?.(true);
    const reinvite = await elsewhere.next(/^INVITE /);
    elsewhere.reply(reinvite, "200 OK", port, {
      body: offering("recvonly"),
      contact: "",
    });
    await elsewhere.next(/^ACK /);
    leg.bye();
    expect(await elsewhere.next(/^BYE /)).toMatch(/^BYE sip:desk@/);
    elsewhere.close();
  });
});

describe("a callee that has not answered yet", () => {
  it("and asks for another session is told that ours comes first", async () => {
    dial();
    const invite = await peer.next(/^INVITE /);
    peer.reply(invite, "183 Session Progress", port, { body: sdpOf() });
    await expect.poll(types).toContain("provisional");
    peer.request("INVITE", dialogOf(invite), 7, { body: sdpOf() });
    await peer.next(/^SIP\/2\.0 491 [\s\S]*CSeq: 7 INVITE/);
    peer.reply(invite, "200 OK", port, { body: sdpOf() });
    await expect.poll(types).toContain("answered");
  });
});

describe("a callee of the old kind, without a tag", () => {
  it("is asked without one, and may hang up without one", async () => {
    const leg = dial();
    const invite = await peer.next(/^INVITE /);
    const untagged = { tag: "", body: sdpOf() };
    peer.reply(invite, "200 OK", port, untagged);
    expect(headerOf(await peer.next(/^ACK /), "To")).not.toContain("tag");
    leg.hold?.(true);
    const held = await peer.next(/^INVITE /);
    expect(headerOf(held, "To")).not.toContain("tag");
    peer.reply(held, "200 OK", port, { tag: "", body: offering("recvonly") });
    await peer.next(/^ACK /);
    peer.request("BYE", { ...dialogOf(invite), ownTag: "" }, 9);
    await peer.next(/^SIP\/2\.0 200 [\s\S]*CSeq: 9 BYE/);
    await expect.poll(types).toContain("far_side_ended");
  });
});

describe("a strict router on the way", () => {
  it("is named in the Request-URI, and the peer at the end of the route", async () => {
    const leg = dial();
    const router = `sip:127.0.0.1:${peer.port};transport=udp`;
    peer.reply(await peer.next(/^INVITE /), "200 OK", port, {
      body: sdpOf(),
      headers: [`Record-Route: <sip:last.invalid>, <${router}>`],
      contact: "<sip:desk@unreachable.invalid>",
    });
    const ack = await peer.next(/^ACK /);
    leg.bye();
    for (const request of [ack, await peer.next(/^BYE /)]) {
      expect(request.split("\r\n", 1)[0]).toMatch(new RegExp(` ${router} SIP/2.0$`));
      const routes = request.split("\r\n").filter((line) => line.startsWith("Route: "));
      expect(routes).toEqual([
        "Route: <sip:last.invalid>",
        "Route: <sip:desk@unreachable.invalid>",
      ]);
    }
  });
});

describe("a proxy that forked", () => {
  it("has an answer that comes after its refusal acknowledged and ended", async () => {
    dial();
    const invite = await peer.next(/^INVITE /);
    peer.reply(invite, "486 Busy Here", port, { tag: "busy" });
    await peer.next(/^ACK /);
    peer.reply(invite, "200 OK", port, { tag: "late", body: sdpOf() });
    expect(tagOf(headerOf(await peer.next(/^ACK /), "To"))).toBe("late");
    expect(tagOf(headerOf(await peer.next(/^BYE /), "To"))).toBe("late");
    expect(types()).toEqual(["dialing", "rejected"]);
  });
});

describe("a callee behind forks", () => {
  const pcma = sdpOf(4_000, { formats: "8" });

  it("is heard as it answered before, when it picks up without saying it again", async () => {
    dial();
    const invite = await peer.next(/^INVITE /);
    peer.reply(invite, "183 Session Progress", port, { tag: "one", body: pcma });
    peer.reply(invite, "183 Session Progress", port, { tag: "two", body: sdpOf() });
    await expect.poll(() => types().length).toBe(3);
    peer.reply(invite, "200 OK", port, { tag: "one" });
    await expect.poll(types).toContain("answered");
    expect(signals.at(-1)).toMatchObject({ answer: { usableMedia: true } });
    expect(plane.ports[0]?.agreements.at(-1)?.send.name).toBe("PCMA");
  });

  it("may come under another tag than its early media, where nobody else answered", async () => {
    dial();
    const invite = await peer.next(/^INVITE /);
    peer.reply(invite, "183 Session Progress", port, { tag: "one", body: sdpOf() });
    peer.reply(invite, "200 OK", port, { tag: "other" });
    await expect.poll(types).toContain("answered");
    expect(signals.at(-1)).toMatchObject({ answer: { usableMedia: true } });
  });

  it("has no answer, where it rang without one and another played", async () => {
    dial();
    const invite = await peer.next(/^INVITE /);
    peer.reply(invite, "183 Session Progress", port, { tag: "one", body: sdpOf() });
    peer.reply(invite, "180 Ringing", port, { tag: "two" });
    peer.reply(invite, "200 OK", port, { tag: "two" });
    await peer.next(/^BYE /);
    expect(signals.at(-1)).toMatchObject({ answer: { usableMedia: false } });
  });
});

describe("a redirect", () => {
  const uriOf = (text: string) => text.split(" ", 2)[1] ?? "";
  const to = (user: string, q: string) => `<sip:${user}@127.0.0.1:${peer.port}>;q=${q}`;

  it("to several is followed from one to the next, and what the best said is told", async () => {
    dial();
    peer.reply(await peer.next(/^INVITE /), "302 Moved", port, {
      contact: `${to("low", "0.1")}, ${to("high", "0.9")}`,
    });
    const high = await peer.next(/^INVITE /);
    expect(uriOf(high)).toContain("sip:high@");
    peer.reply(high, "486 Busy Here", port);
    const low = await peer.next(/^INVITE /);
    expect(uriOf(low)).toContain("sip:low@");
    peer.reply(low, "404 Not Found", port);
    await expect.poll(types).toContain("rejected");
    expect(signals.at(-1)).toMatchObject({ response: { status: 486 } });
  });

  it("stops where somebody speaks for all", async () => {
    dial();
    peer.reply(await peer.next(/^INVITE /), "302 Moved", port, {
      contact: `${to("low", "0.1")}, ${to("high", "0.9")}`,
    });
    peer.reply(await peer.next(/^INVITE /), "603 Decline", port);
    await expect.poll(types).toContain("rejected");
    expect(signals.at(-1)).toMatchObject({ response: { status: 603 } });
  });

  it("to a number calls it at our trunk, and is not followed without one", async () => {
    const contact = "<tel:+1-202-555-0142>";
    dial();
    peer.reply(await peer.next(/^INVITE /), "302 Moved", port, { contact });
    await expect.poll(types).toContain("rejected");
    const trunk = { uri: `sip:127.0.0.1:${peer.port}` };
    const other = createSipCarrier({ trunk, mediaPlane: fakeMediaPlane() });
    const destination = other.parseDestination("+12025550100");
    other.placeCall({ callId: "other", destination }, keep);
    const invite = await peer.next(/^INVITE /);
    const { port: theirs } = new URL(`http://${invite.match(/^Via: \S+ ([^;]+)/m)?.[1]}`);
    peer.reply(invite, "302 Moved", Number(theirs), { contact });
    const second = await peer.next(/^INVITE /);
    expect(uriOf(second)).toBe(`sip:+12025550142@127.0.0.1:${peer.port}`);
    peer.reply(second, "404 Not Found", Number(theirs));
    await other.close();
  });

  it("to a proxy asks it for the same callee", async () => {
    dial();
    const invite = await peer.next(/^INVITE /);
    peer.reply(invite, "305 Use Proxy", port, { contact: `<sip:127.0.0.1:${peer.port};lr>` });
    expect(uriOf(await peer.next(/^INVITE /))).toBe(uriOf(invite));
  });
});

describe("a caller that has not been answered yet", () => {
  const calling = (callId: string): RawDialog => ({
    callId,
    ownTag: "caller",
    theirTag: undefined,
    port,
  });
  let answer: () => void;
  beforeEach(() => {
    carrier.receiveCalls((offer) => {
      const leg = offer.accept(keep);
      leg.ring();
      answer = () => leg.answer();
    });
  });

  async function ringing(callId: string, extras: { body?: string; headers?: readonly string[] }) {
    peer.request("INVITE", calling(callId), 1, extras);
    const response = await peer.next(/^SIP\/2\.0 18/);
    const dialog = { ...calling(callId), theirTag: tagOf(headerOf(response, "To")) };
    const rack = `RAck: ${headerOf(response, "RSeq")} 1 INVITE`;
    return { response, dialog, rack };
  }

  it("may give up with BYE", async () => {
    const { dialog } = await ringing("bye", { body: sdpOf() });
    peer.request("BYE", dialog, 2, { headers: ["Reason: Q.850;cause=16"] });
    await peer.next(/^SIP\/2\.0 200 [\s\S]*CSeq: 2 BYE/);
    await peer.next(/^SIP\/2\.0 487 [\s\S]*CSeq: 1 INVITE/);
    expect(signals).toMatchObject([
      { type: "far_side_ended", request: "BYE", reason: { q850: 16 } },
    ]);
  });

  it("without an offer gets ours reliably, answers it in PRACK, and is asked no more", async () => {
    const { response, dialog, rack } = await ringing("late", { headers: ["Require: 100rel"] });
    expect(response).toContain("m=audio");
    peer.request("PRACK", dialog, 2, { headers: [rack], body: sdpOf(4_000, { formats: "8" }) });
    await peer.next(/^SIP\/2\.0 200 [\s\S]*CSeq: 2 PRACK/);
    answer();
    expect(await peer.next(/^SIP\/2\.0 200 [\s\S]*CSeq: 1 INVITE/)).not.toContain("m=audio");
    peer.request("ACK", dialog, 1);
    await expect.poll(types).toEqual(["answered"]);
    expect(plane.ports[0]?.agreements.at(-1)?.send.name).toBe("PCMA");
  });

  it("without an offer that answers ours with nothing we speak is refused", async () => {
    const { dialog, rack } = await ringing("odd", { headers: ["Require: 100rel"] });
    peer.request("PRACK", dialog, 2, { headers: [rack], body: sdpOf(4_000, { formats: "3" }) });
    await peer.next(/^SIP\/2\.0 488 [\s\S]*CSeq: 1 INVITE/);
    expect(types()).toContain("media_failed");
  });

  it("may offer anew in PRACK, and the 200 does not take it back", async () => {
    carrier.receiveCalls((offer) => {
      const leg = offer.accept(keep);
      leg.ring({ earlyMedia: true });
      answer = () => leg.answer();
    });
    const extras = { body: sdpOf(), headers: ["Require: 100rel"] };
    const { dialog, rack } = await ringing("anew", extras);
    peer.request("PRACK", dialog, 2, { headers: [rack], body: sdpOf(4_000, { formats: "8" }) });
    expect(await peer.next(/^SIP\/2\.0 200 [\s\S]*CSeq: 2 PRACK/)).toContain("RTP/AVP 8");
    answer();
    expect(await peer.next(/^SIP\/2\.0 200 [\s\S]*CSeq: 1 INVITE/)).not.toContain("m=audio");
    expect(plane.ports[0]?.agreements.at(-1)?.send.name).toBe("PCMA");
  });

  it("and hangs up before its ACK reaches us was answered all the same", async () => {
    carrier.receiveCalls((offer) => void offer.accept(keep).answer());
    peer.request("INVITE", calling("fast"), 1, { body: sdpOf() });
    const ok = await peer.next(/^SIP\/2\.0 200 /);
    const dialog = { ...calling("fast"), theirTag: tagOf(headerOf(ok, "To")) };
    peer.request("BYE", dialog, 2);
    await peer.next(/^SIP\/2\.0 200 [\s\S]*CSeq: 2 BYE/);
    expect(types()).toEqual(["answered", "far_side_ended"]);
  });
});
