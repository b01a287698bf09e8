import { afterEach, beforeEach, expect, it } from "vitest";
import type { InboundLeg } from "../../carrier.js";
import { type Clock, systemClock } from "../../clock.js";
import type { Logger } from "../../logger.js";
import type { LegSignal, TransferRequest } from "../../vocabulary.js";
import { createSipCarrier, type SipCarrier } from "../sip-carrier.js";
import { type FakeMediaPlane, fakeMediaPlane } from "../testing/fake-media-plane.js";
import { hurriedClock } from "../testing/hurried-clock.js";
import { headerOf, type RawDialog, RawPeer, sdpOf, tagOf } from "../testing/raw-peer.js";

let carrier: SipCarrier;
let plane: FakeMediaPlane;
let port: number;
let caller: RawPeer;
let target: RawPeer;
let dialog: RawDialog;
let signals: LegSignal[];
let leg: InboundLeg | undefined;
let decide: (leg: InboundLeg | undefined, request: TransferRequest) => void;
let logged: string;

beforeEach(async () => {
  decide = (leg, { requestId }) => leg?.acceptTransfer?.(requestId);
  caller = await RawPeer.open();
  target = await RawPeer.open();
  await start(systemClock());
});

afterEach(async () => {
  await carrier.close();
  caller.close();
  target.close();
});

async function restart(clock: Clock): Promise<void> {
  await carrier.close();
  await start(clock);
}

async function start(clock: Clock): Promise<void> {
  plane = fakeMediaPlane();
  signals = [];
  logged = "";
  const log = (fields: object) => {
    logged += JSON.stringify(fields);
  };
  const logger: Logger = { debug: log, info: log, warn: log, error: log };
  carrier = createSipCarrier({ listen: ["udp:127.0.0.1:0"], mediaPlane: plane, logger, clock });
  carrier.receiveCalls((offer) => {
    leg = offer.accept({
      onSignal(signal) {
        signals.push(signal);
        if (signal.type === "transfer_request") decide(leg, signal.request);
      },
    });
    leg.answer();
  });
  const { addresses } = await carrier.ready();
  port = addresses[0]?.port ?? 0;
  dialog = await caller.call(port, "call");
}

function refer(referTo: string, headers: string[] = [], cseq = 2): void {
  caller.request("REFER", dialog, cseq, { headers: [`Refer-To: ${referTo}`, ...headers] });
}

const types = () => signals.map(({ type }) => type);
const sipfrag = (text: string) => text.split("\r\n\r\n")[1]?.trim();
const answered = () => expect.poll(types).toContain("answered");

const notified = () => caller.next(/^NOTIFY /);

it("calls whom an accepted REFER names, reports each step, and goes on with them", async () => {
  await answered();
  refer(`<sip:target@127.0.0.1:${target.port}>`, ["Referred-By: <sip:boss@example.com>"]);
  await caller.next(/^SIP\/2\.0 202 /);
  const trying = await notified();
  expect(sipfrag(trying)).toBe("SIP/2.0 100 Trying");
  expect(headerOf(trying, "Event")).toBe("refer");
  expect(headerOf(trying, "Subscription-State")).toMatch(/^active;expires=\d+$/);
  expect(headerOf(trying, "Content-Type")).toMatch(/^message\/sipfrag/);

  const invite = await target.next(/^INVITE sip:target@/);
  expect(headerOf(invite, "Referred-By")).toBe("<sip:boss@example.com>");
  // Whom the caller dialled, as they know us.
  expect(headerOf(invite, "From")).toMatch(/^<sip:\+12025550100@/);
  target.reply(invite, "180 Ringing", port);
  expect(sipfrag(await notified())).toBe("SIP/2.0 180 Ringing");
  expect(plane.ports[0]?.agreements).toHaveLength(1);

  target.reply(invite, "200 OK", port, { body: sdpOf(5_000) });
  await target.next(/^ACK /);
  const done = await notified();
  expect(sipfrag(done)).toBe("SIP/2.0 200 OK");
  expect(headerOf(done, "Subscription-State")).toMatch(/^terminated/);
  caller.request("BYE", dialog, 3);
  await caller.next(/^SIP\/2\.0 200 [\s\S]*CSeq: 3 BYE/);

  expect(plane.ports).toHaveLength(1);
  expect(plane.ports[0]?.agreements.at(-1)?.remote.port).toBe(5_000);
  expect(plane.ports[0]?.closed).toBe(false);
  expect(types()).toEqual([
    "answered",
    "transfer_request",
    "transfer_followed",
    "transfer_followed",
    "transfer_followed",
    "far_side_changed",
  ]);
  expect(signals[1]).toMatchObject({
    request: { referredBy: "sip:boss@example.com", attended: false },
  });

  // What the call asks for from now on is asked of the new far side.
  leg?.bye();
  await target.next(/^BYE /);
});

it("tells the end of the call when the new far side hangs up", async () => {
  refer(`<sip:target@127.0.0.1:${target.port}>`);
  const invite = await target.next(/^INVITE /);
  target.reply(invite, "200 OK", port, { body: sdpOf(5_000) });
  await target.next(/^ACK /);
  const moved = { callId: headerOf(invite, "Call-ID"), ownTag: "answer", port };
  target.request("BYE", { ...moved, theirTag: tagOf(headerOf(invite, "From")) }, 1);
  await target.next(/^SIP\/2\.0 200 [\s\S]*BYE/);
  expect(types().at(-1)).toBe("far_side_ended");
});

it("ends the old dialog itself where whoever transferred us does not", async () => {
  await restart(hurriedClock());
  refer(`<sip:target@127.0.0.1:${target.port}>`);
  target.reply(await target.next(/^INVITE /), "200 OK", port, { body: sdpOf(5_000) });
  await caller.next(/^BYE /);
  expect(types()).not.toContain("far_side_ended");
});

it("carries the call that we are to take over into the INVITE", async () => {
  const replaces = "abc%40host%3Bto-tag%3D1%3Bfrom-tag%3D2";
  refer(`<sip:target@127.0.0.1:${target.port}?Replaces=${replaces}&Subject=evil>`);
  const invite = await target.next(/^INVITE /);
  expect(headerOf(invite, "Replaces")).toBe("abc@host;to-tag=1;from-tag=2");
  expect(headerOf(invite, "Require")).toBe("replaces");
  expect(invite).not.toMatch(/^Subject:/m);
  expect(signals.find(({ type }) => type === "transfer_request")).toMatchObject({
    request: { attended: true, target: `sip:target@127.0.0.1:${target.port}` },
  });
  target.reply(invite, "486 Busy Here", port);
});

it("reports a target that refuses, and stays in the call", async () => {
  await answered();
  refer(`<sip:target@127.0.0.1:${target.port}>`);
  target.reply(await target.next(/^INVITE /), "486 Busy Here", port);
  await notified();
  const done = await notified();
  expect(sipfrag(done)).toBe("SIP/2.0 486 Busy Here");
  expect(headerOf(done, "Subscription-State")).toMatch(/^terminated/);
  expect(signals.at(-1)).toMatchObject({
    type: "transfer_followed",
    progress: { status: "failed", sipStatus: 486 },
  });
  leg?.bye();
  await caller.next(/^BYE /);
});

it("goes on to the target when whoever transferred us left at once, and ends when that fails", async () => {
  await answered();
  refer(`<sip:target@127.0.0.1:${target.port}>`);
  const invite = await target.next(/^INVITE /);
  caller.request("BYE", dialog, 3);
  await caller.next(/^SIP\/2\.0 200 [\s\S]*CSeq: 3 BYE/);
  expect(types()).not.toContain("far_side_ended");
  target.reply(invite, "603 Decline", port);
  await target.next(/^ACK /);
  expect(types().slice(-2)).toEqual(["transfer_followed", "far_side_ended"]);
});

it("withdraws the new call when we hang up meanwhile", async () => {
  await answered();
  refer(`<sip:target@127.0.0.1:${target.port}>`);
  const invite = await target.next(/^INVITE /);
  target.reply(invite, "180 Ringing", port);
  await expect.poll(types).toContain("transfer_followed");
  leg?.bye();
  await caller.next(/^BYE /);
  await target.next(/^CANCEL /);
  target.reply(invite, "487 Request Terminated", port);
});

it.each([603, 403])("refuses with %i and calls nobody", async (status) => {
  decide = (leg, { requestId }) => leg?.refuseTransfer?.(requestId, status);
  refer(`<sip:target@127.0.0.1:${target.port}>`);
  await caller.next(new RegExp(`^SIP/2\\.0 ${status} [\\s\\S]*REFER`));
  expect(caller.has(/^NOTIFY/)).toBe(false);
  expect(target.received).toEqual([]);
});

it("refuses what nobody decides on", async () => {
  decide = () => undefined;
  await restart(hurriedClock());
  refer(`<sip:target@127.0.0.1:${target.port}>`);
  await caller.next(/^SIP\/2\.0 603 [\s\S]*REFER/);
});

it("refuses what names nobody to call, without asking", async () => {
  const cases = [
    ["<https://example.com/>", 416],
    ["<sip:>", 400],
    ["<sip:a@127.0.0.1;method=BYE>", 501],
  ] as const;
  for (const [index, [referTo, status]] of cases.entries()) {
    refer(referTo, [], 2 + index);
    await caller.next(new RegExp(`^SIP/2\\.0 ${status} [\\s\\S]*CSeq: ${2 + index} REFER`));
  }
  caller.request("REFER", dialog, 9);
  await caller.next(/^SIP\/2\.0 400 [\s\S]*CSeq: 9 REFER/);
  expect(types()).not.toContain("transfer_request");
});

it("takes one transfer at a time, and names the second in its reports", async () => {
  refer(`<sip:target@127.0.0.1:${target.port}>`);
  const invite = await target.next(/^INVITE /);
  refer(`<sip:target@127.0.0.1:${target.port}>`, [], 3);
  await caller.next(/^SIP\/2\.0 491 /);
  target.reply(invite, "486 Busy Here", port);
  await caller.next(/SIP\/2\.0 486/);
  refer(`<sip:target@127.0.0.1:${target.port}>`, [], 4);
  const trying = await caller.next(/^NOTIFY [\s\S]*100 Trying/);
  expect(headerOf(trying, "Event")).toBe("refer;id=4");
  target.reply(await target.next(/^INVITE /), "486 Busy Here", port);
});

it("reports nothing to who wants no reports", async () => {
  refer(`<sip:target@127.0.0.1:${target.port}>`, ["Refer-Sub: false"]);
  const accepted = await caller.next(/^SIP\/2\.0 202 /);
  expect(headerOf(accepted, "Refer-Sub")).toBe("false");
  const invite = await target.next(/^INVITE /);
  target.reply(invite, "200 OK", port, { body: sdpOf(5_000) });
  await target.next(/^ACK /);
  expect(caller.has(/^NOTIFY/)).toBe(false);
});

it("writes no number in full into the log", async () => {
  refer(`<sip:+12025550177@127.0.0.1:${target.port}>`);
  target.reply(await target.next(/^INVITE /), "486 Busy Here", port);
  expect(logged).toContain("+1202•••77");
  expect(logged).not.toContain("2025550177");
});
