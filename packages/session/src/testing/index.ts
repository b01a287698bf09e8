/** Doubles for tests, yours and ours: virtual time, a simulated carrier, a real one on loopback. */
export type { RunUntilOptions, VirtualClock, VirtualClockOptions } from "./fake-clock.js";
export { virtualClock } from "./fake-clock.js";
