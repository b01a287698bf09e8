import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { silentLogger } from "../logger.js";
import { type Random, seededRandom } from "../random.js";
import type { LegSignal } from "../vocabulary.js";
import { createSipCarrier, type SipCarrier } from "./sip-carrier.js";
import { fakeMediaPlane } from "./testing/fake-media-plane.js";
import { type MemoryNetwork, memoryNetwork } from "./testing/memory-network.js";

let carrier: SipCarrier;
let network: MemoryNetwork | undefined;
const uncaught: unknown[] = [];
const keep = (error: unknown) => uncaught.push(error);

beforeEach(async () => {
  vi.useFakeTimers();
  uncaught.length = 0;
  process.on("unhandledRejection", keep);
  const made = memoryNetwork({ random: seededRandom(3) });
  network = made;
  carrier = createSipCarrier({
    trunk: { uri: "sip:127.0.0.1:5070", username: "u", password: "p" },
    listen: ["udp:127.0.0.1:5060"],
    mediaPlane: fakeMediaPlane(),
    random: seededRandom(4),
    openWire: made.openWire,
  });
  carrier.receiveCalls((offer) => {
    const leg = offer.accept({ onSignal() {} });
    leg.ring();
    leg.answer();
  });
  await carrier.ready();
});

afterEach(async () => {
  const closing = carrier.close();
  await vi.advanceTimersByTimeAsync(40_000);
  await closing;
  process.off("unhandledRejection", keep);
  vi.useRealTimers();
  expect(uncaught).toEqual([]);
});

const attacker = { address: "192.0.2.66", port: 5070 };
const trunk = { address: "127.0.0.1", port: 5070 };
const receive = (text: string, from = attacker) =>
  network?.inject(Buffer.from(text.replace(/\r?\n/g, "\r\n"), "latin1"), from, 5060);

const sdp = `v=0
o=- 1 1 IN IP4 192.0.2.66
s=-
c=IN IP4 192.0.2.66
t=0 0
m=audio 4000 RTP/AVP 0
`;
const invite = (id: string, more = "") => `INVITE sip:+12025550100@127.0.0.1 SIP/2.0
Via: SIP/2.0/UDP 192.0.2.66:5070;branch=z9hG4bK${id}
From: "x" <sip:a@192.0.2.66>;tag=${id}
To: <sip:b@127.0.0.1>
Call-ID: ${id}
CSeq: 1 INVITE
Contact: <sip:a@192.0.2.66:5070>
Max-Forwards: 70
${more}Content-Type: application/sdp
Content-Length: ${sdp.replace(/\n/g, "\r\n").length}

${sdp}`;

const sent = () => network?.sent ?? [];

function dial(): { signals: LegSignal[]; leg: ReturnType<SipCarrier["placeCall"]> } {
  const signals: LegSignal[] = [];
  const destination = carrier.parseDestination("+12025550100");
  const leg = carrier.placeCall(
    { callId: "c", destination },
    { onSignal: (signal) => signals.push(signal) },
  );
  return { signals, leg };
}

/** The answer of a peer to the last INVITE that left. */
function reply(status: number, more = "", tag = "far"): string {
  const last =
    sent()
      .filter((text) => text.startsWith("INVITE"))
      .at(-1) ?? "";
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(last)?.[1]?.trim();
  return `SIP/2.0 ${status} Whatever
Via: ${field("Via")}
From: ${field("From")}
To: ${field("To")};tag=${tag}
Call-ID: ${field("Call-ID")}
CSeq: ${field("CSeq")}
${more}Content-Length: 0

`;
}

describe("a hostile peer", () => {
  it.each([
    ["an unknown method", invite("a").replace(/INVITE/g, "FROBNICATE"), /^SIP\/2\.0 501/],
    ["PRACK out of any dialog", invite("b").replace(/INVITE/g, "PRACK"), /^SIP\/2\.0 481/],
    ["UPDATE out of any dialog", invite("c").replace(/INVITE/g, "UPDATE"), /^SIP\/2\.0 481/],
    ["BYE out of any dialog", invite("d").replace(/INVITE/g, "BYE"), /^SIP\/2\.0 481/],
    [
      "a foreign URI scheme",
      invite("e").replace("sip:+12025550100@127.0.0.1 ", "http://x "),
      /^SIP\/2\.0 416/,
    ],
    [
      "a body that is no SDP",
      invite("f").replace("application/sdp", "text/html"),
      /^SIP\/2\.0 415/,
    ],
    ["no Contact", invite("g").replace(/Contact.*\n/, ""), /^SIP\/2\.0 400/],
    [
      "a tel: Request-URI",
      invite("h").replace("sip:+12025550100@127.0.0.1 ", "tel:+12025550100 "),
      /^SIP\/2\.0 100/,
    ],
    [
      "a tel: From",
      invite("i").replace("sip:a@192.0.2.66>;tag", "tel:+12025550101>;tag"),
      /^SIP\/2\.0 100/,
    ],
    [
      "a session of ten seconds",
      invite("j", "Session-Expires: 10\nSupported: timer\n"),
      /^SIP\/2\.0 422/,
    ],
    [
      "fewer bytes than it says",
      invite("k").replace(/Content-Length: \d+/, "Content-Length: 9999"),
      /^SIP\/2\.0 400/,
    ],
    ["an unreadable From", invite("l").replace(/From: .*/, "From: <<<>>;tag=1"), /^SIP\/2\.0 400/],
  ])("sends %s and is told so", async (_what, text, expected) => {
    receive(text);
    await vi.advanceTimersByTimeAsync(10);
    expect(sent()[0]).toMatch(expected);
  });

  it.each([
    ["nothing", ""],
    ["one byte", "x"],
    ["a keep-alive", "\r\n\r\n"],
    ["64 KB of one letter", "A".repeat(65_507)],
    ["a response to nothing", reply(200)],
    ["a response without Via", "SIP/2.0 200 OK\nCSeq: 1 INVITE\n\n"],
    ["binary", String.fromCharCode(...Array.from({ length: 255 }, (_, at) => at))],
  ])("sends %s and is ignored", async (_what, text) => {
    receive(text);
    await vi.advanceTimersByTimeAsync(10);
    expect(sent()).toEqual([]);
  });

  it("answers without SDP, retransmits, changes tags and replays", async () => {
    const { signals } = dial();
    await vi.advanceTimersByTimeAsync(10);
    const contact = "Contact: <sip:b@127.0.0.1:5070>\n";
    receive(reply(180, contact, "one"), trunk);
    receive(reply(200, contact, "two"), trunk);
    receive(reply(200, contact, "two"), trunk);
    receive(reply(200, contact, "three"), trunk);
    receive(reply(486, "", "four"), trunk);
    await vi.advanceTimersByTimeAsync(40_000);
    const finals = signals.filter(({ type }) => type !== "dialing" && type !== "provisional");
    expect(finals).toMatchObject([{ type: "answered", answer: { usableMedia: false } }]);
    const tags = sent()
      .filter((text) => text.startsWith("BYE"))
      .map((text) => /^To: .*;tag=(\w+)/m.exec(text)?.[1]);
    expect(new Set(tags)).toEqual(new Set(["two", "three"]));
  });

  it("answers once more from another phone, whose address cannot be read", async () => {
    const complaints: unknown[] = [];
    const own = createSipCarrier({
      trunk: { uri: "sip:127.0.0.1:5070" },
      listen: ["udp:127.0.0.1:5061"],
      mediaPlane: fakeMediaPlane(),
      logger: { ...silentLogger, warn: (fields) => complaints.push(fields) },
      ...(network ? { openWire: network.openWire } : {}),
    });
    const signals: LegSignal[] = [];
    const destination = own.parseDestination("+12025550100");
    own.placeCall({ callId: "c", destination }, { onSignal: (signal) => signals.push(signal) });
    await vi.advanceTimersByTimeAsync(10);
    const contact = "Contact: <sip:b@127.0.0.1:5070>\n";
    const answer = (tag: string, to: string) =>
      network?.inject(
        Buffer.from(
          reply(200, contact, tag)
            .replace(/^To: .*?;/m, `To: ${to};`)
            .replace(/\n/g, "\r\n"),
        ),
        trunk,
        5061,
      );
    answer("one", "<sip:b@127.0.0.1>");
    answer("two", "<sip:+1:5070>");
    expect(signals.map(({ type }) => type)).toEqual(["dialing", "answered"]);
    expect(complaints).toEqual([]);
    const closing = own.close();
    await vi.advanceTimersByTimeAsync(40_000);
    await closing;
  });

  it("never answers our CANCEL, and the leg ends all the same", async () => {
    const { signals, leg } = dial();
    await vi.advanceTimersByTimeAsync(10);
    receive(reply(180), trunk);
    leg.cancel();
    await vi.advanceTimersByTimeAsync(40_000);
    expect(signals.at(-1)).toMatchObject({ type: "unanswered", cause: "timeout" });
  });

  it("lets a phone ring after we gave up and began to close, and is told to stop", async () => {
    const { leg } = dial();
    await vi.advanceTimersByTimeAsync(1_500);
    leg.release();
    const closing = carrier.close();
    await vi.advanceTimersByTimeAsync(2_000);
    receive(reply(180), trunk);
    await vi.advanceTimersByTimeAsync(10);
    expect(sent().filter((text) => text.startsWith("CANCEL"))).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2_000);
    await closing;
  });

  it("says nothing at all, and closing waits four seconds for it, no longer", async () => {
    dial();
    await vi.advanceTimersByTimeAsync(10);
    let closed = false;
    void carrier.close().then(() => {
      closed = true;
    });
    await vi.advanceTimersByTimeAsync(3_900);
    expect(closed).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    expect(closed).toBe(true);
  });

  it("challenges a call that we already withdrew, and is not called again", async () => {
    const { signals, leg } = dial();
    await vi.advanceTimersByTimeAsync(10);
    leg.cancel();
    receive(reply(407, 'Proxy-Authenticate: Digest realm="r", nonce="n"\n'), trunk);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(signals.at(-1)).toMatchObject({ type: "rejected", response: { status: 407 } });
    expect(sent().filter((text) => /^INVITE/.test(text))).toHaveLength(1);
  });

  it("sends BYE in one breath with its 200", async () => {
    const { signals } = dial();
    await vi.advanceTimersByTimeAsync(10);
    const answer = reply(200, "Contact: <sip:b@127.0.0.1:5070>\n").replace(
      "Content-Length: 0\n\n",
      `Content-Type: application/sdp\nContent-Length: ${sdp.length + 6}\n\n${sdp}`,
    );
    receive(answer, trunk);
    const callId = /Call-ID: (.*)/.exec(answer)?.[1];
    const tag = /From: .*;tag=(\w+)/.exec(answer)?.[1];
    receive(
      `BYE sip:offhook@127.0.0.1:5060 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKbye
From: <sip:+12025550100@127.0.0.1:5070>;tag=far
To: <sip:offhook@127.0.0.1:5070>;tag=${tag}
Call-ID: ${callId}
CSeq: 1 BYE
Content-Length: 0

`,
      trunk,
    );
    expect(signals.map(({ type }) => type)).toEqual(["dialing", "answered", "far_side_ended"]);
  });

  it("hangs up on us before its ACK came, which it must have lost", async () => {
    const signals: LegSignal[] = [];
    carrier.receiveCalls((offer) =>
      offer.accept({ onSignal: (signal) => signals.push(signal) }).answer(),
    );
    receive(invite("lost"));
    await vi.advanceTimersByTimeAsync(100);
    const tag = /^To: .*;tag=(\w+)/m.exec(sent().at(-1) ?? "")?.[1];
    receive(
      invite("lost")
        .replace("branch=z9hG4bK", "branch=z9hG4bKbye")
        .replace("To: <sip:b@127.0.0.1>", `To: <sip:b@127.0.0.1>;tag=${tag}`)
        .replace(/INVITE/g, "BYE")
        .replace("CSeq: 1", "CSeq: 2")
        .replace(/Content-Type.*/s, "Content-Length: 0\n\n"),
    );
    await vi.advanceTimersByTimeAsync(100);
    expect(signals.map(({ type }) => type)).toEqual(["answered", "far_side_ended"]);
    expect(sent().at(-1)).toMatch(/^SIP\/2\.0 200 .*CSeq: 2 BYE/s);
  });

  it("floods us with INVITEs that it never acknowledges", async () => {
    for (let count = 0; count < 200; count++) receive(invite(`flood${count}`));
    await vi.advanceTimersByTimeAsync(100);
    expect(sent().filter((text) => text.startsWith("SIP/2.0 200")).length).toBe(200);
    await vi.advanceTimersByTimeAsync(40_000);
  });
});

describe("mutated messages", () => {
  const corpusOf = () => [
    invite("m1"),
    invite("m2", 'Record-Route: <sip:p;lr>\nDiversion: <sip:x@y>;reason="no-answer"\n'),
    reply(180),
    reply(407, 'Proxy-Authenticate: Digest realm="r", nonce="n", qop="auth,auth-int"\n'),
    reply(200, "Contact: <sip:b@127.0.0.1:5070>\n"),
    invite("m3").replace(/INVITE/g, "OPTIONS"),
    invite("m4").replace(/INVITE/g, "REFER"),
    invite("m5").replace(/INVITE/g, "NOTIFY"),
    invite("m6").replace(/INVITE/g, "SUBSCRIBE"),
  ];

  it("1,500 of them throw nothing", async () => {
    const random = seededRandom(99);
    dial();
    await vi.advanceTimersByTimeAsync(10);
    const corpus = corpusOf();
    for (let run = 0; run < 1_500; run++) {
      const text = corpus[Math.floor(random.unit() * corpus.length)] ?? "";
      receive(mutate(text, random), random.unit() < 0.5 ? trunk : attacker);
    }
    await vi.advanceTimersByTimeAsync(1_000);
    receive(invite("still-alive"));
    await vi.advanceTimersByTimeAsync(10);
    expect(sent().at(-1)).toContain("still-alive");
  });
});

/** A few small harms, as a broken or malicious sender would do. */
export function mutate(text: string, random: Random): string {
  const pick = (count: number) => Math.floor(random.unit() * count);
  let mutated = text;
  for (let harm = pick(4); harm >= 0; harm--) {
    const at = pick(mutated.length);
    const length = pick(12);
    const kind = pick(5);
    if (kind === 0) mutated = mutated.slice(0, at) + mutated.slice(at + length);
    else if (kind === 1)
      mutated = mutated.slice(0, at) + String.fromCharCode(pick(256)) + mutated.slice(at + 1);
    else if (kind === 2) mutated = mutated.slice(0, at) + mutated.slice(at - length);
    else if (kind === 3) mutated = mutated.slice(0, at);
    else {
      const lines = mutated.split("\n");
      lines.splice(pick(lines.length), 1);
      mutated = lines.join("\n");
    }
  }
  return mutated;
}
