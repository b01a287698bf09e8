import { expect, it } from "vitest";
import { parseVia } from "./header-value.js";
import { headerOf, parseMessage } from "./parse.js";
import { SdpText } from "./sdp-text.js";
import { sdpIn, toSipjsRequest } from "./sipjs-message.js";

const offer = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";

function invite(body: string, type = "application/sdp") {
  const head = [
    "INVITE sip:b@192.0.2.2 SIP/2.0",
    "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1",
    "From: <sip:a@192.0.2.1>;tag=1",
    "To: <sip:b@192.0.2.2>",
    "Call-ID: 1",
    "CSeq: 1 INVITE",
    `Content-Type: ${type}`,
  ];
  const parsed = parseMessage(Buffer.from([...head, "", body].join("\r\n")));
  const via = parsed.ok ? parseVia(headerOf(parsed.message, "via") ?? "") : undefined;
  if (!parsed.ok || parsed.message.kind !== "request" || !via) throw new Error("unreadable");
  const message = toSipjsRequest(parsed.message, via);
  if (!message) throw new Error("unreadable");
  return message;
}

it("reads the SDP of a request once, however often it is asked for", () => {
  const message = invite(offer);
  const { description } = sdpIn(message) ?? {};
  expect(description?.media).toHaveLength(1);
  expect(sdpIn(message)?.description).toBe(description);
});

it("takes the first of several ports in a row", () => {
  const { description } = new SdpText(offer.replace("audio 4000", "audio 4000/2"));
  expect(description?.media[0]).toMatchObject({ port: 4_000, payloads: 0 });
});

it("reads it anew when the body was put right meanwhile", () => {
  const message = invite("a multipart");
  expect(sdpIn(message)?.description).toBeUndefined();
  message.body = offer;
  expect(sdpIn(message)?.description?.media).toHaveLength(1);
});

it("finds none in a body of another type, and none worth the name in other text", () => {
  expect(sdpIn(invite(offer, "text/plain"))).toBeUndefined();
  expect(new SdpText("v=0\r\nm=audio").description).toBeUndefined();
});
