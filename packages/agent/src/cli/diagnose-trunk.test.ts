import type { PingResult } from "@offhook/session";
import { describe, expect, it } from "vitest";
import { diagnoseTrunk } from "./diagnose-trunk.js";

const answered: PingResult = {
  status: 200,
  phrase: "OK",
  roundTripMs: 12,
  proved: false,
  protocol: "UDP",
  target: { address: "192.0.2.1", port: 5060 },
  advertised: { address: "198.51.100.7", port: 5062 },
  seenAs: { address: "198.51.100.7", port: 5062 },
  allow: "INVITE, ACK, BYE",
};

function wrongWith(ping: Partial<PingResult>, hasCredentials = false) {
  const findings = diagnoseTrunk({
    ping: { ...answered, ...ping },
    hasCredentials,
    codecs: ["PCMU/8000"],
  });
  return findings.filter(({ ok }) => !ok).map(({ check, change }) => ({ check, change }));
}

describe("the doctor", () => {
  it("finds nothing wrong with a trunk that answers", () => {
    expect(wrongWith({})).toEqual([]);
  });

  it("says what to try when nothing answers", () => {
    const { status: _status, phrase: _phrase, ...silent } = answered;
    const findings = diagnoseTrunk({
      ping: { ...silent, failure: "no response within 4,000 ms" },
      hasCredentials: false,
      codecs: [],
    });
    const wrong = findings.find(({ ok }) => !ok);
    expect(wrong?.found).toMatch(/no response within/);
    expect(wrong?.change).toMatch(/--transport/);
  });

  it("names the servers that calls have to go past", () => {
    const failed = [{ ...answered, status: 503, phrase: "Service Unavailable" }];
    const [finding, ...more] = diagnoseTrunk({
      ping: { ...answered, target: { address: "192.0.2.2", port: 5060 }, failed },
      hasCredentials: false,
      codecs: [],
    }).filter(({ ok }) => !ok);
    expect(finding?.found).toBe(
      "192.0.2.1:5060 comes before it, and takes no calls: 503 Service Unavailable.",
    );
    expect(more).toEqual([]);
  });

  it("tells missing credentials from wrong ones", () => {
    expect(wrongWith({ status: 407 })[0]?.change).toMatch(/--username/);
    expect(wrongWith({ status: 407 }, true)[0]?.change).toMatch(/Check user name/);
    expect(wrongWith({ status: 403 })[0]?.change).toMatch(/allow this address/);
  });

  it.each([
    [{ status: 401 }, false, /did not accept/],
    [{ status: 200, proved: true }, true, /asked for our credentials and accepted/],
    [
      { status: 403, phrase: "Forbidden", proved: true },
      true,
      /accepted .* REGISTER with 403 Forb/,
    ],
    [{ status: 405 }, true, /a call will show/],
  ])("tries them by REGISTER where OPTIONS needs none: %j", (bindings, ok, found) => {
    const [finding] = diagnoseTrunk({
      ping: answered,
      hasCredentials: true,
      bindings: { ...answered, ...bindings },
      codecs: [],
    }).filter(({ check }) => check === "credentials");
    expect(finding).toMatchObject({ ok, found: expect.stringMatching(found) });
  });

  it("sees a NAT, and names the setting that mends it", () => {
    const behind = wrongWith({ seenAs: { address: "203.0.113.9", port: 40_000 } });
    expect(behind).toMatchObject([{ check: "nat" }]);
    expect(behind[0]?.change).toMatch(/localAddress to 203\.0\.113\.9/);
  });

  it("sees that an address takes no calls", () => {
    expect(wrongWith({ allow: "OPTIONS, REGISTER" })).toMatchObject([{ check: "calls" }]);
  });
});
