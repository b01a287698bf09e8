import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { seededRandom } from "../../random.js";
import type { LegSignal } from "../../vocabulary.js";
import { createSipCarrier, type SipCarrier } from "../sip-carrier.js";
import { fakeMediaPlane } from "../testing/fake-media-plane.js";
import { type MemoryNetwork, memoryNetwork } from "../testing/memory-network.js";

let carrier: SipCarrier;
let network: MemoryNetwork;
const signals: LegSignal[] = [];

beforeEach(async () => {
  vi.useFakeTimers();
  signals.length = 0;
  network = memoryNetwork({ random: seededRandom(1) });
  carrier = createSipCarrier({
    listen: ["udp:127.0.0.1:5060"],
    mediaPlane: fakeMediaPlane(),
    random: seededRandom(2),
    openWire: network.openWire,
  });
  carrier.receiveCalls((offer) => {
    const leg = offer.accept({ onSignal: (signal) => signals.push(signal) });
    if (offer.to === "busy") leg.reject(486);
    else leg.answer();
  });
  await carrier.ready();
});

afterEach(async () => {
  const closing = carrier.close();
  await vi.advanceTimersByTimeAsync(40_000);
  await closing;
  vi.useRealTimers();
});

const peer = { address: "192.0.2.7", port: 5060 };
const receive = (text: string) =>
  network.inject(Buffer.from(text.replace(/\n/g, "\r\n")), peer, 5060);
const statuses = () =>
  network.sent.flatMap((text) => /^SIP\/2\.0 (\d+)/.exec(text)?.slice(1).map(Number) ?? []);

const sdp =
  "v=0\no=- 1 1 IN IP4 192.0.2.7\ns=-\nc=IN IP4 192.0.2.7\nt=0 0\nm=audio 4000 RTP/AVP 0\n";
const request = (method: string, user: string, cseq: number, via: string, more = "") =>
  `${method} sip:${user}@127.0.0.1 SIP/2.0
Via: SIP/2.0/UDP 192.0.2.7${via}
From: <sip:old@192.0.2.7>
To: <sip:${user}@127.0.0.1>${more}
Call-ID: ${user}
CSeq: ${cseq} ${method}
`;
const invite = (user: string, via: string) =>
  `${request("INVITE", user, 1, via)}${via === "" ? "" : "Contact: <sip:192.0.2.7>\n"}Content-Type: application/sdp\n\n${sdp}`;
const toTag = () => /^To: .*(;tag=\w+)/m.exec(network.sent.at(-1) ?? "")?.[1] ?? "";

it.each(["", ";branch=z9hG4bK", ";branch=1"])(
  "tells requests of an RFC 2543 client apart that share the branch %j",
  async (via) => {
    receive(`${request("OPTIONS", "a", 1, via)}\n`);
    receive(`${request("OPTIONS", "b", 1, via)}\n`);
    await vi.advanceTimersByTimeAsync(10);
    expect(statuses()).toEqual([200, 200]);
  },
);

it("answers its repeats again, with the same answer", async () => {
  receive(`${request("OPTIONS", "a", 1, "")}\n`);
  await vi.advanceTimersByTimeAsync(500);
  receive(`${request("OPTIONS", "a", 1, "")}\n`);
  await vi.advanceTimersByTimeAsync(10);
  expect(network.sent).toHaveLength(2);
  expect(network.sent[1]).toBe(network.sent[0]);
});

it.each([
  ["has no branch", "", ""],
  ["repeats the branch of its INVITE", ";branch=z9hG4bKsame", ";branch=z9hG4bKsame"],
  ["has a branch of its own", ";branch=z9hG4bKone", ";branch=z9hG4bKtwo"],
])("takes an ACK of its 200 that %s", async (_what, ofInvite, ofAck) => {
  receive(invite("us", ofInvite));
  await vi.advanceTimersByTimeAsync(100);
  expect(statuses().at(-1)).toBe(200);
  receive(`${request("ACK", "us", 1, ofAck, toTag())}\n`);
  await vi.advanceTimersByTimeAsync(100);
  expect(signals.map(({ type }) => type)).toEqual(["answered"]);
  const before = network.sent.length;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(network.sent).toHaveLength(before);
});

it("takes its ACK of a refusal, and repeats the refusal no more", async () => {
  receive(invite("busy", ""));
  await vi.advanceTimersByTimeAsync(100);
  receive(`${request("ACK", "busy", 1, "", toTag())}\n`);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(statuses().filter((status) => status === 486)).toHaveLength(1);
});

it("reaches it where it called from, when it names no Contact", async () => {
  receive(invite("us", ""));
  await vi.advanceTimersByTimeAsync(100);
  receive(`${request("ACK", "us", 1, "", toTag())}\n`);
  await vi.advanceTimersByTimeAsync(100);
  void carrier.close();
  await vi.advanceTimersByTimeAsync(100);
  expect(network.sent.at(-1)).toMatch(/^BYE sip:192\.0\.2\.7:5060 SIP/);
});
