import type { CallSignal, HeardFrame } from "@offhook/session/vocabulary";
import type { Detector, DetectorInstance, DetectorReport } from "../detector.js";
import { createPanel, type DetectorFault } from "../panel.js";
import { VirtualClock } from "../replay/virtual-clock.js";

/** What a detector did while it was fed. */
export interface Fed {
  readonly reports: readonly DetectorReport[];
  readonly faults: readonly DetectorFault[];
  /** Timers of the call's clock that were still armed after close. */
  readonly timersLeft: number;
  readonly lateReports: number;
  /** What the contract does not allow and no test of the outcome would notice. */
  readonly misuse: readonly string[];
}

/** Feeds one call to a detector by hand, frame by frame, and watches its manners. */
export function feed(
  detector: Detector,
  frames: readonly HeardFrame[],
  signals: readonly CallSignal[] = [],
): Fed {
  const clock = new VirtualClock();
  const reports: DetectorReport[] = [];
  const faults: DetectorFault[] = [];
  const misuse = new Set<string>();
  let closed = false;
  let lateReports = 0;
  const watched: Detector = {
    name: detector.name,
    create: (context) =>
      withManners(
        detector.create({
          ...context,
          report: (report) => {
            if (closed) lateReports++;
            reports.push(report);
            context.report(report);
          },
        }),
        misuse,
      ),
  };
  const timersLeft = withoutGlobalTimers(misuse, () => {
    const panel = createPanel({
      detectors: [watched],
      clock,
      call: { callId: "contract", direction: "outbound" },
      onVerdict: () => {},
      onFault: (fault) => faults.push(fault),
      deadAir: false,
    });
    for (const signal of signals) panel.onSignal(signal);
    for (const frame of frames) {
      clock.advanceTo(Math.max(clock.nowMs(), frame.atMs));
      panel.onFrame(frame);
    }
    panel.close();
    closed = true;
    const left = clock.pending;
    clock.advanceTo(clock.nowMs() + 60_000);
    return left;
  });
  return { reports, faults, timersLeft, lateReports, misuse: [...misuse] };
}

const METHODS = ["onSignal", "onFrame", "onAgentSpeech", "close"] as const;

/** The same instance, with each of its methods watched for what it returns. */
function withManners(instance: DetectorInstance, misuse: Set<string>): DetectorInstance {
  if (typeof instance !== "object" || instance === null) {
    misuse.add("create() returned no object");
    return {};
  }
  const watched: Record<string, unknown> = {};
  for (const name of METHODS) {
    const method: unknown = instance[name];
    if (typeof method !== "function") continue;
    watched[name] = (...given: readonly unknown[]) => {
      const returned: unknown = method.apply(instance, given);
      if (!(returned instanceof Promise)) return;
      returned.catch(() => {});
      misuse.add(`${name}() returned a promise; it must be done when it returns`);
    };
  }
  return watched;
}

const TIMERS = ["setTimeout", "setInterval", "setImmediate"] as const;

/** Lets nobody start a timer of the process meanwhile: those know nothing of the call's time. */
function withoutGlobalTimers<Result>(misuse: Set<string>, work: () => Result): Result {
  const real = TIMERS.map((name) => [name, globalThis[name]] as const);
  try {
    for (const [name] of real)
      Object.assign(globalThis, {
        [name]: () => {
          misuse.add(`${name}() was used; take the context's clock, or audio.at()`);
          return undefined;
        },
      });
    return work();
  } finally {
    Object.assign(globalThis, Object.fromEntries(real));
  }
}
