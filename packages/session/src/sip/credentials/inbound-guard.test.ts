import { describe, expect, it } from "vitest";
import { virtualClock } from "../../testing/fake-clock.js";
import { InboundGuard } from "./inbound-guard.js";

describe("InboundGuard", () => {
  it("admits the networks it is told, and nobody else", () => {
    const guard = new InboundGuard(
      { allow: ["192.0.2.1", "198.51.100.0/24", "2001:db8::/32"] },
      virtualClock(),
    );
    for (const address of ["192.0.2.1", "198.51.100.77", "2001:db8::5"])
      expect(guard.admits(address)).toBe(true);
    for (const address of ["192.0.2.2", "10.0.0.1", "2001:db9::5", "::ffff:10.0.0.1"])
      expect(guard.admits(address)).toBe(false);
  });

  it("admits everybody when told nothing", () => {
    expect(new InboundGuard({}, virtualClock()).admits("203.0.113.9")).toBe(true);
  });

  it.each(["x", "192.0.2.0/33", "192.0.2.0/-1", "2001:db8::/129"])("says no to %j", (entry) => {
    expect(() => new InboundGuard({ allow: [entry] }, virtualClock())).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION" }),
    );
  });

  it("is busy at its limit", () => {
    const guard = new InboundGuard({ maxCalls: 2 }, virtualClock());
    expect(guard.refusal(1)).toBeUndefined();
    expect(guard.refusal(2)).toEqual({ status: 486 });
  });

  it("is overloaded only for as long as calls come too fast", async () => {
    const clock = virtualClock();
    const guard = new InboundGuard({ maxCallsPerSecond: 2 }, clock);
    const refused = () => guard.refusal(0)?.status;
    expect([refused(), refused(), refused()]).toEqual([undefined, undefined, 503]);
    await clock.advanceBy(1_000);
    expect(refused()).toBeUndefined();
  });
});
