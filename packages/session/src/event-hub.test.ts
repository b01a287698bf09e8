import { describe, expect, it } from "vitest";
import { EventHub, type HookFault, type HookTiming } from "./event-hub.js";
import { virtualClock } from "./testing/fake-clock.js";

interface Events {
  ring: { readonly count: number };
}

function makeHub(onFault?: (fault: HookFault) => void) {
  const clock = virtualClock();
  const faults: HookFault[] = [];
  const hub = new EventHub<Events>({
    clock,
    deadlineMs: 1_000,
    onFault: onFault ?? ((fault) => void faults.push(fault)),
  });
  return { clock, faults, hub };
}

describe("an event hub", () => {
  it("calls listeners at once and in order", () => {
    const { hub } = makeHub();
    const heard: string[] = [];
    hub.on("ring", ({ count }) => void heard.push(`first ${count}`));
    hub.on("ring", ({ count }) => void heard.push(`second ${count}`));
    void hub.emit("ring", { count: 1 });
    expect(heard).toEqual(["first 1", "second 1"]);
  });

  it("calls the others when one throws, and reports it", () => {
    const { hub, faults } = makeHub();
    const heard: number[] = [];
    hub.on("ring", () => {
      throw new Error("broken");
    });
    hub.on("ring", () => void heard.push(1));
    void hub.emit("ring", { count: 1 });
    expect(heard).toEqual([1]);
    expect(faults).toEqual([{ code: "HOOK_THREW", event: "ring", message: "broken" }]);
  });

  it("reports a listener that rejects", async () => {
    const { hub, faults } = makeHub();
    hub.on("ring", async () => {
      throw new Error("rejected");
    });
    await hub.emit("ring", { count: 1 });
    expect(faults).toEqual([{ code: "HOOK_THREW", event: "ring", message: "rejected" }]);
  });

  it("takes the time of every listener, however it ends, once", async () => {
    const clock = virtualClock();
    const timings: HookTiming[] = [];
    const onTiming = (timing: HookTiming) => void timings.push(timing);
    const hub = new EventHub<Events>({ clock, deadlineMs: 1_000, onFault: () => {}, onTiming });
    hub.on("ring", () => {});
    hub.on("ring", () => {
      throw new Error("broken");
    });
    hub.on(
      "ring",
      () => new Promise<void>((resolve) => void clock.setTimeout(() => resolve(), 250)),
    );
    hub.on(
      "ring",
      () => new Promise<void>((resolve) => void clock.setTimeout(() => resolve(), 5_000)),
    );
    await clock.runUntil(hub.emit("ring", { count: 1 }));
    await clock.advanceBy(10_000);
    expect(timings).toEqual([
      { event: "ring", tookMs: 0, result: "settled" },
      { event: "ring", tookMs: 0, result: "threw" },
      { event: "ring", tookMs: 250, result: "settled" },
      { event: "ring", tookMs: 1_000, result: "timed_out" },
    ]);
  });

  it("is not hurt by whoever takes the time", async () => {
    const clock = virtualClock();
    const onTiming = () => {
      throw new Error("no stopwatch");
    };
    const faults: HookFault[] = [];
    const onFault = (fault: HookFault) => void faults.push(fault);
    const hub = new EventHub<Events>({ clock, deadlineMs: 1_000, onFault, onTiming });
    hub.on("ring", async () => {});
    hub.on("ring", () => {});
    await clock.runUntil(hub.emit("ring", { count: 1 }));
    expect(faults).toEqual([]);
  });

  it("waits for async listeners, but for a hanging one only until the deadline", async () => {
    const { hub, faults, clock } = makeHub();
    hub.on("ring", () => new Promise(() => {}));
    const emitted = hub.emit("ring", { count: 1 });
    await clock.runUntil(emitted);
    expect(clock.nowMs()).toBe(1_000);
    expect(faults.map(({ code }) => code)).toEqual(["HOOK_TIMED_OUT"]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("reports what cannot even be put into words", () => {
    const { hub, faults } = makeHub();
    hub.on("ring", () => {
      throw Object.create(null);
    });
    void hub.emit("ring", { count: 1 });
    expect(faults).toMatchObject([{ code: "HOOK_THREW" }]);
  });

  it("reports a thenable that throws where a promise would reject", async () => {
    const { hub, faults } = makeHub();
    const broken = {
      // biome-ignore lint/suspicious/noThenProperty: a broken thenable is what this is about.
      then() {
        throw new Error("broken thenable");
      },
    };
    hub.on("ring", () => broken);
    await hub.emit("ring", { count: 1 });
    expect(faults).toMatchObject([{ code: "HOOK_THREW", message: "broken thenable" }]);
  });

  it("survives a reporter that throws", () => {
    const { hub } = makeHub(() => {
      throw new Error("the reporter is broken, too");
    });
    const heard: number[] = [];
    hub.on("ring", () => {
      throw new Error("broken");
    });
    hub.on("ring", () => void heard.push(1));
    void hub.emit("ring", { count: 1 });
    expect(heard).toEqual([1]);
  });

  it("forgets a listener that was taken off, and calls a once listener once", () => {
    const { hub } = makeHub();
    const heard: number[] = [];
    const off = hub.on("ring", () => void heard.push(1));
    hub.once("ring", () => void heard.push(10));
    void hub.emit("ring", { count: 1 });
    off();
    void hub.emit("ring", { count: 2 });
    expect(heard).toEqual([1, 10]);
  });

  it("leaves no timer behind when it is closed", () => {
    const { hub, clock } = makeHub();
    hub.on("ring", () => new Promise(() => {}));
    void hub.emit("ring", { count: 1 });
    hub.close();
    expect(clock.pendingTimers).toBe(0);
  });
});
