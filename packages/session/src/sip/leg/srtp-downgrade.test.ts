import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OutboundLeg } from "../../carrier.js";
import type { LegSignal } from "../../vocabulary.js";
import { createSipCarrier, type SipCarrier } from "../sip-carrier.js";
import { type FakeMediaPlane, fakeMediaPlane } from "../testing/fake-media-plane.js";
import { headerOf, type RawDialog, RawPeer, sdpOf, tagOf } from "../testing/raw-peer.js";

let carrier: SipCarrier;
let plane: FakeMediaPlane;
let peer: RawPeer;
let port: number;
let signals: LegSignal[];
let leg: OutboundLeg;

const KEY = Buffer.alloc(30, 7).toString("base64");
const OTHER_KEY = Buffer.alloc(30, 8).toString("base64");
const secure = (key = KEY) =>
  sdpOf(4_000, { lines: ["a=sendrecv", `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key}|2^31`] });

/** A call that we place with SRTP `allowed`; the peer answers with `answer`. */
async function calling(answer: string): Promise<RawDialog> {
  const destination = carrier.parseDestination(`sip:desk@127.0.0.1:${peer.port}`);
  leg = carrier.placeCall(
    { callId: "ours", destination },
    { onSignal: (signal) => signals.push(signal) },
  );
  const invite = await peer.next(/^INVITE /);
  peer.reply(invite, "200 OK", port, { body: answer });
  await peer.next(/^ACK /);
  const theirTag = tagOf(headerOf(invite, "From"));
  return { callId: headerOf(invite, "Call-ID"), ownTag: "answer", theirTag, port };
}

async function asked(method: "INVITE" | "UPDATE", dialog: RawDialog, cseq: number, body: string) {
  peer.request(method, dialog, cseq, { body });
  const response = await peer.next(new RegExp(`^SIP/2\\.0 [2-6][\\s\\S]*CSeq: ${cseq} ${method}`));
  if (method === "INVITE") peer.request("ACK", dialog, cseq);
  return response;
}

const agreed = () => plane.ports[0]?.agreements ?? [];

beforeEach(async () => {
  plane = fakeMediaPlane();
  signals = [];
  carrier = createSipCarrier({ listen: ["udp:127.0.0.1:0"], mediaPlane: plane, srtp: "allowed" });
  const { addresses } = await carrier.ready();
  port = addresses[0]?.port ?? 0;
  peer = await RawPeer.open();
});

afterEach(async () => {
  await carrier.close();
  peer.close();
});

describe("a call that is encrypted, though it need not be", () => {
  it.each(["INVITE", "UPDATE"] as const)(
    "refuses to go plain by %s, and goes on",
    async (method) => {
      const dialog = await calling(secure());
      expect(await asked(method, dialog, 10, sdpOf())).toMatch(/^SIP\/2\.0 488/);
      expect(agreed()).toHaveLength(1);
      expect(await asked(method, dialog, 11, secure(OTHER_KEY))).toMatch(
        /^SIP\/2\.0 200[\s\S]*a=crypto/,
      );
      const { srtp } = agreed()[1] ?? {};
      expect(Buffer.from(srtp?.receiveKey ?? []).toString("base64")).toBe(OTHER_KEY);
      expect(srtp?.sendKey).toEqual(agreed()[0]?.srtp?.sendKey);
    },
  );

  it("ends when the answer to our hold would make it plain", async () => {
    await calling(secure());
    leg.hold?.(true);
    const hold = await peer.next(/^INVITE /);
    expect(hold.match(/a=crypto/g)).toHaveLength(1);
    peer.reply(hold, "200 OK", port, { body: sdpOf() });
    await peer.next(/^ACK /);
    await peer.next(/^BYE /);
    expect(agreed()).toHaveLength(1);
    const lost = signals.find(({ type }) => type === "dialog_lost");
    expect(lost).toMatchObject({ detail: expect.stringContaining("SRTP") });
  });

  it("keeps to its keys where the same are offered again, with whatever else", async () => {
    const dialog = await calling(secure());
    const lines = [
      "a=sendrecv",
      `a=crypto:1 AES_CM_256_HMAC_SHA1_80 inline:${Buffer.alloc(46).toString("base64")}`,
      `a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:${OTHER_KEY}|2^31|1:4;inline:${KEY}|2^31|2:4`,
      `a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:${OTHER_KEY} UNENCRYPTED_SRTP`,
      "a=crypto:garbage",
      `a=crypto:5 AES_CM_128_HMAC_SHA1_80 inline:${KEY}|1048576`,
    ];
    const answer = await asked("INVITE", dialog, 10, sdpOf(4_000, { lines }));
    expect(answer).toMatch(/a=crypto:5 AES_CM_128_HMAC_SHA1_80 inline:/);
    expect(agreed()[1]?.srtp).toEqual(agreed()[0]?.srtp);
  });
});

it("a plain call may become an encrypted one", async () => {
  const dialog = await calling(sdpOf());
  expect(agreed()[0]?.srtp).toBeUndefined();
  expect(await asked("INVITE", dialog, 10, secure())).toMatch(/^SIP\/2\.0 200[\s\S]*a=crypto/);
  expect(agreed()[1]?.srtp).toBeDefined();
});

it("an answer may be plain although the early media of another phone was encrypted", async () => {
  const destination = carrier.parseDestination(`sip:desk@127.0.0.1:${peer.port}`);
  carrier.placeCall(
    { callId: "forked", destination },
    { onSignal: (signal) => signals.push(signal) },
  );
  const invite = await peer.next(/^INVITE /);
  peer.reply(invite, "183 Session Progress", port, { body: secure(), tag: "one" });
  await expect.poll(() => agreed().length).toBe(1);
  peer.reply(invite, "200 OK", port, { body: sdpOf(), tag: "two" });
  await peer.next(/^ACK /);
  await expect.poll(() => agreed().length).toBe(2);
  expect(signals.at(-1)).toMatchObject({ type: "answered", answer: { usableMedia: true } });
});
