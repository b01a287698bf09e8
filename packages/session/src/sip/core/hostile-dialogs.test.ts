import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { seededRandom } from "../../random.js";
import type { LegSignal } from "../../vocabulary.js";
import { createSipCarrier, type SipCarrier } from "../sip-carrier.js";
import { fakeMediaPlane } from "../testing/fake-media-plane.js";
import { type MemoryNetwork, memoryNetwork } from "../testing/memory-network.js";

/** Peers that know the protocol and misuse it: every call they touch ends, and says why. */

let carrier: SipCarrier;
let network: MemoryNetwork;
const inbound = new Map<string, LegSignal[]>();
const MAX_CALLS = 20;

beforeEach(async () => {
  vi.useFakeTimers();
  inbound.clear();
  network = memoryNetwork({ random: seededRandom(3) });
  carrier = createSipCarrier({
    trunk: { uri: "sip:127.0.0.1:5070", username: "u", password: "p" },
    listen: ["udp:127.0.0.1:5060"],
    inbound: { maxCalls: MAX_CALLS },
    mediaPlane: fakeMediaPlane(),
    random: seededRandom(4),
    openWire: network.openWire,
  });
  carrier.receiveCalls((offer) => {
    const signals: LegSignal[] = [];
    inbound.set(offer.headers["x-id"] ?? "", signals);
    offer.accept({ onSignal: (signal) => signals.push(signal) }).answer();
  });
  await carrier.ready();
});

afterEach(async () => {
  const closing = carrier.close();
  await vi.advanceTimersByTimeAsync(40_000);
  await closing;
  // Nothing that a peer did keeps the process.
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const peer = { address: "127.0.0.1", port: 5070 };
const receive = (text: string) =>
  network.inject(Buffer.from(text.replace(/\r?\n/g, "\r\n"), "latin1"), peer, 5060);
const statuses = () =>
  network.sent.flatMap((text) => /^SIP\/2\.0 (\d+)/.exec(text)?.slice(1).map(Number) ?? []);
const requests = (method: string) => network.sent.filter((text) => text.startsWith(`${method} `));
const types = (signals: readonly LegSignal[] = []) => signals.map(({ type }) => type);

const sdp = `v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 4000 RTP/AVP 0
`;
const body = `Content-Type: application/sdp
Content-Length: ${sdp.replace(/\n/g, "\r\n").length}

${sdp}`;

interface Asked {
  readonly cseq?: number;
  readonly toTag?: string;
  readonly fromTag?: string;
  readonly extra?: string;
  readonly content?: string;
}

let branches = 0;
function request(method: string, id: string, asked: Asked = {}): string {
  const { cseq = 1, toTag, fromTag = id, extra = "", content = "Content-Length: 0\n\n" } = asked;
  branches += 1;
  return `${method} sip:us@127.0.0.1 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK${branches}
From: <sip:a@127.0.0.1>;tag=${fromTag}
To: <sip:us@127.0.0.1>${toTag ? `;tag=${toTag}` : ""}
Call-ID: ${id}
CSeq: ${cseq} ${method}
Contact: <sip:a@127.0.0.1:5070>
X-Id: ${id}
${extra}${content}`;
}

/** A call that came in and is up. */
async function callIn(id: string, ackCseq = 1): Promise<{ toTag: string; signals: LegSignal[] }> {
  receive(request("INVITE", id, { content: body }));
  await vi.advanceTimersByTimeAsync(20);
  const answer = network.sent.find(
    (text) => text.startsWith("SIP/2.0 200") && text.includes(`Call-ID: ${id}\r`),
  );
  const toTag = /^To: .*;tag=(\w+)/m.exec(answer ?? "")?.[1] ?? "";
  receive(request("ACK", id, { toTag, cseq: ackCseq }));
  await vi.advanceTimersByTimeAsync(20);
  return { toTag, signals: inbound.get(id) ?? [] };
}

/** It is still up: whoever hangs up is heard. */
async function expectUnharmed(id: string, toTag: string): Promise<void> {
  expect(types(inbound.get(id))).toEqual(["answered"]);
  receive(request("BYE", id, { toTag, cseq: 900 }));
  await vi.advanceTimersByTimeAsync(20);
  expect(types(inbound.get(id))).toEqual(["answered", "far_side_ended"]);
}

function dial(): { signals: LegSignal[]; leg: ReturnType<SipCarrier["placeCall"]> } {
  const signals: LegSignal[] = [];
  const destination = carrier.parseDestination("+12025550100");
  const leg = carrier.placeCall(
    { callId: "c", destination },
    { onSignal: (signal) => signals.push(signal) },
  );
  return { signals, leg };
}

/** The peer's answer to the last INVITE that left. */
function reply(status: number, tag: string, extra = "", content = "Content-Length: 0\n\n"): void {
  const last = requests("INVITE").at(-1) ?? "";
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(last)?.[1]?.trim();
  receive(`SIP/2.0 ${status} Whatever
Via: ${field("Via")}
From: ${field("From")}
To: ${field("To")};tag=${tag}
Call-ID: ${field("Call-ID")}
CSeq: ${field("CSeq")}
Contact: <sip:b@127.0.0.1:5070>
${extra}${content}`);
}

describe("a callee", () => {
  it("rings on 2,000 phones at once, and one of them answers", async () => {
    const { signals, leg } = dial();
    await vi.advanceTimersByTimeAsync(10);
    for (let fork = 0; fork < 2_000; fork++) reply(183, `fork${fork}`, "", body);
    reply(200, "fork1999", "", body);
    await vi.advanceTimersByTimeAsync(10);
    expect(signals.at(-1)).toMatchObject({ type: "answered", answer: { toTag: "fork1999" } });
    leg.bye();
    await vi.advanceTimersByTimeAsync(100);
    expect(requests("BYE")[0]).toContain("tag=fork1999");
  });

  it("asks for a password again and again, each time with a new nonce", async () => {
    const { signals } = dial();
    for (let asked = 0; asked < 50 && types(signals).at(-1) !== "rejected"; asked++) {
      await vi.advanceTimersByTimeAsync(10);
      const nonce = `Digest realm="r", nonce="n${asked}", stale=true, algorithm=MD5`;
      reply(401, `t${asked}`, `WWW-Authenticate: ${nonce}\n`);
    }
    await vi.advanceTimersByTimeAsync(10);
    expect(signals.at(-1)).toMatchObject({ type: "rejected", response: { status: 401 } });
    expect(
      new Set(requests("INVITE").map((text) => /^CSeq: (\d+)/m.exec(text)?.[1])).size,
    ).toBeLessThan(10);
  });

  it.each([
    ["to itself", () => "sip:b@127.0.0.1:5070"],
    ["ever on to somebody new", (at: number) => `sip:b${at}@127.0.0.1:5070`],
  ])("sends us %s", async (_where, target) => {
    const { signals } = dial();
    for (let sent = 0; sent < 60 && types(signals).at(-1) !== "rejected"; sent++) {
      await vi.advanceTimersByTimeAsync(10);
      reply(302, `t${sent}`, `Contact: <${target(sent)}>\n`);
    }
    await vi.advanceTimersByTimeAsync(10);
    expect(signals.at(-1)).toMatchObject({ type: "rejected", response: { status: 302 } });
    expect(requests("INVITE").length).toBeLessThan(30);
  });

  it("repeats its refusal a thousand times, and is acknowledged a few times only", async () => {
    const { signals } = dial();
    await vi.advanceTimersByTimeAsync(10);
    for (let sent = 0; sent < 1_000; sent++) reply(486, "far");
    await vi.advanceTimersByTimeAsync(10);
    expect(types(signals)).toEqual(["dialing", "rejected"]);
    expect(requests("ACK").length).toBeLessThan(5);
  });

  it("refuses, then answers all the same", async () => {
    const { signals } = dial();
    await vi.advanceTimersByTimeAsync(10);
    reply(486, "far");
    reply(200, "far", "", body);
    reply(180, "other");
    await vi.advanceTimersByTimeAsync(40_000);
    expect(types(signals)).toEqual(["dialing", "rejected"]);
  });
});

describe("a caller", () => {
  it.each([
    ["REFER", [403, 603], "Refer-To: <sip:c@d>\n"],
    ["NOTIFY", [481], "Event: refer\nSubscription-State: active\n"],
    ["SUBSCRIBE", [405], "Event: presence\n"],
    ["PUBLISH", [405], "Event: presence\n"],
    ["INFO", [481], ""],
    ["MESSAGE", [405], ""],
  ])("sends %s out of nowhere, and a call goes on", async (method, expected, extra) => {
    const { toTag } = await callIn("call");
    receive(request(method, "stray", { extra }));
    await vi.advanceTimersByTimeAsync(20);
    expect(expected).toContain(statuses().at(-1));
    await expectUnharmed("call", toTag);
  });

  it.each([
    ["another To tag", { toTag: "guessed" }],
    ["another From tag", { fromTag: "guessed" }],
  ])("hangs up somebody else's call, with %s", async (_what, wrong) => {
    const { toTag } = await callIn("call");
    receive(request("BYE", "call", { toTag, cseq: 2, ...wrong }));
    await vi.advanceTimersByTimeAsync(20);
    expect(statuses().at(-1)).toBe(481);
    await expectUnharmed("call", toTag);
  });

  it.each(["BYE", "INFO", "UPDATE", "INVITE", "REFER"])(
    "counts backwards with %s, and is told so",
    async (method) => {
      const { toTag } = await callIn("call");
      receive(request("INFO", "call", { toTag, cseq: 50 }));
      receive(request(method, "call", { toTag, cseq: 3, extra: "Refer-To: <sip:c@d>\n" }));
      await vi.advanceTimersByTimeAsync(20);
      expect(statuses().at(-1)).toBe(500);
      await expectUnharmed("call", toTag);
    },
  );

  it("acknowledges something else, and the call is given up", async () => {
    const { signals } = await callIn("call", 7);
    await vi.advanceTimersByTimeAsync(40_000);
    expect(types(signals)).toEqual(["dialog_lost"]);
    expect(requests("BYE")).not.toEqual([]);
  });

  it("changes the call 100 times and acknowledges nothing", async () => {
    const { toTag, signals } = await callIn("call");
    for (let change = 0; change < 100; change++)
      receive(request("INVITE", "call", { toTag, cseq: 10 + change, content: body }));
    await vi.advanceTimersByTimeAsync(20);
    expect(statuses().filter((status) => status === 500)).toHaveLength(99);
    await vi.advanceTimersByTimeAsync(40_000);
    expect(types(signals)).toEqual(["answered", "dialog_lost"]);
  });

  it("cancels after the answer, and again, and changes nothing", async () => {
    const { toTag } = await callIn("call");
    for (let again = 0; again < 20; again++) receive(request("CANCEL", "call"));
    await vi.advanceTimersByTimeAsync(20);
    await expectUnharmed("call", toTag);
  });

  it("floods us with INVITEs: so many are taken, the rest refused, and a call goes on", async () => {
    const { toTag } = await callIn("call");
    for (let count = 0; count < 120; count++)
      receive(request("INVITE", `flood${count}`, { content: body }));
    await vi.advanceTimersByTimeAsync(100);
    expect(inbound.size).toBe(MAX_CALLS);
    expect(statuses().filter((status) => status === 486).length).toBeGreaterThan(95);
    await expectUnharmed("call", toTag);
    // Nobody acknowledges: each that was taken is given up, and there is room again.
    await vi.advanceTimersByTimeAsync(40_000);
    for (const [id, signals] of inbound)
      if (id !== "call") expect(types(signals)).toEqual(["dialog_lost"]);
    const { signals } = await callIn("later");
    expect(types(signals)).toEqual(["answered"]);
  });
});
