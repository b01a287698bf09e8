import { describe, expect, it } from "vitest";
import { virtualClock } from "../../testing/fake-clock.js";
import { Reliability } from "./reliability.js";

const peer = { address: "192.0.2.1", port: 5060 };

function set(repeats = true) {
  const clock = virtualClock();
  const sent: { atMs: number; text: string }[] = [];
  const startMs = clock.nowMs();
  const reliability = new Reliability({
    clock,
    repeats,
    resend: (text) => sent.push({ atMs: clock.nowMs() - startMs, text }),
  });
  return { clock, sent, reliability };
}

const invite = { branch: "b", sentBy: "", method: "INVITE" };
const theirInvite = { branch: "t", sentBy: "h:1", method: "INVITE" };

describe("Reliability", () => {
  it("repeats an INVITE at T1 and doubles until 64·T1 (timer A)", async () => {
    const { clock, sent, reliability } = set();
    reliability.sentRequest(invite, "INVITE", peer);
    await clock.advanceBy(60_000);
    expect(sent.map(({ atMs }) => atMs)).toEqual([500, 1_500, 3_500, 7_500, 15_500, 31_500]);
    reliability.close();
  });

  it("repeats other requests at most every T2 (timer E)", async () => {
    const { clock, sent, reliability } = set();
    reliability.sentRequest({ ...invite, method: "BYE" }, "BYE", peer);
    await clock.advanceBy(16_000);
    expect(sent.map(({ atMs }) => atMs)).toEqual([500, 1_500, 3_500, 7_500, 11_500, 15_500]);
    reliability.close();
  });

  it("stops repeating an INVITE at its first response", async () => {
    const { clock, sent, reliability } = set();
    reliability.sentRequest(invite, "INVITE", peer);
    expect(reliability.receivedResponse("b", "INVITE", 100, "far")).toBe(true);
    await clock.advanceBy(60_000);
    expect(sent).toEqual([]);
    reliability.close();
  });

  it("acknowledges a repeated failure again, and tells nobody (timer D)", async () => {
    const { clock, sent, reliability } = set();
    reliability.sentRequest(invite, "INVITE", peer);
    expect(reliability.receivedResponse("b", "INVITE", 486, "far")).toBe(true);
    reliability.sentAck("b", "far", "ACK", peer);
    await clock.advanceBy(500);
    expect(reliability.receivedResponse("b", "INVITE", 486, "far")).toBe(false);
    expect(sent).toEqual([{ atMs: 500, text: "ACK" }]);
    reliability.close();
  });

  it("repeats our failure until the ACK (timer G), and absorbs later ones (timer I)", async () => {
    const { clock, sent, reliability } = set();
    expect(reliability.receivedRequest(theirInvite, peer)).toBe(true);
    reliability.sentResponse(theirInvite, 486, "486", peer);
    await clock.advanceBy(4_000);
    expect(sent.map(({ atMs }) => atMs)).toEqual([500, 1_500, 3_500]);
    expect(reliability.receivedRequest({ ...theirInvite, method: "ACK" }, peer)).toBe(true);
    expect(reliability.receivedRequest({ ...theirInvite, method: "ACK" }, peer)).toBe(false);
    await clock.advanceBy(30_000);
    expect(sent).toHaveLength(3);
    reliability.close();
  });

  it("answers a repeated request from memory (timer J), but never faster than every 100 ms", async () => {
    const { clock, sent, reliability } = set();
    const bye = { ...theirInvite, method: "BYE" };
    expect(reliability.receivedRequest(bye, peer)).toBe(true);
    reliability.sentResponse(bye, 200, "200", peer);
    for (let count = 0; count < 1_000; count++)
      expect(reliability.receivedRequest(bye, peer)).toBe(false);
    expect(sent).toHaveLength(0);
    await clock.advanceBy(100);
    reliability.receivedRequest(bye, peer);
    reliability.receivedRequest(bye, peer);
    expect(sent).toHaveLength(1);
    reliability.close();
  });

  it("absorbs the repeats of a request that nobody answers", async () => {
    const { clock, sent, reliability } = set();
    expect(reliability.receivedRequest(theirInvite, peer)).toBe(true);
    await clock.advanceBy(500);
    expect(reliability.receivedRequest(theirInvite, peer)).toBe(false);
    expect(sent).toEqual([]);
    reliability.close();
  });

  it("forgets a transaction once it is over", async () => {
    const { clock, reliability } = set();
    reliability.sentRequest({ ...invite, method: "BYE" }, "BYE", peer);
    reliability.receivedResponse("b", "BYE", 200, "far");
    reliability.receivedRequest(theirInvite, peer);
    reliability.sentResponse(theirInvite, 200, "200", peer);
    expect(reliability.size).toBe(2);
    await clock.advanceBy(34_000);
    expect(reliability.size).toBe(0);
    reliability.close();
  });

  it("repeats nothing where the transport does", async () => {
    const { clock, sent, reliability } = set(false);
    reliability.sentRequest(invite, "INVITE", peer);
    reliability.receivedRequest(theirInvite, peer);
    reliability.sentResponse(theirInvite, 486, "486", peer);
    await clock.advanceBy(40_000);
    expect(sent).toEqual([]);
    reliability.close();
  });

  it("knows which requests an unreachable peer still owes an answer", () => {
    const { reliability } = set();
    reliability.sentRequest(invite, "INVITE", peer);
    reliability.sentRequest({ ...invite, branch: "c", method: "OPTIONS" }, "OPTIONS", peer);
    reliability.receivedResponse("c", "OPTIONS", 200, "far");
    expect(reliability.unansweredTo(peer)).toEqual([invite]);
    expect(reliability.unansweredTo({ ...peer, port: 1 })).toEqual([]);
    reliability.close();
  });
});
