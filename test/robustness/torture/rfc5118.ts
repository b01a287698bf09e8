import { type TortureMessage, wire } from "./message.js";

const caller = "From: sip:user@example.com;tag=81x2";
const sender = "Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111";

const contact = 'Contact: "Caller" <sip:caller@[2001:db8::1]>';
const hops = "Max-Forwards: 70";

const registration = (uri: string, [first, second] = [hops, contact]) =>
  wire(`REGISTER ${uri} SIP/2.0
To: sip:user@example.com
${caller}
${sender}
Call-ID: SSG9559905523997077@hlau_4100
${first}
${second}
CSeq: 98176 REGISTER
Content-Length: 0

`);

const options = (uri: string) =>
  wire(`OPTIONS ${uri} SIP/2.0
To: ${uri}
From: sip:user@example.com;tag=810x2
Via: SIP/2.0/UDP lab1.east.example.com;branch=z9hG4bKas3-111
Call-ID: G9559905523997077@hlau_4100
CSeq: 689 OPTIONS
Max-Forwards: 70
Content-Length: 0

`);

const noRegistrar = "nobody registers here; the Request-URI was read";

/** RFC 5118: IPv6 where it may stand, and where it may not. */
export const ipv6Messages: readonly TortureMessage[] = [
  {
    name: "ipv6-good",
    section: "4.1 Valid SIP Message with an IPv6 Reference",
    expected: 405,
    because: noRegistrar,
    bytes: registration("sip:[2001:db8::10]"),
  },
  {
    name: "ipv6-bad",
    section: "4.2 Invalid SIP Message with an IPv6 Reference",
    expected: 400,
    bytes: registration("sip:2001:db8::10"),
  },
  {
    name: "port-ambiguous",
    section: "4.3 Port Ambiguous in a SIP URI",
    expected: 405,
    because: noRegistrar,
    bytes: registration("sip:[2001:db8::10:5070]", [contact, hops]),
  },
  {
    name: "port-unambiguous",
    section: "4.4 Port Unambiguous in a SIP URI",
    expected: 405,
    because: noRegistrar,
    bytes: registration("sip:[2001:db8::10]:5070", [contact, hops]),
  },
  {
    name: "via-received-param-with-delim",
    section: "4.5 IPv6 Reference Delimiters in Via Header",
    expected: 481,
    because: "read in full; it belongs to no dialog of ours",
    bytes: wire(`BYE sip:[2001:db8::10] SIP/2.0
To: sip:user@example.com;tag=bd76ya
${caller}
Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Max-Forwards: 70
CSeq: 321 BYE
Content-Length: 0

`),
  },
  {
    name: "via-received-param-no-delim",
    section: "4.5 IPv6 Reference Delimiters in Via Header",
    expected: 200,
    bytes: wire(`OPTIONS sip:[2001:db8::10] SIP/2.0
To: sip:user@example.com
${caller}
Via: SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3
Call-ID: SSG95523997077@hlau_4100
Max-Forwards: 70
Contact: "Caller" <sip:caller@[2001:db8::9:1]>
CSeq: 921 OPTIONS
Content-Length: 0

`),
  },
  {
    name: "ipv6-in-sdp",
    section: "4.6 SIP Request with IPv6 Addresses in SDP Body",
    expected: 400,
    stream: "ignored",
    because: "the RFC's own Content-Length is 17 too many (RFC 3261 18.3); see below for the rest",
    bytes: wire(`INVITE sip:user@[2001:db8::10] SIP/2.0
To: sip:user@[2001:db8::10]
${caller}
Via: SIP/2.0/UDP [2001:db8::20];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Contact: "Caller" <sip:caller@[2001:db8::20]>
CSeq: 8612 INVITE
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: 268

v=0
o=assistant 971731711378798081 0 IN IP6 2001:db8::20
s=Live video feed for today's meeting
c=IN IP6 2001:db8::20
t=3338481189 3370017201
m=audio 6000 RTP/AVP 2
a=rtpmap:2 G726-32/8000
m=video 6024 RTP/AVP 107
a=rtpmap:107 H263-1998/90000
`),
  },
  {
    name: "mult-ip-in-header",
    section: "4.7 Multiple IP Addresses in SIP Headers",
    expected: 481,
    because: "read in full; it belongs to no dialog of ours",
    bytes: wire(`BYE sip:user@host.example.net SIP/2.0
Via: SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144
Via: SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200
Call-ID: 997077@lau_4100
Max-Forwards: 70
CSeq: 89187 BYE
To: sip:user@example.net;tag=9817--94
${caller}
Content-Length: 0

`),
  },
  {
    name: "mult-ip-in-sdp",
    section: "4.8 Multiple IP Addresses in SDP",
    expected: "answered",
    stream: "closed",
    because: "the RFC's own Content-Length is 8 too few: on a stream, what follows is no message",
    bytes: wire(`INVITE sip:user@[2001:db8::10] SIP/2.0
To: sip:user@[2001:db8::10]
${caller}
${sender}
Call-ID: SSG9559905523997077@hlau_4100
Contact: "Caller" <sip:caller@[2001:db8::9:1]>
Max-Forwards: 70
CSeq: 8912 INVITE
Content-Type: application/sdp
Content-Length: 181

v=0
o=bob 280744730 28977631 IN IP4 host.example.com
s=
t=0 0
m=audio 22334 RTP/AVP 0
c=IN IP4 192.0.2.1
m=video 6024 RTP/AVP 107
c=IN IP6 2001:db8::1
a=rtpmap:107 H263-1998/90000
`),
  },
  {
    name: "ipv4-mapped-ipv6",
    section: "4.9 IPv4-Mapped IPv6 Addresses",
    expected: 488,
    because: "read in full; G726-32 is no codec of ours",
    bytes: wire(`INVITE sip:user@example.com SIP/2.0
To: sip:user@example.com
From: sip:user@east.example.com;tag=81x2
Via: SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19
Via: SIP/2.0/UDP [::ffff:192.0.2.2];branch=z9hG4bKas3-111
Call-ID: SSG9559905523997077@hlau_4100
Contact: "T. desk phone" <sip:ted@[::ffff:192.0.2.2]>
CSeq: 612 INVITE
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: 236

v=0
o=assistant 971731711378798081 0 IN IP6 ::ffff:192.0.2.2
s=Call me soon, please!
c=IN IP6 ::ffff:192.0.2.2
t=3338481189 3370017201
m=audio 6000 RTP/AVP 2
a=rtpmap:2 G726-32/8000
m=video 6024 RTP/AVP 107
a=rtpmap:107 H263-1998/90000
`),
  },
  {
    name: "ipv6-bug-abnf-3-colons",
    section: "4.10 IPv6 Reference Bug in RFC 3261 ABNF",
    expected: 200,
    because: "understood all the same, as the RFC wants",
    bytes: options("sip:user@[2001:db8:::192.0.2.1]"),
  },
  {
    name: "ipv6-correct-abnf-2-colons",
    section: "4.10 IPv6 Reference Bug in RFC 3261 ABNF",
    expected: 200,
    bytes: options("sip:user@[2001:db8::192.0.2.1]"),
  },
];

const original = (name: string) =>
  ipv6Messages.find((message) => message.name === name)?.bytes.toString("latin1") ?? "";
const mend = (name: string, wrong: number, right: number) =>
  original(name).replace(`Content-Length: ${wrong}`, `Content-Length: ${right}`);

/** The messages whose length is wrong in the RFC itself, put right, so that their point is tested. */
export const mendedIpv6Messages: readonly TortureMessage[] = [
  {
    name: "ipv6-in-sdp of the right length",
    section: "4.6",
    expected: 488,
    because: "read in full; G726-32 is no codec of ours",
    bytes: Buffer.from(mend("ipv6-in-sdp", 268, 251), "latin1"),
  },
  {
    name: "ipv6-in-sdp of the right length, with a codec of ours",
    section: "4.6",
    expected: "answered",
    bytes: Buffer.from(
      mend("ipv6-in-sdp", 268, 226)
        .replace("RTP/AVP 2\r\n", "RTP/AVP 0\r\n")
        .replace("a=rtpmap:2 G726-32/8000\r\n", ""),
      "latin1",
    ),
  },
  {
    name: "mult-ip-in-sdp of the right length",
    section: "4.8",
    expected: "answered",
    bytes: Buffer.from(mend("mult-ip-in-sdp", 181, 189), "latin1"),
  },
];
