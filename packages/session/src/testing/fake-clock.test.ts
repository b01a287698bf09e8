import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { isOffhookError } from "../errors.js";
import { virtualClock } from "./fake-clock.js";

const never = new Promise<never>(() => {});

describe("virtual clock", () => {
  it("fires each timer at its own due time, in order", async () => {
    const clock = virtualClock();
    const fired: string[] = [];
    const note = (name: string) => () => void fired.push(`${name}@${clock.nowMs()}`);
    clock.setTimeout(note("b"), 30);
    clock.setTimeout(note("a"), 10);
    clock.setTimeout(note("c"), 30);
    clock.setTimeout(note("later"), 41);
    await clock.advanceBy(40);
    expect(fired).toEqual(["a@10", "b@30", "c@30"]);
    expect(clock.nowMs()).toBe(40);
    expect(clock.pendingTimers).toBe(1);
  });

  it("fires what is due now when it is moved by nothing", async () => {
    const clock = virtualClock();
    const fired: string[] = [];
    clock.setTimeout(() => {
      fired.push("first");
      clock.setTimeout(() => void fired.push("second"), 0);
    }, 0);
    expect(fired).toEqual([]);
    await clock.advanceBy(0);
    expect(fired).toEqual(["first", "second"]);
  });

  it("fires a chain of 20 ms timers fifty times in a second", async () => {
    const clock = virtualClock();
    let count = 0;
    const again = () => {
      count++;
      clock.setTimeout(again, 20);
    };
    clock.setTimeout(again, 20);
    await clock.advanceBy(1_000);
    expect(count).toBe(50);
  });

  it("finishes the promises of one timer before the next fires", async () => {
    const clock = virtualClock();
    const seen: string[] = [];
    clock.setTimeout(async () => {
      for (let turn = 0; turn < 30; turn++) await null;
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(`chain@${clock.nowMs()}`);
    }, 10);
    clock.setTimeout(() => void seen.push(`next@${clock.nowMs()}`), 11);
    await clock.advanceBy(20);
    expect(seen).toEqual(["chain@10", "next@11"]);
  });

  it("stops an interval that clears itself, and never drifts", async () => {
    const clock = virtualClock();
    const times: number[] = [];
    const timer = clock.setInterval(() => {
      times.push(clock.nowMs());
      if (times.length === 3) clock.clear(timer);
    }, 20);
    await clock.advanceBy(1_000);
    expect(times).toEqual([20, 40, 60]);
    expect(clock.pendingTimers).toBe(0);
    clock.clear(timer);
    expect(clock.pendingTimers).toBe(0);
  });

  it("runs just until the promise settles", async () => {
    const clock = virtualClock();
    const promise = new Promise<string>((resolve) =>
      clock.setTimeout(() => resolve("done"), 45_000),
    );
    clock.setTimeout(() => {}, 60_000);
    expect(await clock.runUntil(promise)).toBe("done");
    expect(clock.nowMs()).toBe(45_000);
    expect(clock.pendingTimers).toBe(1);
  });

  it("rejects as the promise does", async () => {
    const clock = virtualClock();
    const promise = new Promise((_, reject) => clock.setTimeout(() => reject(new Error("no")), 10));
    await expect(clock.runUntil(promise)).rejects.toThrow("no");
  });

  it("serves several drivers at once", async () => {
    const clock = virtualClock();
    const at = (ms: number) =>
      new Promise<number>((resolve) => clock.setTimeout(() => resolve(clock.nowMs()), ms));
    const all = await Promise.all([
      clock.runUntil(at(30)),
      clock.advanceBy(10).then(() => clock.nowMs()),
      clock.runUntil(at(20)),
    ]);
    expect(all).toEqual([30, 10, 20]);
  });

  it("stands still while held work is pending", async () => {
    const clock = virtualClock();
    let seenAtMs = -1;
    const work = new Promise((resolve) => setTimeout(resolve, 15));
    void clock.holdWhile(work).then(() => {
      seenAtMs = clock.nowMs();
    });
    await clock.advanceBy(1_000);
    expect(seenAtMs).toBe(0);
  });

  it("stands still while a file is being read, without being told", async () => {
    const clock = virtualClock();
    let seenAtMs = -1;
    clock.setTimeout(() => {
      void readFile(new URL(import.meta.url)).then(() => {
        seenAtMs = clock.nowMs();
      });
    }, 10);
    await clock.advanceBy(1_000);
    expect(seenAtMs).toBe(10);
  });

  it("waits a moment of real time for work it was not told of", async () => {
    const clock = virtualClock();
    const outside = new Promise<string>((resolve) => setTimeout(() => resolve("real"), 20));
    expect(await clock.runUntil(outside)).toBe("real");
  });

  it("says so when nothing is left that could settle the promise", async () => {
    const clock = virtualClock();
    const failure = await clock.runUntil(never, { graceMs: 5 }).catch((error: unknown) => error);
    expect(isOffhookError(failure, "CLOCK_STUCK")).toBe(true);
    expect(String(failure)).toContain("Pending timers: none");
  });

  it("names the timers that are left when the limit is hit", async () => {
    const clock = virtualClock();
    clock.setInterval(function keepAlive() {}, 1_000);
    const failure = await clock
      .runUntil(never, { limitMs: 5_000 })
      .catch((error: unknown) => error);
    expect(String(failure)).toMatch(/by 5000 ms.*keepAlive due at 6000 ms every 1000 ms/);
    expect(String(failure)).toContain("fake-clock.test.ts");
  });

  it("reports what a timer's callback threw, and goes on afterwards", async () => {
    const clock = virtualClock();
    clock.setTimeout(() => {
      throw new Error("broken callback");
    }, 10);
    const failure = clock.advanceBy(20).catch((error: unknown) => {
      return clock.advanceBy(20).then(() => error);
    });
    expect(String(await failure)).toBe("Error: broken callback");
    expect(clock.nowMs()).toBe(30);
  });

  it("catches timers that never let time move", async () => {
    const clock = virtualClock();
    const again = () => void clock.setTimeout(again, 0);
    clock.setTimeout(again, 5);
    await expect(clock.advanceBy(10)).rejects.toThrow(/keep setting timers/);
  });

  it("refuses delays that are no numbers", () => {
    const clock = virtualClock();
    expect(() => clock.setTimeout(() => {}, Number.NaN)).toThrow(/delayMs is NaN/);
    expect(() => clock.setInterval(() => {}, 0)).toThrow(/periodMs is 0/);
  });

  it("fires each of 2,250 ticks in 45 s", async () => {
    const clock = virtualClock();
    let ticks = 0;
    clock.setInterval(() => void ticks++, 20);
    await clock.advanceBy(45_000);
    expect(ticks).toBe(2_250);
  });
});
