import { type Clock, systemClock } from "../../clock.js";

/** The longest wait that a peer on this machine needs, in ms. */
const LONG_MS = 600;

/** The system's clock, on which long waits take a hundredth: for tests of what ends by a timer. */
export function hurriedClock(): Clock {
  const clock = systemClock();
  return {
    ...clock,
    setTimeout: (callback, delayMs) =>
      clock.setTimeout(callback, delayMs < LONG_MS ? delayMs : delayMs / 100),
  };
}
