import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { seededRandom } from "../../random.js";
import type { LegSignal } from "../../vocabulary.js";
import { createSipCarrier, type SipCarrier } from "../sip-carrier.js";
import { fakeMediaPlane } from "../testing/fake-media-plane.js";
import { type MemoryNetwork, memoryNetwork } from "../testing/memory-network.js";

let carrier: SipCarrier;
let network: MemoryNetwork;
let signals: LegSignal[];

beforeEach(async () => {
  vi.useFakeTimers();
  network = memoryNetwork({ random: seededRandom(3) });
  carrier = createSipCarrier({
    listen: ["udp:127.0.0.1:5060"],
    mediaPlane: fakeMediaPlane(),
    random: seededRandom(4),
    openWire: network.openWire,
  });
  signals = [];
  carrier.receiveCalls((offer) => {
    offer.accept({ onSignal: (signal) => signals.push(signal) }).answer();
  });
  await carrier.ready();
  send("INVITE", 1, "application/sdp", sdp);
  await vi.advanceTimersByTimeAsync(20);
  send("ACK", 1);
  await vi.advanceTimersByTimeAsync(20);
});

afterEach(async () => {
  const closing = carrier.close();
  await vi.advanceTimersByTimeAsync(40_000);
  await closing;
  vi.useRealTimers();
});

const sdp = [
  "v=0",
  "o=- 1 1 IN IP4 192.0.2.66",
  "s=-",
  "c=IN IP4 192.0.2.66",
  "t=0 0",
  "m=audio 4000 RTP/AVP 0",
  "",
].join("\r\n");

/** One request of the caller's, in the dialog where there is one. */
function send(method: string, cseq: number, contentType?: string, body = ""): void {
  const tag = /^To: .*;tag=(\w+)/m.exec(network.sent.find((text) => /^SIP.* 200/.test(text)) ?? "");
  const lines = [
    `${method} sip:offhook@127.0.0.1:5060 SIP/2.0`,
    `Via: SIP/2.0/UDP 192.0.2.66:5070;branch=z9hG4bK${method}${cseq}`,
    "From: <sip:a@192.0.2.66>;tag=a",
    `To: <sip:b@127.0.0.1>${tag ? `;tag=${tag[1]}` : ""}`,
    "Call-ID: texts",
    `CSeq: ${cseq} ${method}`,
    "Contact: <sip:a@192.0.2.66:5070>",
    "Max-Forwards: 70",
    ...(contentType === undefined ? [] : [`Content-Type: ${contentType}`]),
    `Content-Length: ${Buffer.byteLength(body)}`,
    "",
    body,
  ];
  network.inject(Buffer.from(lines.join("\r\n")), { address: "192.0.2.66", port: 5070 }, 5060);
}

const texts = () => signals.filter(({ type }) => type === "text");

it("tells what a MESSAGE within the call says, umlauts and all", () => {
  send("MESSAGE", 2, "text/plain;charset=utf-8", "Grüße");
  expect(texts()).toEqual([
    { type: "text", contentType: "text/plain;charset=utf-8", body: "Grüße" },
  ]);
  expect(network.sent.at(-1)).toMatch(/^SIP\/2\.0 200/);
});

it("tells an INFO that is no key press, and a key press as such only", () => {
  send("INFO", 2, "application/json", '{"queue":3}');
  send("INFO", 3, "application/dtmf-relay", "Signal=5\r\nDuration=160\r\n");
  expect(texts()).toEqual([{ type: "text", contentType: "application/json", body: '{"queue":3}' }]);
  expect(signals.at(-1)).toMatchObject({ type: "dtmf", digit: "5" });
});

it("tells nothing of an empty INFO", () => {
  send("INFO", 2);
  expect(texts()).toEqual([]);
  expect(network.sent.at(-1)).toMatch(/^SIP\/2\.0 200/);
});
