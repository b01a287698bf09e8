import { kernelDrops } from "./kernel-drops.js";
import { type LoadSample, OverloadGuard } from "./overload.js";

/** What should have come to a leg, and what never did. */
interface Inbound {
  readonly expected: number;
  readonly lost: number;
}

/** Gathers what `OverloadGuard` judges a media thread by: its own lateness and what its legs lose. */
export class ThreadLoad {
  private readonly guard: OverloadGuard;
  private expectedBefore = 0;
  private lostBefore = 0;
  private dropsBefore: number | undefined;

  constructor(guard = new OverloadGuard()) {
    this.guard = guard;
  }

  get overloaded(): boolean {
    return this.guard.overloaded;
  }

  /** Takes the next second of all legs; true when `overloaded` has changed. */
  take(legs: readonly Inbound[], lateness: Pick<LoadSample, "ticks" | "lateTicks">): boolean {
    const expected = legs.reduce((sum, leg) => sum + leg.expected, 0);
    const lost = legs.reduce((sum, leg) => sum + leg.lost, 0);
    const drops = kernelDrops();
    const changed = this.guard.take({
      ...lateness,
      legs: legs.length,
      // Legs that ended take their counts with them.
      expectedPackets: Math.max(0, expected - this.expectedBefore),
      lostPackets: Math.max(0, lost - this.lostBefore),
      droppedByKernel: drops === undefined ? undefined : drops - (this.dropsBefore ?? drops),
    });
    this.dropsBefore = drops;
    this.expectedBefore = expected;
    this.lostBefore = lost;
    return changed;
  }

  /** Nothing is left to measure; true when `overloaded` has changed. */
  reset(): boolean {
    return this.guard.reset();
  }
}
