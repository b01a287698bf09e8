import { describe, expect, it } from "vitest";
import { RedirectGuard } from "../leg/redirect.js";
import { readTransferNotify, referToHeader } from "../leg/refer.js";
import { parseDestination } from "../route/destination.js";
import { parseInfoDtmf } from "./dtmf-info.js";
import { formatReason, readReasonHeaders } from "./reason-header.js";
import { readRetarget } from "./retarget.js";

describe("readReasonHeaders", () => {
  it("keeps every header and takes the first valid Q.850", () => {
    expect(
      readReasonHeaders([
        'SIP;cause=480;text="a, b"',
        'Q.850;cause=999, q.850 ;cause=20;text="absent";location=rln',
      ]),
    ).toEqual({
      reasonHeaders: [
        'SIP;cause=480;text="a, b"',
        "Q.850;cause=999",
        'q.850 ;cause=20;text="absent";location=rln',
      ],
      q850: 20,
      q850Location: "RLN",
      q850Text: "absent",
    });
  });

  it("reads what it writes", () => {
    const line = formatReason({ protocol: "Q.850", cause: 16, text: 'say "bye"' });
    expect(readReasonHeaders([line.replace("Reason: ", "")]).q850Text).toBe('say "bye"');
  });
});

describe("readRetarget", () => {
  it.each([
    ["nothing", [], [], undefined],
    ["forwarding", ["<sip:a@h>;reason=unconditional"], [], false],
    ["a voicemail target", [], ["<sip:a@h>;index=1", "<sip:vm@h>;index=1.1"], true],
    ["a cause of RFC 4458", [], ["<sip:a@h>;index=1", "<sip:x@h;cause=408>;index=1.1"], true],
    ["302 without a mailbox", [], ["<sip:x@h;cause=302>;index=1.1"], false],
    ["302 to a mailbox", [], ["<sip:x@h;target=sip:a@h;cause=302>;index=1.1"], true],
  ] as const)("tells %s", (_what, diversion, history, expected) => {
    expect(readRetarget(diversion, history)?.toVoicemail).toBe(expected);
  });
});

describe("parseDestination", () => {
  const home = { hostPort: "pbx.example.com" };

  it.each([
    ["+12025550100", "+12025550100"],
    ["+1 (202) 555-0119", "+12025550119"],
    ["tel:+1-202-555-0100", "+12025550100"],
    ["sip:1000@h:5070", "sip:1000@h:5070"],
    ["1000", "sip:1000@pbx.example.com"],
    ["echo", "sip:echo@pbx.example.com"],
    ["*97#", "sip:*97%23@pbx.example.com"],
  ])("reads %s", (to, address) => {
    expect(parseDestination(to, home).address).toBe(address);
  });

  it.each(["+1202", "+", "", "+12025550100x", "sip:", "a b", "+999999999999999999"])(
    "says no to %j, and hides what it was",
    (to) => {
      expect(() => parseDestination(to, home)).toThrow(
        expect.objectContaining({ code: "INVALID_DESTINATION" }),
      );
    },
  );

  it("dials an extension only over a trunk", () => {
    expect(() => parseDestination("1000", undefined)).toThrow(/to dial/);
  });
});

describe("parseInfoDtmf", () => {
  it.each([
    ["application/dtmf-relay", "Signal=5\r\nDuration=200\r\n", { digit: "5", durationMs: 200 }],
    ["application/dtmf-relay; x=y", "Signal= *\r\n", { digit: "*", durationMs: 160 }],
    ["application/dtmf", "11", { digit: "#", durationMs: 160 }],
    ["application/dtmf-relay", "Signal=99", undefined],
    ["text/plain", "5", undefined],
  ])("reads %s %j", (type, body, expected) => {
    expect(parseInfoDtmf(type, body)).toEqual(expected);
  });
});

describe("RedirectGuard", () => {
  it("tries the best contact first and each only once", () => {
    const guard = new RedirectGuard("sip:a@h");
    expect(
      guard.next(["<sip:b@h>;q=0.2", "<sip:c@h?X-Evil=1>;q=0.9", "<sip:a@h>", "<mailto:x@y>"]),
    ).toEqual(["sip:c@h", "sip:b@h"]);
    expect(guard.next(["<sip:b@h>"])).toEqual([]);
  });

  it("stops after five", () => {
    const guard = new RedirectGuard("sip:0@h");
    const followed = [1, 2, 3, 4, 5, 6].map((at) => guard.next([`<sip:${at}@h>`]).length);
    expect(followed).toEqual([1, 1, 1, 1, 1, 0]);
  });
});

describe("transfer", () => {
  it("names the dialog to take over as the far side sees it", () => {
    expect(
      referToHeader("sip:x@h", {
        callId: "c@h",
        localTag: "l",
        remoteTag: "r",
        remoteTarget: "sip:x@h",
      }),
    ).toBe("Refer-To: <sip:x@h?Replaces=c%40h%3Bto-tag%3Dr%3Bfrom-tag%3Dl>");
  });

  it.each([
    ["SIP/2.0 100 Trying", "active", { status: "trying", sipStatus: 100 }],
    ["SIP/2.0 180 Ringing", "active", { status: "ringing", sipStatus: 180 }],
    ["SIP/2.0 200 OK", "terminated;reason=noresource", { status: "completed", sipStatus: 200 }],
    ["SIP/2.0 486 Busy", "terminated", { status: "failed", sipStatus: 486 }],
    ["", "terminated", { status: "failed" }],
    ["garbage", "active", undefined],
  ])("reads %j (%s)", (body, state, expected) => {
    expect(readTransferNotify("refer", body, state)).toEqual(expected);
  });
});
