import { IncomingRequestMessage } from "sip.js/lib/core/index.js";
import { expect, it } from "vitest";
import { virtualClock } from "../../testing/fake-clock.js";
import { MergedRequests } from "./merged-requests.js";

function request(callId: string, viaBranch: string, method = "INVITE"): IncomingRequestMessage {
  return Object.assign(new IncomingRequestMessage(), {
    method,
    callId,
    viaBranch,
    fromTag: "t",
    cseq: 1,
  });
}

it.each(["short", "long".repeat(5_000)])(
  "notices a request that came by two ways (%#)",
  (callId) => {
    const merged = new MergedRequests(virtualClock());
    expect(merged.isMerged(request(callId, "one"))).toBe(false);
    expect(merged.isMerged(request(callId, "one"))).toBe(false);
    expect(merged.isMerged(request(callId, "two"))).toBe(true);
    expect(merged.isMerged(request(`${callId}!`, "two"))).toBe(false);
  },
);

it("leaves ACK and CANCEL alone, and forgets after 32 s", async () => {
  const clock = virtualClock();
  const merged = new MergedRequests(clock);
  merged.isMerged(request("a", "one"));
  expect(merged.isMerged(request("a", "two", "CANCEL"))).toBe(false);
  await clock.advanceBy(33_000);
  expect(merged.isMerged(request("a", "two"))).toBe(false);
  expect(merged.size).toBe(1);
});

it("remembers no more than 100,000, and the latest of them", () => {
  const merged = new MergedRequests(virtualClock());
  for (let at = 0; at < 100_500; at++) merged.isMerged(request(`call${at}`, "one"));
  expect(merged.size).toBeLessThanOrEqual(100_000);
  expect(merged.isMerged(request("call100499", "two"))).toBe(true);
  expect(merged.isMerged(request("call0", "two"))).toBe(false);
});
