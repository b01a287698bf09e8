import type { HeardFrame } from "@offhook/session/vocabulary";
import type { Detector } from "./detector.js";
import type { StandingReport } from "./fusion.js";
import { Seat, type SeatHost, SLOW_MS } from "./seat.js";
import type { Hop } from "./signal/heard-audio.js";

/** After a slow frame, each detector is timed by itself for so many frames. */
const TIMED_FRAMES = 200;
/**
 * To read the clock costs as much as a small detector, so only every seventh frame or so is timed: at
 * uneven distances of 4 to 11, so that whoever is slow every so often is met all the same.
 */
const LEAST_BETWEEN = 3;
const DISTANCES = 8;

export type SeatsHost = Omit<SeatHost, "onListening">;

/** All detectors of a panel: who is fed with what, and which of them is slow. */
export class Seats {
  private readonly stopwatch: () => number;
  private all: readonly Seat[] = [];
  /** Those that want every frame, and every step: most want neither. */
  private ofFrames: readonly Seat[] = [];
  private ofHops: readonly Seat[] = [];
  private timedFramesLeft = 0;
  private untimedLeft = 0;
  private drawn = 1;
  private frameStartedMs = Number.NaN;

  /** `stopwatch` tells real milliseconds. */
  constructor(detectors: readonly Detector[], host: SeatsHost, stopwatch: () => number) {
    this.stopwatch = stopwatch;
    const onListening = () => this.findListeners();
    this.all = detectors.map((detector) => new Seat(detector, { ...host, onListening }));
    this.findListeners();
  }

  get reports(): StandingReport[] {
    return this.all.flatMap(({ name, report }) => (report ? [{ detector: name, report }] : []));
  }

  forgetReports(): void {
    for (const seat of this.all) seat.report = undefined;
  }

  /** Work on a frame begins, and is done: what happens in between is timed, now and then. */
  beginFrame(): void {
    const isTimed = this.timedFramesLeft > 0 || this.untimedLeft-- === 0;
    this.frameStartedMs = isTimed ? this.stopwatch() : Number.NaN;
    if (!isTimed) return;
    // A linear congruential generator: the same for every panel, and in step with nothing.
    this.drawn = (Math.imul(this.drawn, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    this.untimedLeft = LEAST_BETWEEN + ((this.drawn >>> 16) % DISTANCES);
  }

  endFrame(): void {
    if (Number.isNaN(this.frameStartedMs)) return;
    if (this.stopwatch() - this.frameStartedMs > SLOW_MS) this.timedFramesLeft = TIMED_FRAMES;
    else if (this.timedFramesLeft > 0) this.timedFramesLeft--;
  }

  // Fifty times a second each: no closure, no allocation.

  frame(frame: HeardFrame): void {
    const { ofFrames } = this;
    if (this.timedFramesLeft > 0) this.timeFrame(frame);
    else for (let index = 0; index < ofFrames.length; index++) ofFrames[index]?.frame(frame);
  }

  hop(hop: Hop): void {
    const { ofHops } = this;
    if (this.timedFramesLeft > 0) this.timeHop(hop);
    else for (let index = 0; index < ofHops.length; index++) ofHops[index]?.hop(hop);
  }

  each(visit: (seat: Seat) => void): void {
    if (this.timedFramesLeft > 0) this.time(this.all, visit);
    else for (const seat of this.all) visit(seat);
  }

  /** The verdict will not change any more. */
  closeDone(): void {
    const done = this.all.filter((seat) => seat.doneOnceFinal);
    this.all = this.all.filter((seat) => !seat.doneOnceFinal);
    for (const seat of done) seat.close();
    this.findListeners();
  }

  close(): void {
    for (const seat of this.all) seat.close();
  }

  // Apart from their callers: what a closure holds is allocated whenever the function around it
  // is entered, whether the closure is made or not.
  private timeFrame(frame: HeardFrame): void {
    this.time(this.ofFrames, (seat) => seat.frame(frame));
  }

  private timeHop(hop: Hop): void {
    this.time(this.ofHops, (seat) => seat.hop(hop));
  }

  private time(seats: readonly Seat[], visit: (seat: Seat) => void): void {
    for (const seat of seats) {
      const startedMs = this.stopwatch();
      visit(seat);
      seat.took(this.stopwatch() - startedMs);
    }
  }

  private findListeners(): void {
    this.ofFrames = this.all.filter((seat) => seat.hearsFrames);
    this.ofHops = this.all.filter((seat) => seat.hearsHops);
  }
}
