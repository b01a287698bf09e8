import { Levels, LoggerFactory, Parser } from "sip.js/lib/core/index.js";
import { describe, expect, it } from "vitest";
import { parseUri, parseVia } from "./header-value.js";
import { headerOf, headersOf, type ParsedMessage, parseMessage } from "./parse.js";
import { toSipjsRequest, toSipjsResponse } from "./sipjs-message.js";

const crlf = (text: string) => Buffer.from(text.replace(/\n/g, "\r\n"));

function parsed(text: string): ParsedMessage {
  const result = parseMessage(crlf(text));
  if (!result.ok) throw new Error(result.reason);
  return result.message;
}

const basic = `From: "A, B" <sip:a@example.com;x=y>;tag=1
To: <sip:b@example.com>
Call-ID: id@host
CSeq: 7 INVITE
`;
const invite = `INVITE sip:+12025550100@example.com SIP/2.0
Via: SIP/2.0/UDP host:5060;branch=z9hG4bKa;rport
${basic}`;

const corpus = [
  `${invite}Contact: <sip:a@192.0.2.1:5070;transport=udp>
Max-Forwards: 70
Record-Route: <sip:p1;lr>, <sip:p2.example.com;lr>
Content-Type: application/sdp
Content-Length: 4

v=0
`,
  `SIP/2.0 180 Ringing
Via: SIP/2.0/TCP [2001:db8::1]:5060;branch=z9hG4bKb;received=192.0.2.3
${basic}Contact: sip:b@192.0.2.9
Content-Length: 0

`,
  `BYE sip:x@[2001:db8::9]:5080;lr SIP/2.0
v: SIP/2.0/TLS host.example.com;branch=z9hG4bKc
f: Bob <sip:b@example.com>;tag=22
t: sip:a@example.com;tag=33
i: other
CSeq: 1 BYE
l: 0

`,
];

describe("parseMessage", () => {
  it("reads compact, folded and repeated headers", () => {
    const message = parsed(`INVITE sip:b@example.com SIP/2.0
v: SIP/2.0/UDP a;branch=1, SIP/2.0/TCP b;branch=2
f: <sip:a@example.com>;tag=1
t: <sip:b@example.com>
i: id
CSeq: 1
 INVITE
Subject: one
	two
m: "x, y" <sip:a@b>, <sip:c@d>

`);
    expect(headersOf(message, "via")).toEqual(["SIP/2.0/UDP a;branch=1", "SIP/2.0/TCP b;branch=2"]);
    expect(headerOf(message, "subject")).toBe("one two");
    expect(headersOf(message, "contact")).toEqual(['"x, y" <sip:a@b>', "<sip:c@d>"]);
  });

  it("takes bare line feeds and leading blank lines", () => {
    const result = parseMessage(Buffer.from(`\r\n\r\n${invite}\n`));
    expect(result.ok).toBe(true);
  });

  it("cuts a body by Content-Length, in bytes", () => {
    const data = Buffer.concat([
      crlf(`${invite}Content-Length: 3\n\n`),
      Buffer.from("é1 and what follows"),
    ]);
    const result = parseMessage(data);
    expect(result.ok && result.message.body).toBe("é1");
  });

  it.each([
    ["no SIP at all", "hello\n\n"],
    ["a first line of another version", invite.replace("SIP/2.0\n", "SIP/7.0\n")],
    ["no Call-ID", invite.replace(/Call-ID.*\n/, "")],
    ["a CSeq out of range", invite.replace("7 INVITE", "36893488147419103232 INVITE")],
    ["a CSeq of another method", invite.replace("7 INVITE", "7 BYE")],
    ["two From headers", `${invite}From: <sip:x@y>;tag=2\n`],
    ["a negative Content-Length", `${invite}Content-Length: -999\n`],
    ["fewer bytes than announced", `${invite}Content-Length: 10\n\nabc`],
    ["a NUL", invite.replace("id@host", "id\0host")],
  ])("says no to %s", (_what, text) => {
    const result = parseMessage(
      crlf(text.endsWith("\n\n") || text.includes("\n\nabc") ? text : `${text}\n`),
    );
    expect(result.ok).toBe(false);
  });

  it("agrees with the grammar of sip.js on ordinary messages", () => {
    const factory = new LoggerFactory();
    factory.builtinEnabled = false;
    factory.level = Levels.error;
    for (const text of corpus) {
      const data = crlf(text);
      const theirs = Parser.parseMessage(data.toString(), factory.getLogger("test"));
      const message = parsed(text);
      const via = parseVia(headerOf(message, "via") ?? "");
      if (!via) throw new Error("no Via");
      const ours =
        message.kind === "request" ? toSipjsRequest(message, via) : toSipjsResponse(message, via);
      expect(ours).toBeDefined();
      for (const field of ["method", "callId", "cseq", "fromTag", "toTag", "viaBranch"] as const)
        expect([field, ours?.[field] || undefined]).toEqual([field, theirs?.[field] || undefined]);
      expect(ours?.from.uri.host).toBe(theirs?.from.uri.host);
      expect(ours?.from.uri.user).toBe(theirs?.from.uri.user);
      expect(ours?.from.displayName ?? "").toBe(theirs?.from.displayName ?? "");
      expect(ours?.getHeaders("record-route")).toEqual(
        theirs?.getHeaders("record-route").map((value) => value.trim()),
      );
      expect(ours?.parseHeader("contact")?.uri.host).toBe(theirs?.parseHeader("contact")?.uri.host);
    }
  });
});

describe("parseUri", () => {
  it.each([
    ["sip:+12025550100@example.com;user=phone", { user: "+12025550100", host: "example.com" }],
    ["SIPS:Bob%40home@EXAMPLE.com:5061", { scheme: "sips", user: "Bob@home", port: 5061 }],
    ["sip:[2001:db8::1]:5070;transport=tcp", { host: "[2001:db8::1]", port: 5070 }],
    ["tel:+1-202-555-0100;phone-context=x", { scheme: "tel", user: "+12025550100" }],
    ["sip:a:secret@h", { user: "a", host: "h" }],
    ["sip:user%zz@h", { user: "user%zz" }],
  ])("reads %s", (text, expected) => {
    expect(parseUri(text)).toMatchObject({ ...expected, text });
  });

  it.each(["", "sip:", "sip:a@", "http://x", "sip:a b@c", "sip:a@h:99999", "sip:a@h>"])(
    "says no to %j",
    (text) => {
      expect(parseUri(text)).toBeUndefined();
    },
  );
});
