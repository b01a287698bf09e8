import { describe, expect, it } from "vitest";
import { virtualClock } from "../../testing/fake-clock.js";
import { ReliableProvisionals } from "../leg/reliable-provisional.js";
import { parseSessionExpires, SessionTimer } from "../leg/session-timer.js";

describe("SessionTimer", () => {
  const start = (weRefresh: boolean) => {
    const clock = virtualClock();
    const events: string[] = [];
    const timer = new SessionTimer({
      clock,
      seconds: 90,
      weRefresh,
      refresh: () => events.push(`refresh ${clock.nowMs()}`),
      onExpired: () => events.push(`expired ${clock.nowMs()}`),
    });
    return { clock, events, timer };
  };

  it("refreshes at half the interval and gives up at its end", async () => {
    const { clock, events, timer } = start(true);
    await clock.advanceBy(100_000);
    expect(events).toEqual(["refresh 45000", "expired 90000"]);
    timer.stop();
  });

  it("begins anew after a refresh", async () => {
    const { clock, events, timer } = start(false);
    await clock.advanceBy(50_000);
    timer.restart();
    await clock.advanceBy(50_000);
    expect(events).toEqual([]);
    await clock.advanceBy(15_000);
    expect(events).toEqual(["expired 110000"]);
    timer.stop();
  });

  it("reads the header", () => {
    expect(parseSessionExpires("1800;refresher=UAS")).toEqual({ seconds: 1800, refresher: "uas" });
    expect(parseSessionExpires("90")).toEqual({ seconds: 90, refresher: undefined });
    expect(parseSessionExpires("soon")).toBeUndefined();
  });
});

describe("ReliableProvisionals", () => {
  const start = () => {
    const clock = virtualClock();
    const sent: string[] = [];
    const reliable = new ReliableProvisionals({
      clock,
      unit: 0,
      onUnacknowledged: () => sent.push(`given up at ${clock.nowMs()}`),
    });
    const send = (name: string) => reliable.send(([, rseq]) => sent.push(`${name} ${rseq}`));
    return { clock, sent, reliable, send };
  };

  it("repeats until the PRACK, and sends the next only then", async () => {
    const { clock, sent, reliable, send } = start();
    send("180");
    send("183");
    await clock.advanceBy(600);
    expect(sent).toEqual(["180 RSeq: 1", "180 RSeq: 1"]);
    expect(reliable.isOpen("7 1 INVITE")).toBe(false);
    expect(reliable.isOpen("1 1 INVITE")).toBe(true);
    reliable.acknowledge();
    expect(sent.at(-1)).toBe("183 RSeq: 2");
    reliable.stop();
  });

  it("holds the answer back until all are acknowledged", () => {
    const { sent, reliable, send } = start();
    send("183");
    reliable.whenIdle(() => sent.push("200"));
    expect(sent).not.toContain("200");
    reliable.acknowledge();
    expect(sent.at(-1)).toBe("200");
  });

  it("gives up after 64·T1", async () => {
    const { clock, sent, send } = start();
    send("180");
    await clock.advanceBy(40_000);
    expect(sent.at(-1)).toMatch(/given up/);
  });
});
