import type { CallSignal, Clock, HeardFrame } from "@offhook/session/vocabulary";
import type {
  Detector,
  DetectorCall,
  DetectorContext,
  DetectorInstance,
  DetectorReport,
} from "./detector.js";
import { DetectionError } from "./errors.js";
import { VERDICT_LABELS } from "./fusion.js";
import { type GuardedClock, guardClock } from "./guarded-clock.js";
import type { FrontEnd } from "./signal/front-end.js";
import type { HeardAudio, HeardTone, Hop, TalkLevels, Utterance } from "./signal/heard-audio.js";

/** Time a detector may take for one frame or signal before it counts as slow. */
export const SLOW_MS = 20;
/** Slow this often and it is dropped. Once may be the garbage collector's doing. */
const STRIKES = 3;

export interface SeatHost {
  readonly clock: Clock;
  readonly call: DetectorCall;
  readonly frontEnd: FrontEnd;
  onReport(seat: Seat, report: DetectorReport): void;
  onDropped(seat: Seat, cause: unknown): void;
  /** What it wants to be given with every frame or step has changed. */
  onListening(): void;
}

/** One detector's place at the panel: what it listens to, what it stands by, and its isolation. */
export class Seat {
  readonly name: string;
  readonly doneOnceFinal: boolean;
  /** What it stands by. */
  report: DetectorReport | undefined;
  private readonly host: SeatHost;
  private readonly clock: GuardedClock;
  private instance: DetectorInstance | undefined;
  private hopListener: ((hop: Hop) => void) | undefined;
  private voiceListener: ((active: boolean, atMs: number) => void) | undefined;
  private utteranceListener: ((utterance: Utterance) => void) | undefined;
  private toneListener: ((tone: HeardTone) => void) | undefined;
  private readonly cancels = new Set<() => void>();
  private dropped = false;
  private strikes = 0;

  constructor(detector: Detector, host: SeatHost) {
    this.name = detector.name;
    this.doneOnceFinal = detector.doneOnceFinal === true;
    this.host = host;
    this.clock = guardClock(host.clock, (callback) => this.guard(callback));
    this.guard(() => {
      this.instance = detector.create(this.context());
    });
  }

  get hearsFrames(): boolean {
    return this.instance?.onFrame !== undefined;
  }

  get hearsHops(): boolean {
    return this.hopListener !== undefined;
  }

  signal(signal: CallSignal): void {
    const { instance } = this;
    if (instance?.onSignal) this.guard(() => instance.onSignal?.(signal));
  }

  frame(frame: HeardFrame): void {
    if (!this.instance?.onFrame) return;
    try {
      watch(this, this.instance.onFrame(frame));
    } catch (error) {
      this.drop(error);
    }
  }

  agentSpeech(active: boolean, atMs: number): void {
    const { instance } = this;
    if (instance?.onAgentSpeech) this.guard(() => instance.onAgentSpeech?.(active, atMs));
  }

  hop(hop: Hop): void {
    if (!this.hopListener) return;
    try {
      this.hopListener(hop);
    } catch (error) {
      this.drop(error);
    }
  }

  voice(active: boolean, atMs: number): void {
    if (this.voiceListener) this.guard(() => this.voiceListener?.(active, atMs));
  }

  utterance(utterance: Utterance): void {
    if (this.utteranceListener) this.guard(() => this.utteranceListener?.(utterance));
  }

  tone(tone: HeardTone): void {
    if (this.toneListener) this.guard(() => this.toneListener?.(tone));
  }

  /** Something took this long in this detector. */
  took(durationMs: number): void {
    if (durationMs < SLOW_MS || ++this.strikes < STRIKES) return;
    this.drop(new DetectionError("DETECTOR_FAILED", `took ${Math.round(durationMs)} ms at once`));
  }

  drop(cause: unknown): void {
    if (this.dropped) return;
    this.close();
    this.report = undefined;
    this.host.onDropped(this, cause);
  }

  close(): void {
    if (this.dropped) return;
    this.dropped = true;
    const { instance } = this;
    this.instance = undefined;
    this.hopListener = undefined;
    this.voiceListener = undefined;
    this.utteranceListener = undefined;
    this.toneListener = undefined;
    this.host.onListening();
    this.clock.clearAll();
    for (const cancel of this.cancels) cancel();
    try {
      watch(this, instance?.close?.());
    } catch (error) {
      this.host.onDropped(this, error);
    }
  }

  private guard(work: () => unknown): void {
    if (this.dropped) return;
    try {
      watch(this, work());
    } catch (error) {
      this.drop(error);
    }
  }

  private context(): DetectorContext {
    const { frontEnd, call } = this.host;
    return {
      call,
      clock: this.clock,
      report: (report) => {
        if (this.dropped) return;
        checkReport(this.name, report);
        this.report = report;
        this.host.onReport(this, report);
      },
      audio: new SeatAudio(frontEnd, {
        onHop: (listener) => {
          this.hopListener = listener;
          this.host.onListening();
        },
        onVoice: (listener) => {
          this.voiceListener = listener;
        },
        onUtterance: (listener) => {
          this.utteranceListener = listener;
        },
        onTone: (listener) => {
          this.toneListener = listener;
        },
        at: (atMs, callback) => {
          if (this.dropped) return () => {};
          const cancel = frontEnd.deadlines.at(atMs, () => {
            this.cancels.delete(forget);
            this.guard(callback);
          });
          const forget = () => {
            this.cancels.delete(forget);
            cancel();
          };
          this.cancels.add(forget);
          return forget;
        },
      }),
    };
  }
}

type Listening = Omit<HeardAudio, "voiceActive" | "nowMs" | "talk">;

/** A class: a literal with getters would have a hidden class of its own, and keep the call with it. */
class SeatAudio implements HeardAudio {
  readonly onHop: Listening["onHop"];
  readonly onVoice: Listening["onVoice"];
  readonly onTone: Listening["onTone"];
  readonly onUtterance: Listening["onUtterance"];
  readonly at: Listening["at"];
  readonly talk: TalkLevels;
  private readonly frontEnd: FrontEnd;

  constructor(frontEnd: FrontEnd, listening: Listening) {
    this.frontEnd = frontEnd;
    this.talk = frontEnd.talk;
    this.onHop = listening.onHop;
    this.onVoice = listening.onVoice;
    this.onTone = listening.onTone;
    this.onUtterance = listening.onUtterance;
    this.at = listening.at;
  }

  get voiceActive(): boolean {
    return this.frontEnd.voiceActive;
  }

  get nowMs(): number {
    return this.frontEnd.nowMs;
  }
}

/** An async method breaks the contract quietly; its rejection must not end the process. */
function watch(seat: Seat, result: unknown): void {
  if (result instanceof Promise) result.catch((error: unknown) => seat.drop(error));
}

function checkReport(detector: string, report: DetectorReport): void {
  if (!VERDICT_LABELS.includes(report.label))
    throw new DetectionError("DETECTOR_FAILED", `${detector} reported label "${report.label}"`, {
      remedy: `Report one of ${VERDICT_LABELS.join(", ")}.`,
    });
  if (!(report.confidence >= 0 && report.confidence <= 1))
    throw new DetectionError(
      "DETECTOR_FAILED",
      `${detector} reported confidence ${report.confidence}`,
      { remedy: "Report a confidence from 0 to 1." },
    );
}
