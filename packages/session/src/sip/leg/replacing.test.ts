import { afterEach, beforeEach, expect, it } from "vitest";
import type { InboundLeg, OutboundLeg } from "../../carrier.js";
import type { LegSignal } from "../../vocabulary.js";
import { createSipCarrier, type SipCarrier } from "../sip-carrier.js";
import { type FakeMediaPlane, fakeMediaPlane } from "../testing/fake-media-plane.js";
import { headerOf, type RawDialog, RawPeer, sdpOf, tagOf } from "../testing/raw-peer.js";

let carrier: SipCarrier;
let plane: FakeMediaPlane;
let port: number;
let first: RawPeer;
let second: RawPeer;
let signals: LegSignal[];
let leg: InboundLeg | undefined;
let offers: number;
let answers: boolean;

beforeEach(async () => {
  plane = fakeMediaPlane();
  signals = [];
  offers = 0;
  answers = true;
  carrier = createSipCarrier({
    listen: ["udp:127.0.0.1:0"],
    mediaPlane: plane,
    inbound: { maxCalls: 1 },
  });
  carrier.receiveCalls((offer) => {
    offers += 1;
    leg = offer.accept({ onSignal: (signal) => signals.push(signal) });
    if (answers) leg.answer();
    else leg.ring();
  });
  const { addresses } = await carrier.ready();
  port = addresses[0]?.port ?? 0;
  first = await RawPeer.open();
  second = await RawPeer.open();
});

afterEach(async () => {
  await carrier.close();
  first.close();
  second.close();
});

const types = () => signals.map(({ type }) => type);
const naming = ({ callId, theirTag, ownTag }: RawDialog, more = "") =>
  `Replaces: ${callId};to-tag=${theirTag};from-tag=${ownTag}${more}`;

/** An INVITE of the second peer's that is expected to be refused. */
async function refused(status: number, header: string): Promise<void> {
  const dialog = { callId: `${header.length}-${status}`, ownTag: "s", theirTag: undefined, port };
  second.request("INVITE", dialog, 1, { body: sdpOf(6_000), headers: [header] });
  const response = await second.next(/^SIP\/2\.0 [3-6]/);
  expect(response).toMatch(new RegExp(`^SIP/2\\.0 ${status} `));
  second.request("ACK", { ...dialog, theirTag: tagOf(headerOf(response, "To")) }, 1);
}

it("lets who names the dialog take the call over, on the same port, and ends the old one", async () => {
  const dialog = await first.call(port, "call");
  await expect.poll(types).toContain("answered");
  const moved = await second.call(port, "mover", {
    body: sdpOf(6_000),
    headers: [naming(dialog), "Require: replaces"],
  });
  await first.next(/^BYE /);
  expect(types()).toEqual(["answered", "far_side_changed"]);
  expect(offers).toBe(1);
  expect(plane.ports).toHaveLength(1);
  expect(plane.ports[0]?.agreements.at(-1)?.remote.port).toBe(6_000);

  second.request("BYE", moved, 2);
  await second.next(/^SIP\/2\.0 200 [\s\S]*BYE/);
  expect(types().at(-1)).toBe("far_side_ended");
  expect(plane.ports[0]?.closed).toBe(false);
});

it("takes the old far side's hold off with it", async () => {
  const dialog = await first.call(port, "call");
  first.request("INVITE", dialog, 2, { body: sdpOf(4_000, { lines: ["a=sendonly"] }) });
  await first.next(/^SIP\/2\.0 200 [\s\S]*CSeq: 2 INVITE/);
  first.request("ACK", dialog, 2);
  await expect.poll(types).toContain("held");
  await second.call(port, "mover", { body: sdpOf(6_000), headers: [naming(dialog)] });
  await first.next(/^BYE /);
  expect(signals.filter(({ type }) => type === "held")).toEqual([
    { type: "held", by: "far_side", held: true },
    { type: "held", by: "far_side", held: false },
  ]);
});

it("hands a call on again and again", async () => {
  const dialog = await first.call(port, "call");
  const moved = await second.call(port, "mover", {
    body: sdpOf(6_000),
    headers: [naming(dialog)],
  });
  await first.next(/^BYE /);
  await first.call(port, "back", { body: sdpOf(7_000), headers: [naming(moved)] });
  await second.next(/^BYE /);
  expect(plane.ports[0]?.agreements.at(-1)?.remote.port).toBe(7_000);
  leg?.bye();
  await first.next(/^BYE /);
});

it("lets somebody pick up a call of ours that still rings, and withdraws our INVITE", async () => {
  const destination = carrier.parseDestination(`sip:desk@127.0.0.1:${first.port}`);
  const leg: OutboundLeg = carrier.placeCall(
    { callId: "ours", destination },
    { onSignal: (signal) => signals.push(signal) },
  );
  const invite = await first.next(/^INVITE /);
  first.reply(invite, "180 Ringing", port);
  await expect.poll(types).toContain("provisional");
  const ringing = {
    callId: headerOf(invite, "Call-ID"),
    theirTag: tagOf(headerOf(invite, "From")),
    ownTag: "answer",
    port,
  };
  await second.call(port, "pickup", {
    body: sdpOf(6_000),
    headers: [naming(ringing, ";early-only")],
  });
  await first.next(/^CANCEL /);
  first.reply(invite, "487 Request Terminated", port);
  await first.next(/^ACK /);
  expect(types()).toEqual(["dialing", "provisional", "answered", "far_side_changed"]);
  leg.bye();
  await second.next(/^BYE /);
});

it("refuses who names no dialog of ours, one that is ringing here, or one that is over", async () => {
  await refused(481, "Replaces: nobody;to-tag=1;from-tag=2");
  await refused(400, "Replaces: nobody");
  answers = false;
  const ringing = { callId: "ringing", ownTag: "r", theirTag: undefined, port };
  first.request("INVITE", ringing, 1, { body: sdpOf() });
  const progress = await first.next(/^SIP\/2\.0 180 /);
  const theirTag = tagOf(headerOf(progress, "To"));
  await refused(481, naming({ ...ringing, theirTag }));
  leg?.reject(486);
  answers = true;
  const dialog = await first.call(port, "call");
  first.request("BYE", dialog, 2);
  await first.next(/^SIP\/2\.0 200 [\s\S]*BYE/);
  await refused(603, naming(dialog));
});

it("refuses who only wants to pick up a call that was answered meanwhile", async () => {
  const dialog = await first.call(port, "call");
  await refused(486, naming(dialog, ";early-only"));
  leg?.bye();
  await first.next(/^BYE /);
});

it("keeps the call when whoever wants to take it over never acknowledges our answer", async () => {
  const dialog = await first.call(port, "call");
  const mover = { callId: "mover", ownTag: "m", theirTag: undefined, port };
  second.request("INVITE", mover, 1, { body: sdpOf(6_000), headers: [naming(dialog)] });
  await second.next(/^SIP\/2\.0 200 /);
  expect(plane.ports[0]?.agreements.at(-1)?.remote.port).toBe(4_000);
  leg?.bye();
  await first.next(/^BYE /);
});

it("says which extension it does not speak, and speaks replaces", async () => {
  const dialog = { callId: "strange", ownTag: "x", theirTag: undefined, port };
  second.request("INVITE", dialog, 1, {
    body: sdpOf(),
    headers: ["Require: replaces, telepathy"],
  });
  const response = await second.next(/^SIP\/2\.0 4/);
  expect(response).toMatch(/^SIP\/2\.0 420 /);
  expect(headerOf(response, "Unsupported")).toBe("telepathy");
  expect(headerOf(response, "Supported")).toMatch(/\breplaces\b/);
});
