import { afterEach, beforeEach, expect, it } from "vitest";
import type { InboundSettings } from "./sip-carrier.js";
import { createSipCarrier, type SipCarrier } from "./sip-carrier.js";
import { type FakeMediaPlane, fakeMediaPlane } from "./testing/fake-media-plane.js";
import { headerOf, RawPeer, sdpOf, tagOf } from "./testing/raw-peer.js";

let carrier: SipCarrier;
let peer: RawPeer;
let port: number;
let plane: FakeMediaPlane;
let calls = 0;

async function listen(inbound: InboundSettings = {}): Promise<() => void> {
  plane = fakeMediaPlane();
  carrier = createSipCarrier({
    listen: ["udp:127.0.0.1:0"],
    mediaPlane: plane,
    inbound,
  });
  const { addresses } = await carrier.ready();
  port = addresses[0]?.port ?? 0;
  return carrier.receiveCalls((offer) => offer.accept({ onSignal: () => undefined }).answer());
}

beforeEach(async () => {
  peer = await RawPeer.open();
});

afterEach(async () => {
  await carrier.close();
  peer.close();
});

/** The final response to one more INVITE. */
async function refusal(body = sdpOf()): Promise<string> {
  calls += 1;
  const dialog = { callId: `call-${calls}`, ownTag: "t", theirTag: undefined, port };
  peer.request("INVITE", dialog, 1, { body });
  const response = await peer.next(/^SIP\/2\.0 [3-6]/);
  peer.request("ACK", { ...dialog, theirTag: tagOf(headerOf(response, "To")) }, 1);
  return response;
}

it("answers 480 where nobody ever received calls", async () => {
  carrier = createSipCarrier({ listen: ["udp:127.0.0.1:0"], mediaPlane: fakeMediaPlane() });
  port = (await carrier.ready()).addresses[0]?.port ?? 0;
  expect(await refusal()).toMatch(/^SIP\/2\.0 480 /);
});

it("answers 503 with Retry-After once it receives no more, and leaves the calls in hand alone", async () => {
  const stop = await listen();
  const dialog = await peer.call(port, "before");
  stop();
  const response = await refusal();
  expect(response).toMatch(/^SIP\/2\.0 503 Service Unavailable\r\n/);
  expect(headerOf(response, "Retry-After")).toBe("10");
  peer.request("BYE", dialog, 2);
  await peer.next(/^SIP\/2\.0 200 [\s\S]*BYE/);
});

it("takes calls again for another receiver", async () => {
  const stop = await listen();
  stop();
  await refusal();
  carrier.receiveCalls((offer) => offer.refuse(404));
  // The one that stopped stops nothing any more.
  stop();
  expect(await refusal()).toMatch(/^SIP\/2\.0 404 /);
});

it("answers 486 at the limit of calls, and takes the next when one has ended", async () => {
  await listen({ maxCalls: 1 });
  const dialog = await peer.call(port, "first");
  expect(await refusal()).toMatch(/^SIP\/2\.0 486 Busy Here\r\n/);
  peer.request("BYE", dialog, 2);
  await peer.next(/^SIP\/2\.0 200 [\s\S]*BYE/);
  await peer.call(port, "second");
});

it("answers 503 with Retry-After to more calls a second than it takes", async () => {
  await listen({ maxCallsPerSecond: 1 });
  await peer.call(port, "first");
  const response = await refusal();
  expect(response).toMatch(/^SIP\/2\.0 503 /);
  expect(Number(headerOf(response, "Retry-After"))).toBeGreaterThan(0);
});

it("answers 503 with Retry-After while its media threads are overloaded", async () => {
  await listen();
  plane.overloaded = true;
  const response = await refusal();
  expect(response).toMatch(/^SIP\/2\.0 503 /);
  expect(headerOf(response, "Retry-After")).toBe("10");
  plane.overloaded = false;
  await peer.call(port, "first");
});

it("answers who only asks whether it is there as it would answer a call", async () => {
  const stop = await listen();
  const ask = async (cseq: number) => {
    peer.request("OPTIONS", { callId: "ask", ownTag: "t", theirTag: undefined, port }, cseq);
    return peer.next(new RegExp(`^SIP/2\\.0 [\\s\\S]*CSeq: ${cseq} OPTIONS`));
  };
  expect(await ask(1)).toMatch(/^SIP\/2\.0 200 /);
  plane.overloaded = true;
  expect(headerOf(await ask(2), "Retry-After")).toBe("10");
  plane.overloaded = false;
  stop();
  expect(await ask(3)).toMatch(/^SIP\/2\.0 503 /);
});

it("does not count what it cannot speak with against the limits", async () => {
  await listen({ maxCalls: 1, maxCallsPerSecond: 1 });
  expect(await refusal(sdpOf(4_000, { formats: "18" }))).toMatch(/^SIP\/2\.0 488 /);
  await peer.call(port, "first");
});
