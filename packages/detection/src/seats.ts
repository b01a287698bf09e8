import type { HeardFrame } from "@offhook/session/vocabulary";
import type { Detector } from "./detector.js";
import type { StandingReport } from "./fusion.js";
import { Seat, type SeatHost, SLOW_MS } from "./seat.js";
import type { Hop } from "./signal/heard-audio.js";

/** After a slow frame, each detector is timed by itself for so many frames. */
const TIMED_FRAMES = 200;
/** To read the clock costs as much as a small detector, and what is slow is slow more than once. */
const TIMED_EVERY_FRAMES = 4;

export type SeatsHost = Omit<SeatHost, "onListening">;

/** All detectors of a panel: who is fed with what, and which of them is slow. */
export class Seats {
  private readonly stopwatch: () => number;
  private all: readonly Seat[] = [];
  /** Those that want every frame, and every step: most want neither. */
  private ofFrames: readonly Seat[] = [];
  private ofHops: readonly Seat[] = [];
  private timedFramesLeft = 0;
  private untimedFrames = 0;
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
    const isTimed = this.timedFramesLeft > 0 || ++this.untimedFrames >= TIMED_EVERY_FRAMES;
    this.frameStartedMs = isTimed ? this.stopwatch() : Number.NaN;
    if (isTimed) this.untimedFrames = 0;
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
