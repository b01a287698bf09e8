import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { acceptAnswer, answerOffer, formatOffer, isHeldByPeer, type LocalMedia } from "./sdp.js";

const local: LocalMedia = {
  address: "192.0.2.1",
  port: 4000,
  codecs: [
    { name: "PCMU", payloadType: 0, clockRate: 8000 },
    { name: "PCMA", payloadType: 8, clockRate: 8000 },
    { name: "TELEPHONE-EVENT", payloadType: 101, clockRate: 8000, fmtp: "0-16" },
  ],
  direction: "sendrecv",
  packetMs: 20,
  sessionId: 1,
  sessionVersion: 1,
};

const sdp = (...lines: string[]) =>
  `${["v=0", "o=- 1 1 IN IP4 192.0.2.9", "s=-", "c=IN IP4 192.0.2.9", "t=0 0", ...lines].join("\r\n")}\r\n`;

describe("answerOffer", () => {
  it("answers our own offer with everything in it", () => {
    const result = answerOffer(formatOffer(local), local);
    expect(result.ok && result.agreed).toMatchObject({
      remote: { address: "192.0.2.1", port: 4000 },
      direction: "sendrecv",
      send: { name: "PCMU", payloadType: 0 },
      sendTelephoneEvent: { payloadType: 101 },
      packetMs: 20,
    });
  });

  it("follows the offerer's order and payload types", () => {
    const result = answerOffer(
      sdp("m=audio 6000 RTP/AVP 8 0 96", "a=rtpmap:96 telephone-event/8000"),
      local,
    );
    expect(result.ok && result.agreed.send.name).toBe("PCMA");
    expect(result.ok && result.agreed.sendTelephoneEvent?.payloadType).toBe(96);
    expect(result.ok && result.sdp).toContain("m=audio 4000 RTP/AVP 8 0 96");
  });

  it("agrees on comfort noise where both want it, with codecs that have no silence of their own", () => {
    const noise = { name: "CN", payloadType: 13, clockRate: 8000 };
    const g722 = { name: "G722", payloadType: 9, clockRate: 8000 };
    const wanting = { ...local, codecs: [g722, ...local.codecs, noise] };
    const agreedOn = (offer: string, ours: LocalMedia) => {
      const result = answerOffer(sdp(offer), ours);
      return result.ok && result.agreed.sendComfortNoise?.payloadType;
    };
    expect(agreedOn("m=audio 6000 RTP/AVP 0 13", wanting)).toBe(13);
    expect(agreedOn("m=audio 6000 RTP/AVP 0", wanting)).toBeUndefined();
    expect(agreedOn("m=audio 6000 RTP/AVP 9 13", wanting)).toBeUndefined();
    expect(agreedOn("m=audio 6000 RTP/AVP 0 13", local)).toBeUndefined();
  });

  it.each([
    ["IP6 ::ffff:192.0.2.9", "192.0.2.9", "sendrecv"],
    ["IP6 ::FFFF:C000:209", "192.0.2.9", "sendrecv"],
    ["IP6 2001:DB8:0:0::9", "2001:db8::9", "sendrecv"],
    ["IP6 0:0:0:0:0:0:0:0", "::", "inactive"],
    ["IP6 ::ffff:0.0.0.0", "0.0.0.0", "inactive"],
  ])("knows the address of %s as its packets will bear it", (written, address, direction) => {
    const result = answerOffer(sdp("m=audio 6000 RTP/AVP 0", `c=IN ${written}`), local);
    expect(result.ok && result.agreed).toMatchObject({
      remote: { address, port: 6000 },
      direction,
    });
  });

  it.each([
    [["a=rtcp:7001"], { address: "192.0.2.9", port: 7001 }],
    [["a=rtcp:7001 IN IP4 192.0.2.10"], { address: "192.0.2.10", port: 7001 }],
    [["a=rtcp:7001", "a=rtcp-mux"], { address: "192.0.2.9", port: 6000 }],
    [["a=rtcp:70010"], undefined],
    [["a=rtcp:7001 IN IP4 host.example"], undefined],
    [[], undefined],
  ])("knows where reports go by %s", (lines, rtcp) => {
    const result = answerOffer(sdp("m=audio 6000 RTP/AVP 0", ...lines), local);
    expect(result.ok && result.agreed.rtcp).toEqual(rtcp);
    expect(result.ok && result.sdp.includes("a=rtcp-mux")).toBe(lines.includes("a=rtcp-mux"));
  });

  it("sends as the peer's own parameters ask, and answers with ours", () => {
    const opus = { name: "OPUS", payloadType: 107, clockRate: 48_000, channels: 2 };
    const ours = { ...local, codecs: [{ ...opus, fmtp: "useinbandfec=0" }] };
    const offer = [
      "m=audio 6000 RTP/AVP 96",
      "a=rtpmap:96 opus/48000/2",
      "a=fmtp:96 useinbandfec=1",
    ];
    const result = answerOffer(sdp(...offer), ours);
    expect(result.ok && result.agreed.send.fmtp).toBe("useinbandfec=1");
    expect(result.ok && result.sdp).toContain("a=fmtp:96 useinbandfec=0");
  });

  it.each([
    [[], 20],
    [["a=ptime:30"], 30],
    [["a=ptime:60", "a=maxptime:40"], 40],
    [["a=maxptime:10"], 10],
    [["a=maxptime:150"], 20],
    [["a=ptime:5"], 10],
    [["a=ptime:200"], 60],
    [["a=ptime:0", "a=maxptime:0"], 20],
    [["a=ptime:1.2.3"], 20],
  ])("sends packets as long as the peer wants, and can take: %s", (lines, packetMs) => {
    const result = answerOffer(sdp("m=audio 6000 RTP/AVP 0", ...lines), local);
    expect(result.ok && result.agreed.packetMs).toBe(packetMs);
  });

  it("knows static payload types without rtpmap, and a lone one", () => {
    const result = answerOffer(sdp("m=audio 6000 RTP/AVP 0"), local);
    expect(result.ok && result.agreed.send.name).toBe("PCMU");
  });

  it.each([
    ["8 ", [8]],
    ["8  101", [8, 101]],
    ["8 8 101 8", [8, 101]],
    [" 8 200 -1 x 101", [8, 101]],
  ])("takes %j for what was meant, and offers nothing of its own", (formats, payloadTypes) => {
    const lines = [101, 200].map((type) => `a=rtpmap:${type} telephone-event/8000`);
    const result = answerOffer(sdp(`m=audio 6000 RTP/AVP ${formats}`, ...lines), local);
    expect(result.ok && result.agreed.receive.map(({ payloadType }) => payloadType)).toEqual(
      payloadTypes,
    );
    expect(result.ok && result.sdp).toContain(`m=audio 4000 RTP/AVP ${payloadTypes.join(" ")}\r\n`);
  });

  it("refuses an offer of no formats at all", () => {
    expect(answerOffer(sdp("m=audio 6000 RTP/AVP "), local)).toMatchObject({ ok: false });
  });

  it("refuses other streams in place", () => {
    const result = answerOffer(
      sdp("m=video 5000 RTP/AVP 99", "m=audio 6000 RTP/AVP 0", "m=application 9 UDP/TLS x"),
      local,
    );
    const lines = (result.ok ? result.sdp : "").split("\r\n").filter((l) => l.startsWith("m="));
    expect(lines).toEqual([
      "m=video 0 RTP/AVP 99",
      "m=audio 4000 RTP/AVP 0",
      expect.stringMatching(/^m=application 0 /),
    ]);
  });

  it.each([
    ["sendonly", "recvonly", true],
    ["inactive", "inactive", true],
    ["recvonly", "sendonly", false],
    ["sendrecv", "sendrecv", false],
  ])("mirrors %s as %s", (theirs, ours, held) => {
    const result = answerOffer(sdp("m=audio 6000 RTP/AVP 0", `a=${theirs}`), local);
    expect(result.ok && result.agreed.direction).toBe(ours);
    expect(result.ok && isHeldByPeer(result.agreed.direction)).toBe(held);
  });

  it("takes an address of nowhere for hold", () => {
    const result = answerOffer(
      sdp("c=IN IP4 0.0.0.0", "m=audio 6000 RTP/AVP 0").replace("c=IN IP4 192.0.2.9\r\n", ""),
      local,
    );
    expect(result.ok && result.agreed.direction).toBe("inactive");
  });

  it.each([
    ["no SDP", "hello", "is no SDP"],
    ["no audio", sdp("m=video 6000 RTP/AVP 0"), "no RTP audio"],
    ["audio on port 0", sdp("m=audio 0 RTP/AVP 0"), "no RTP audio"],
    ["DTLS-SRTP", sdp("m=audio 6000 UDP/TLS/RTP/SAVPF 0"), "comes by UDP/TLS/RTP/SAVPF"],
    ["no common codec", sdp("m=audio 6000 RTP/AVP 96", "a=rtpmap:96 OPUS/48000/2"), "no codec"],
    ["digits", sdp("m=audio 6000 RTP/AVP 101", "a=rtpmap:101 telephone-event/8000"), "no codec"],
    ["a name", sdp("m=audio 6000 RTP/AVP 0", "c=IN IP4 media.example.com"), "no usable address"],
    ["many", sdp("m=audio 6000 RTP/AVP 0", "c=IN IP4 224.2.1.1/127"), "no usable address"],
  ])("says why it cannot: %s", (_what, offer, reason) => {
    expect(answerOffer(offer, local)).toEqual({
      ok: false,
      reason: expect.stringContaining(reason),
    });
  });

  it("never throws, whatever it is given", () => {
    const whole = formatOffer(local);
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(20), fc.string(), (at, length, text) => {
        const mutated = whole.slice(0, at) + text + whole.slice(at + length);
        answerOffer(mutated, local);
        acceptAnswer(mutated, local);
      }),
    );
  });
});

describe("acceptAnswer", () => {
  it("sends under the payload type the answerer asked for", () => {
    const result = acceptAnswer(
      sdp("m=audio 6000 RTP/AVP 8 97", "a=rtpmap:97 telephone-event/8000", "a=ptime:30"),
      local,
    );
    expect(result.ok && result.agreed).toMatchObject({
      send: { name: "PCMA" },
      sendTelephoneEvent: { payloadType: 97 },
      packetMs: 30,
    });
  });

  it("says why it cannot use one", () => {
    const why = (...lines: string[]) => acceptAnswer(sdp(...lines), local);
    expect(why("m=audio 0 RTP/AVP 0")).toEqual({
      ok: false,
      reason: "the answer refuses the audio",
    });
    expect(why("m=audio 6000 UDP/TLS/RTP/SAVP 0")).toMatchObject({
      reason: "the audio comes by UDP/TLS/RTP/SAVP, which we do not speak",
    });
  });

  it("holds with sendonly and is not held by recvonly", () => {
    const result = acceptAnswer(sdp("m=audio 6000 RTP/AVP 0", "a=recvonly"), {
      ...local,
      direction: "sendonly",
    });
    expect(result.ok && result.agreed.direction).toBe("sendonly");
  });
});
