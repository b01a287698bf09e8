import { describe, expect, it } from "vitest";
import { virtualClock } from "../../testing/fake-clock.js";
import { OwnRepeats } from "./own-repeats.js";
import { PeerRepeats } from "./peer-repeats.js";

const peer = { address: "192.0.2.1", port: 5060 };

function set(repeats = true) {
  const clock = virtualClock();
  const sent: { atMs: number; text: string }[] = [];
  const startMs = clock.nowMs();
  const options = {
    clock,
    repeats,
    resend: (text: string) => void sent.push({ atMs: clock.nowMs() - startMs, text }),
  };
  const ours = new OwnRepeats(options);
  const theirs = new PeerRepeats(options);
  const close = () => {
    ours.close();
    theirs.close();
  };
  return { clock, sent, ours, theirs, close };
}

const invite = { branch: "b", sentBy: "", method: "INVITE" };
const theirInvite = { branch: "t", sentBy: "h:1", method: "INVITE" };

describe("what is repeated", () => {
  it("repeats an INVITE at T1 and doubles until 64·T1 (timer A)", async () => {
    const { clock, sent, ours, close } = set();
    ours.sentRequest(invite, "INVITE", peer);
    await clock.advanceBy(60_000);
    expect(sent.map(({ atMs }) => atMs)).toEqual([500, 1_500, 3_500, 7_500, 15_500, 31_500]);
    close();
  });

  it("repeats other requests at most every T2 (timer E)", async () => {
    const { clock, sent, ours, close } = set();
    ours.sentRequest({ ...invite, method: "BYE" }, "BYE", peer);
    await clock.advanceBy(16_000);
    expect(sent.map(({ atMs }) => atMs)).toEqual([500, 1_500, 3_500, 7_500, 11_500, 15_500]);
    close();
  });

  it("stops repeating an INVITE at its first response", async () => {
    const { clock, sent, ours, close } = set();
    ours.sentRequest(invite, "INVITE", peer);
    expect(ours.receivedResponse("b", "INVITE", 100, "far")).toBe(true);
    await clock.advanceBy(60_000);
    expect(sent).toEqual([]);
    close();
  });

  it("acknowledges a repeated failure again, and tells nobody (timer D)", async () => {
    const { clock, sent, ours, close } = set();
    ours.sentRequest(invite, "INVITE", peer);
    expect(ours.receivedResponse("b", "INVITE", 486, "far")).toBe(true);
    ours.sentAck("b", "far", "ACK", peer);
    await clock.advanceBy(500);
    expect(ours.receivedResponse("b", "INVITE", 486, "far")).toBe(false);
    expect(sent).toEqual([{ atMs: 500, text: "ACK" }]);
    close();
  });

  it("repeats our failure until the ACK (timer G), and absorbs later ones (timer I)", async () => {
    const { clock, sent, theirs, close } = set();
    expect(theirs.receivedRequest(theirInvite, peer)).toBe(true);
    theirs.sentResponse(theirInvite, 486, "486", peer);
    await clock.advanceBy(4_000);
    expect(sent.map(({ atMs }) => atMs)).toEqual([500, 1_500, 3_500]);
    expect(theirs.receivedRequest({ ...theirInvite, method: "ACK" }, peer)).toBe(true);
    expect(theirs.receivedRequest({ ...theirInvite, method: "ACK" }, peer)).toBe(false);
    await clock.advanceBy(30_000);
    expect(sent).toHaveLength(3);
    close();
  });

  it("answers a repeated request from memory (timer J), but never faster than every 100 ms", async () => {
    const { clock, sent, theirs, close } = set();
    const bye = { ...theirInvite, method: "BYE" };
    expect(theirs.receivedRequest(bye, peer)).toBe(true);
    theirs.sentResponse(bye, 200, "200", peer);
    for (let count = 0; count < 1_000; count++)
      expect(theirs.receivedRequest(bye, peer)).toBe(false);
    expect(sent).toHaveLength(0);
    await clock.advanceBy(100);
    theirs.receivedRequest(bye, peer);
    theirs.receivedRequest(bye, peer);
    expect(sent).toHaveLength(1);
    close();
  });

  it("absorbs the repeats of a request that nobody answers", async () => {
    const { clock, sent, theirs, close } = set();
    expect(theirs.receivedRequest(theirInvite, peer)).toBe(true);
    await clock.advanceBy(500);
    expect(theirs.receivedRequest(theirInvite, peer)).toBe(false);
    expect(sent).toEqual([]);
    close();
  });

  it("forgets a transaction once it is over", async () => {
    const { clock, ours, theirs, close } = set();
    ours.sentRequest({ ...invite, method: "BYE" }, "BYE", peer);
    ours.receivedResponse("b", "BYE", 200, "far");
    theirs.receivedRequest(theirInvite, peer);
    theirs.sentResponse(theirInvite, 200, "200", peer);
    expect(ours.size + theirs.size).toBe(2);
    await clock.advanceBy(34_000);
    expect(ours.size + theirs.size).toBe(0);
    close();
  });

  it("repeats nothing where the transport does", async () => {
    const { clock, sent, ours, theirs, close } = set(false);
    ours.sentRequest(invite, "INVITE", peer);
    theirs.receivedRequest(theirInvite, peer);
    theirs.sentResponse(theirInvite, 486, "486", peer);
    await clock.advanceBy(40_000);
    expect(sent).toEqual([]);
    close();
  });

  it("knows which requests an unreachable peer still owes an answer", () => {
    const { ours, close } = set();
    ours.sentRequest(invite, "INVITE", peer);
    ours.sentRequest({ ...invite, branch: "c", method: "OPTIONS" }, "OPTIONS", peer);
    ours.receivedResponse("c", "OPTIONS", 200, "far");
    expect(ours.unansweredTo(peer)).toEqual([invite]);
    expect(ours.unansweredTo({ ...peer, port: 1 })).toEqual([]);
    close();
  });
});
