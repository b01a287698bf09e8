import { describe, expect, it } from "vitest";
import { parseNameAddr, parseUri, parseVia } from "../message/header-value.js";
import { headerOf, headersOf, parseMessage } from "../message/parse.js";

/** Messages after RFC 4475 and RFC 5118: what an element must still understand, and what not. */

const read = (text: string) => parseMessage(Buffer.from(text.replace(/\n/g, "\r\n"), "latin1"));

function message(text: string) {
  const result = read(text);
  if (!result.ok) throw new Error(result.reason);
  return result.message;
}

const rest = `To: sip:j.user@example.com
From: sip:caller@example.net;tag=242etr
Max-Forwards: 6
Call-ID: test.0ha0isndaksdj@192.0.2.1
`;

describe("valid messages (RFC 4475 3.1.1)", () => {
  it("3.1.1.1: white space, folding and line ends as they may be", () => {
    const odd = message(`INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0
TO :
 sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n
from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>
  ;
  tag = 98asjd8
MaX-fOrWaRdS: 0068
Call-ID: wsinv.ndaksdj@192.0.2.1
Content-Length   : 0
cseq: 0009
  INVITE
Via  : SIP  /   2.0
 /UDP
    192.0.2.2;branch=390skdjuw
s :
NewFangledHeader:   newfangled value
 continued newfangled value
UnknownHeaderWithUnusualValue: ;;,,;;,;
v:  SIP  / 2.0  / TCP     spindle.example.com   ;
  branch  =   z9hG4bK9ikj8  ,
 SIP  /    2.0   / UDP  192.168.255.111   ; branch=
 z9hG4bK30239
m:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =
      newvalue ;
  secondparam ; q = 0.33

`);
    expect(parseNameAddr(headerOf(odd, "to") ?? "")?.params["tag"]).toBe("1918181833n");
    expect(parseNameAddr(headerOf(odd, "from") ?? "")).toMatchObject({
      displayName: 'J Rosenberg \\"',
      params: { tag: "98asjd8" },
    });
    expect(headersOf(odd, "via").map((via) => parseVia(via)?.branch)).toEqual([
      "390skdjuw",
      "z9hG4bK9ikj8",
      "z9hG4bK30239",
    ]);
    expect(parseNameAddr(headerOf(odd, "contact") ?? "")?.params).toEqual({
      newparam: "newvalue",
      secondparam: null,
      q: "0.33",
    });
  });

  it("3.1.1.2: any token is a method, and header values may hold any character", () => {
    const wide =
      message(`!interesting-Method0123456789_*+\`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0
Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+\`'~
To: "BEL:\\\x07 NUL:\\\x01 DEL:\\\x7f" <sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com>
From: token1~\` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%="\xd1\x80";tag=_token~1'+\`*%!-.
Call-ID: intmeth.word%ZK-!.*_+'@word\`~)(><:\\/"][?}{
CSeq: 139122385 !interesting-Method0123456789_*+\`.%indeed'~

`);
    expect(wide.method).toBe("!INTERESTING-METHOD0123456789_*+`.%INDEED'~");
    expect(parseNameAddr(headerOf(wide, "from") ?? "")?.params["tag"]).toBe("_token~1'+`*%!-.");
  });

  it("3.1.1.3: escaped characters in a user stay one user", () => {
    expect(parseUri("sip:sips%3Auser%40example.com@example.net")).toMatchObject({
      user: "sips:user@example.com",
      host: "example.net",
    });
  });

  it("3.1.1.6: no white space between a display name and its address", () => {
    expect(parseNameAddr("caller<sip:caller@example.com>;tag=323")).toMatchObject({
      displayName: "caller",
      params: { tag: "323" },
    });
  });

  it("3.1.1.13: no phrase in a status line", () => {
    const bare = message(`SIP/2.0 100
Via: SIP/2.0/UDP 192.0.2.105;branch=z9hG4bK2398ndaoe
${rest}CSeq: 9 INVITE

`);
    expect(bare).toMatchObject({ kind: "response", status: 100, phrase: "" });
  });
});

describe("invalid messages (RFC 4475 3.1.2, 3.3)", () => {
  const via = "Via: SIP/2.0/UDP 192.0.2.15;branch=z9hG4bKkdjuw\n";

  it.each([
    [
      "3.1.2.2: a Content-Length beyond the message",
      `${rest}CSeq: 8 INVITE\n${via}Content-Length: 9999\n\nv=0`,
    ],
    [
      "3.1.2.3: a negative Content-Length",
      `${rest}CSeq: 8 INVITE\n${via}Content-Length: -999\n\nv=0`,
    ],
    ["3.1.2.4: a CSeq beyond 2^31", `${rest}CSeq: 36893488147419103232 INVITE\n${via}\n`],
    ["3.1.2.17: a CSeq of another method", `${rest}CSeq: 8 OPTIONS\n${via}\n`],
    ["3.3.1: no Via", `${rest}CSeq: 8 INVITE\n\n`],
    ["3.3.8: two Call-IDs", `${rest}Call-ID: another\nCSeq: 8 INVITE\n${via}\n`],
  ])("%s deserves a 400", (_what, tail) => {
    const result = read(`INVITE sip:user@example.com SIP/2.0\n${tail}`);
    expect(result).toMatchObject({ ok: false, request: { method: "INVITE" } });
  });

  it.each([
    ["3.1.2.8: white space in the Request-URI", "INVITE sip:user@example.com; lr SIP/2.0", 400],
    ["3.1.2.9: white space twice", "INVITE  sip:user@example.com  SIP/2.0", 400],
    ["3.1.2.16: an unknown version", "INVITE sip:user@example.com SIP/7.0", 505],
    ["3.1.2.18: an unknown method, and another in CSeq", "NEW sip:user@example.com SIP/2.0", 501],
  ])("%s is answered", (_what, first, status) => {
    const result = read(`${first}\n${rest}CSeq: 8 INVITE\n${via}\n`);
    expect(result).toMatchObject({ ok: false, status });
  });

  it.each([
    ["something after the version", "INVITE sip:user@example.com SIP/2.0 x"],
    ["no version", "INVITE sip:user@example.com"],
    ["3.1.2.19: a status beyond 699", "SIP/2.0 4294967301 better not break the receiver"],
  ])("%s is no SIP", (_what, first) => {
    expect(read(`${first}\n${rest}CSeq: 8 INVITE\n${via}\n`)).toMatchObject({ ok: false });
  });
});

describe("IPv6 (RFC 5118)", () => {
  it.each([
    ["4.1: a reference in the URI", "sip:[2001:db8::10]", "[2001:db8::10]", undefined],
    [
      "4.3: a port that is no part of the address",
      "sip:[2001:db8::10]:5070",
      "[2001:db8::10]",
      5070,
    ],
    [
      "4.4: a port that looks like one",
      "sip:[2001:db8::10:5070]",
      "[2001:db8::10:5070]",
      undefined,
    ],
    [
      "4.10: an IPv4 address inside",
      "sip:user@[::ffff:192.0.2.1]:5060",
      "[::ffff:192.0.2.1]",
      5060,
    ],
  ])("%s", (_what, text, host, port) => {
    expect(parseUri(text)).toMatchObject({ host, port });
  });

  it("4.2: an address without brackets is refused", () => {
    expect(parseUri("sip:2001:db8::10")).toBeUndefined();
  });

  it("4.5: `received` with and without brackets", () => {
    for (const received of ["[2001:db8::9:255]", "2001:db8::9:255"])
      expect(
        parseVia(`SIP/2.0/UDP [2001:db8::9:1];received=${received};branch=z9hG4bKas3`)?.params[
          "received"
        ],
      ).toBe(received);
  });
});
