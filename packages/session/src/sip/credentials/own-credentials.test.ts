import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { InboundLeg, OutboundLeg } from "../../carrier.js";
import type { LegSignal } from "../../vocabulary.js";
import { createSipCarrier, type SipCarrier } from "../sip-carrier.js";
import { fakeMediaPlane } from "../testing/fake-media-plane.js";
import { headerOf, RawPeer, sdpOf } from "../testing/raw-peer.js";

let carrier: SipCarrier;
let port: number;
let peer: RawPeer;
let signals: LegSignal[];

beforeEach(async () => {
  peer = await RawPeer.open();
  signals = [];
});

afterEach(async () => {
  await carrier.close();
  peer.close();
});

async function open(trunk: string): Promise<void> {
  carrier = createSipCarrier({
    listen: ["udp:127.0.0.1:0"],
    trunk: { uri: trunk, username: "u", password: "p" },
    mediaPlane: fakeMediaPlane(),
  });
  port = (await carrier.ready()).addresses[0]?.port ?? 0;
}

const keep = { onSignal: (signal: LegSignal) => void signals.push(signal) };
const types = () => signals.map(({ type }) => type);
const challenge = (nonce: string) => ({
  headers: [`Proxy-Authenticate: Digest realm="r", nonce="${nonce}", qop="auth"`],
});
const proof = (text: string) => headerOf(text, "Proxy-Authorization");

function dial(): OutboundLeg {
  const destination = carrier.parseDestination("+12025550100");
  return carrier.placeCall({ callId: "ours", destination }, keep);
}

describe("towards our trunk", () => {
  beforeEach(() => open(`sip:127.0.0.1:${peer.port}`));

  it("the ACK of an answer has the credentials of its INVITE", async () => {
    dial();
    peer.reply(await peer.next(/^INVITE /), "407 Proxy Authentication Required", port, {
      ...challenge("one"),
    });
    expect(proof(await peer.next(/^ACK /))).toBe("");
    const invite = await peer.next(/^INVITE /);
    peer.reply(invite, "200 OK", port, { body: sdpOf() });
    expect(proof(invite)).toContain('nonce="one"');
    expect(proof(await peer.next(/^ACK /))).toBe(proof(invite));
  });

  it("what we ask within a call of the trunk's is proved", async () => {
    const asked = await holdAndBeAsked();
    expect(headerOf(asked, "Proxy-Authorization")).toContain('nonce="inside"');
  });
});

describe("towards somebody else who calls us", () => {
  beforeEach(() => open("sip:127.0.0.2:5099"));

  it("nothing is proved: our password is none of its business", async () => {
    await expect(holdAndBeAsked()).rejects.toThrow("no /^INVITE /");
  });
});

/** The peer calls, is put on hold, and wants to know first who does that. */
async function holdAndBeAsked(): Promise<string> {
  let leg: InboundLeg | undefined;
  carrier.receiveCalls((offer) => {
    leg = offer.accept(keep);
    leg.answer();
  });
  await peer.call(port, "theirs");
  await expect.poll(types).toContain("answered");
  leg?.hold?.(true);
  peer.reply(await peer.next(/^INVITE /), "407 Proxy Authentication Required", port, {
    ...challenge("inside"),
  });
  await peer.next(/^ACK /);
  return peer.next(/^INVITE /, 300);
}
