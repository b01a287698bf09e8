/** Whole messages, each a way in: every method, headers of all kinds, SDP and digest. */

export const sdp = [
  "v=0",
  "o=- 1 1 IN IP4 192.0.2.66",
  "s=-",
  "c=IN IP4 192.0.2.66",
  "t=0 0",
  "m=audio 4000 RTP/AVP 0 8 101",
  "a=rtpmap:0 PCMU/8000",
  "a=rtpmap:101 telephone-event/8000",
  "a=fmtp:101 0-16",
  "a=ptime:20",
  "a=sendrecv",
  "m=video 4002 RTP/AVP 99",
  "a=rtpmap:99 H264/90000",
  "",
].join("\r\n");

/** Stands for what must differ from message to message, or it would count as a repeat. */
const UNIQUE = "@@";

/** The message as the `run`-th sender would send it. */
export function individual(text: string, run: number): string {
  return text.replaceAll(UNIQUE, String(run));
}

/** A call that is up, with the carrier as callee. */
export interface OpenDialog {
  readonly callId: string;
  readonly fromTag: string;
  readonly toTag: string;
}

function within(dialog: OpenDialog, method: string, extra: readonly string[] = [], body = "") {
  return request(method, extra, body)
    .replace(/^From: .*$/m, `From: <sip:a@192.0.2.66>;tag=${dialog.fromTag}`)
    .replace(/^To: .*$/m, `To: <sip:b@127.0.0.1>;tag=${dialog.toTag}`)
    .replace(/^Call-ID: .*$/m, `Call-ID: ${dialog.callId}`)
    .replace(/^CSeq: 1 /m, "CSeq: 1@@ ".replace("@@", UNIQUE));
}

export function request(
  method: string,
  extra: readonly string[] = [],
  body = "",
  toTag = "",
): string {
  return [
    `${method} sip:+12025550100@127.0.0.1 SIP/2.0`,
    `Via: SIP/2.0/UDP 192.0.2.66:5070;branch=z9hG4bK${method}${UNIQUE};rport`,
    'From: "A. Caller" <sip:a@192.0.2.66;user=phone>;tag=9a',
    `To: <sip:b@127.0.0.1>${toTag}`,
    `Call-ID: ${method}${UNIQUE}@192.0.2.66`,
    `CSeq: 1 ${method}`,
    "Contact: <sip:a@192.0.2.66:5070;transport=udp>;q=0.5",
    "Max-Forwards: 70",
    "Allow: INVITE, ACK, BYE, UPDATE",
    ...extra,
    ...(body === "" ? [] : ["Content-Type: application/sdp"]),
    `Content-Length: ${body.length}`,
    "",
    body,
  ].join("\r\n");
}

/** A response to the INVITE that `invite` is. */
function response(
  invite: string,
  status: number,
  extra: readonly string[] = [],
  body = "",
): string {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(invite)?.[1]?.trim();
  return [
    `SIP/2.0 ${status} Some Phrase`,
    `Via: ${field("Via")}`,
    `From: ${field("From")}`,
    `To: ${field("To")};tag=far`,
    `Call-ID: ${field("Call-ID")}`,
    `CSeq: ${field("CSeq")}`,
    "Contact: <sip:b@127.0.0.1:5070>",
    ...extra,
    ...(body === "" ? [] : ["Content-Type: application/sdp"]),
    `Content-Length: ${body.length}`,
    "",
    body,
  ].join("\r\n");
}

const multipart = [
  "--x",
  "Content-Type: text/plain",
  "",
  "hello",
  "--x",
  "Content-Type: application/sdp",
  "",
  `${sdp}--x--`,
  "",
].join("\r\n");

/** What a peer may send us while `invite` is our call to it. */
export function corpusFor(invite: string, dialog: OpenDialog): readonly string[] {
  const digest =
    'Digest realm="r, s", nonce="n==", algorithm=SHA-256, qop="auth,auth-int", stale=false, opaque="o"';
  return [
    request("INVITE", [], sdp),
    request("INVITE", ["Session-Expires: 1800;refresher=uac", "Supported: timer, 100rel"], sdp),
    request(
      "INVITE",
      [
        "Record-Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>",
        'Diversion: "B" <sip:+12025550100@h>;reason=no-answer;counter=1',
        "History-Info: <sip:x@y?Reason=SIP%3Bcause%3D302>;index=1",
        "P-Asserted-Identity: <tel:+12025550142>",
        "X-Campaign: spring",
        "Require: 100rel",
      ],
      sdp,
    ),
    request("INVITE", ["Content-Type: multipart/mixed;boundary=x"], multipart).replace(
      "Content-Type: application/sdp\r\nContent-Length",
      "Content-Length",
    ),
    request(
      "INVITE",
      [`Proxy-Authorization: ${digest}, username="u", uri="sip:x", response="0"`],
      sdp,
    ),
    request("OPTIONS"),
    request("REGISTER"),
    request("MESSAGE"),
    request("REFER", ["Refer-To: <sip:c@d?Replaces=e%3Bto-tag%3Df>"]),
    request("NOTIFY", ["Event: refer", "Subscription-State: active;expires=60"]),
    request("SUBSCRIBE", ["Event: presence"]),
    request("BYE", ['Reason: Q.850;cause=16;text="x"'], "", ";tag=1"),
    request("UPDATE", [], sdp, ";tag=1"),
    request("PRACK", ["RAck: 1 1 INVITE"], "", ";tag=1"),
    request("INFO", [], "", ";tag=1"),
    request("CANCEL"),
    request("ACK"),
    within(dialog, "INVITE", [], sdp),
    within(dialog, "INVITE"),
    within(dialog, "UPDATE", ["Session-Expires: 100;refresher=uas", "Supported: timer"], sdp),
    within(dialog, "INFO").replace(
      "Content-Length: 0\r\n\r\n",
      "Content-Type: application/dtmf-relay\r\nContent-Length: 20\r\n\r\nSignal=5\r\nDuration=9",
    ),
    within(dialog, "NOTIFY", ["Event: refer", "Subscription-State: terminated"]),
    within(dialog, "REFER", ["Refer-To: <sip:c@d>"]),
    within(dialog, "MESSAGE"),
    within(dialog, "PRACK", ["RAck: 1 1 INVITE"]),
    within(dialog, "OPTIONS"),
    response(invite, 100),
    response(invite, 180, ["Require: 100rel", "RSeq: 7"]),
    response(invite, 183, [], sdp),
    response(invite, 200, ["Session-Expires: 90;refresher=uas", "Require: timer"], sdp),
    response(invite, 302, ["Contact: <sip:c@127.0.0.1:5071>;q=0.7, <sip:d@e>"]),
    response(invite, 401, [`WWW-Authenticate: ${digest}`]),
    response(invite, 407, [`Proxy-Authenticate: ${digest}`]),
    response(invite, 480, [
      'Reason: Q.850;cause=20;text="absent";location=RLN',
      "Retry-After: 30 (soon)",
      'Warning: 399 h "w"',
    ]),
    response(invite, 608, ["Call-Info: <https://example.com/x>;purpose=jwscard"]),
  ];
}
