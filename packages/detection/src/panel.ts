import type {
  CallDirection,
  CallSignal,
  Clock,
  HeardFrame,
  Verdict,
} from "@offhook/session/vocabulary";
import { DeadAir, type DeadAirOptions } from "./dead-air.js";
import type { Detector, DetectorCall, DetectorProfile, DetectorReport } from "./detector.js";
import { evidenceOf, fuse } from "./fusion.js";
import { Seat, SLOW_MS } from "./seat.js";
import { FrontEnd } from "./signal/front-end.js";
import type { Hop } from "./signal/heard-audio.js";
import { PowerSpectrum } from "./signal/power-spectrum.js";
import { SignalPriors } from "./signal-priors.js";

/** What the panel must know about the call it serves. */
export interface PanelCall {
  readonly callId: string;
  readonly direction: CallDirection;
  /** Default: 3,000 to 45,000 ms of ringing, instant 480 means unreachable. */
  readonly profile?: Partial<DetectorProfile>;
  /** `clock.nowMs()` when the call was created; default: now. */
  readonly createdAtMs?: number;
}

/** A detector that threw or was too slow; it is out for the rest of this call. */
export interface DetectorFault {
  readonly code: "DETECTOR_FAILED";
  readonly detector: string;
  /** `detector:<name>`, as a `CallFault` has it. */
  readonly where: string;
  readonly message: string;
  readonly cause: unknown;
  readonly atMs: number;
}

/** One report as it came, and the verdict it led to, if it changed the standing one. */
export interface LedgerEntry {
  readonly atMs: number;
  readonly detector: string;
  readonly report: DetectorReport;
  readonly verdict?: Verdict;
}

export interface PanelOptions {
  readonly detectors: readonly Detector[];
  readonly clock: Clock;
  readonly call: PanelCall;
  /** Each new standing verdict, and each beep as it passes; always synchronously. */
  readonly onVerdict: (verdict: Verdict) => void;
  readonly onFault?: (fault: DetectorFault) => void;
  /** What to assume when nothing was decided in time; `false` for nothing. */
  readonly deadAir?: DeadAirOptions | false;
  /**
   * Where spectra are made. One for all panels of a thread saves each the way to memory of its own,
   * which is a large part of what a step costs where there are many calls. Default: the panel's own.
   */
  readonly spectrum?: PowerSpectrum;
  /** Real milliseconds, to find slow detectors. */
  readonly stopwatch?: () => number;
}

export interface Panel {
  onSignal(signal: CallSignal): void;
  onFrame(frame: HeardFrame): void;
  /** Tells when our own side starts and stops being heard by the callee. */
  onAgentSpeech(active: boolean): void;
  /** Speech of the callee starts or has ended; returns its unsubscribe. */
  onVoice(listener: (active: boolean, atMs: number) => void): () => void;
  /** What picked up, as far as is known. A final verdict stands until the phase changes. */
  readonly verdict: Verdict | undefined;
  readonly ledger: readonly LedgerEntry[];
  /** Idempotent. Nothing is reported afterwards. */
  close(): void;
}

type VoiceListener = (active: boolean, atMs: number) => void;

const LEDGER_LIMIT = 1_000;
const MEASURED_FEEDS = 200;
/** To read the clock costs as much as a small detector, and what is slow is slow more than once. */
const TIMED_EVERY_FRAMES = 4;
const UNHEARD_LIMIT = 10;

/** Feeds many detectors, combines what they say and keeps the books. One per call. */
export function createPanel(options: PanelOptions): Panel {
  return new CallPanel(options);
}

class CallPanel implements Panel {
  verdict: Verdict | undefined;
  readonly ledger: LedgerEntry[] = [];
  private readonly options: PanelOptions;
  private readonly frontEnd: FrontEnd;
  private seats: readonly Seat[] = [];
  /** Those that want every frame, and every step: most of a panel wants neither. */
  private frameSeats: readonly Seat[] = [];
  private hopSeats: readonly Seat[] = [];
  private readonly priors: SignalPriors;
  private readonly deadAir: DeadAir | undefined;
  private unheardFor: readonly string[] = [];
  private voiceListeners: readonly VoiceListener[] = [];
  private readonly stopwatch: () => number;
  private readonly call: SeenCall;
  private feeding = 0;
  private dirty = false;
  private measuring = 0;
  private untimedFrames = 0;
  private closed = false;
  private readonly elapsedMs: () => number;

  constructor(options: PanelOptions) {
    const { clock, call, detectors, deadAir } = options;
    this.options = options;
    this.stopwatch = options.stopwatch ?? (() => performance.now());
    const createdAtMs = call.createdAtMs ?? clock.nowMs();
    this.elapsedMs = () => clock.nowMs() - createdAtMs;
    this.frontEnd = new FrontEnd(
      {
        onHop: (hop) => this.hop(hop),
        onVoice: (active, atMs) => this.voice(active, atMs),
        onUtterance: (utterance) => this.each((seat) => seat.utterance(utterance)),
        onTone: (tone) => this.each((seat) => seat.tone(tone)),
      },
      clock,
      this.elapsedMs,
      options.spectrum ?? new PowerSpectrum(),
    );
    this.call = seenCall(call, this.elapsedMs);
    this.priors = new SignalPriors(this.call.profile);
    this.deadAir =
      deadAir === false
        ? undefined
        : new DeadAir(deadAir ?? {}, this.frontEnd.deadlines, (verdict) => this.assume(verdict));
    this.seats = detectors.map(
      (detector) =>
        new Seat(detector, {
          clock,
          call: this.call,
          frontEnd: this.frontEnd,
          onReport: (seat, report) => this.reported(seat, report),
          onDropped: (seat, cause) => this.faulted(seat, cause),
          onListening: () => this.findListeners(),
        }),
    );
    this.findListeners();
  }

  onSignal(signal: CallSignal): void {
    if (this.closed) return;
    this.feed(() => {
      if (signal.type === "answered") this.answered(signal.atMs);
      this.priors.onSignal(signal);
      if (signal.type === "far_side_ended" || signal.type === "dialog_lost") this.frontEnd.end();
      this.each((seat) => seat.signal(signal));
      if (ENDS_CALL.has(signal.type)) this.deadAir?.close();
    });
  }

  onFrame(frame: HeardFrame): void {
    if (this.closed) return;
    this.feeding++;
    if (this.measuring === 0 && ++this.untimedFrames < TIMED_EVERY_FRAMES) this.take(frame);
    else this.takeTimed(frame);
    this.fed();
  }

  private takeTimed(frame: HeardFrame): void {
    this.untimedFrames = 0;
    const startedMs = this.stopwatch();
    this.take(frame);
    if (this.stopwatch() - startedMs > SLOW_MS) this.measuring = MEASURED_FEEDS;
    else if (this.measuring > 0) this.measuring--;
  }

  private take(frame: HeardFrame): void {
    if (frame.phase === "active" && this.call.answeredAtMs === undefined) this.answered(frame.atMs);
    if (this.measuring > 0) this.measureFrame(frame);
    else
      for (let index = 0; index < this.frameSeats.length; index++)
        this.frameSeats[index]?.frame(frame);
    try {
      this.frontEnd.push(frame);
    } catch (error) {
      this.unheard(error);
    }
  }

  onAgentSpeech(active: boolean): void {
    if (this.closed) return;
    const atMs = this.elapsedMs();
    this.feed(() => {
      this.deadAir?.onAgentSpeech();
      this.each((seat) => seat.agentSpeech(active, atMs));
    });
  }

  onVoice(listener: (active: boolean, atMs: number) => void): () => void {
    const others = () => this.voiceListeners.filter((other) => other !== listener);
    this.voiceListeners = others().concat(listener);
    return () => {
      this.voiceListeners = others();
    };
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.deadAir?.close();
    for (const seat of this.seats) seat.close();
    this.frontEnd.close();
    this.voiceListeners = [];
  }

  /** Feeds every detector first and decides then, so that their order does not matter. */
  private feed(work: () => void): void {
    this.feeding++;
    work();
    this.fed();
  }

  private fed(): void {
    if (--this.feeding === 0 && this.dirty) this.decide();
  }

  private each(visit: (seat: Seat) => void): void {
    this.visit(this.seats, visit);
  }

  private visit(seats: readonly Seat[], visit: (seat: Seat) => void): void {
    if (this.measuring === 0) {
      for (const seat of seats) visit(seat);
      return;
    }
    for (const seat of seats) {
      const startedMs = this.stopwatch();
      visit(seat);
      seat.took(this.stopwatch() - startedMs);
    }
  }

  /** Fifty times a second: no closure, no allocation. */
  private hop(hop: Hop): void {
    if (this.measuring > 0) this.measureHop(hop);
    else for (let index = 0; index < this.hopSeats.length; index++) this.hopSeats[index]?.hop(hop);
  }

  // Apart from their callers: what a closure holds is allocated whenever the function around it
  // is entered, whether the closure is made or not.
  private measureFrame(frame: HeardFrame): void {
    this.visit(this.frameSeats, (seat) => seat.frame(frame));
  }

  private measureHop(hop: Hop): void {
    this.visit(this.hopSeats, (seat) => seat.hop(hop));
  }

  private findListeners(): void {
    this.frameSeats = this.seats.filter((seat) => seat.hearsFrames);
    this.hopSeats = this.seats.filter((seat) => seat.hearsHops);
  }

  /** The verdict will not change any more. */
  private closeDone(): void {
    const done = this.seats.filter((seat) => seat.doneOnceFinal);
    this.seats = this.seats.filter((seat) => !seat.doneOnceFinal);
    for (const seat of done) seat.close();
    this.findListeners();
  }

  private answered(atMs: number): void {
    if (this.call.answeredAtMs !== undefined || !Number.isFinite(atMs)) return;
    this.call.answeredAtMs = atMs;
    this.frontEnd.answered();
    // What was heard before answer was the network's or a greeting's; a new party speaks now.
    for (const seat of this.seats) seat.report = undefined;
    this.verdict = undefined;
    this.deadAir?.onAnswer(atMs);
  }

  private voice(active: boolean, atMs: number): void {
    this.deadAir?.onVoice(active, atMs);
    this.each((seat) => seat.voice(active, atMs));
    for (const listener of this.voiceListeners) listener(active, atMs);
  }

  private reported(seat: Seat, report: DetectorReport): void {
    if (this.closed) return;
    if (this.ledger.length === LEDGER_LIMIT) this.ledger.shift();
    this.ledger.push({ atMs: this.nowMs(), detector: seat.name, report });
    if (report.label === "beep") this.pass(seat, report);
    this.dirty = true;
    if (this.feeding === 0) this.decide();
  }

  /**
   * A beep is a moment, not a party: it is told as it passes, and from then on speaks for
   * voicemail, which is told after it so that the last verdict given is what picked up.
   */
  private pass(seat: Seat, report: DetectorReport): void {
    seat.report = { ...report, label: "voicemail", kind: "beep_heard" };
    this.announce({
      ...this.stamp(),
      label: report.label,
      ...(report.kind === undefined ? {} : { kind: report.kind }),
      confidence: report.confidence,
      provisional: report.provisional ?? false,
      detector: seat.name,
      evidence: [evidenceOf(report)],
      ...(report.runnerUp ? { runnerUp: report.runnerUp } : {}),
    });
  }

  private decide(): void {
    this.dirty = false;
    const standing = this.verdict;
    if (standing && !standing.provisional) return;
    const reports = this.seats.flatMap(({ name, report }) =>
      report ? [{ detector: name, report }] : [],
    );
    const fused = fuse(reports, this.priors.current);
    if (!fused) return;
    const same =
      standing?.label === fused.label &&
      standing.kind === fused.kind &&
      standing.provisional === fused.provisional;
    const verdict: Verdict = { ...fused, ...this.stamp() };
    this.verdict = verdict;
    if (!same) this.announce(verdict);
    if (!verdict.provisional && this.call.answeredAtMs !== undefined) this.closeDone();
  }

  /** The default at the end of the dead-air budget; any detector's word replaces it. */
  private assume(verdict: Omit<Verdict, "atMs" | "phase">): void {
    if (this.closed || this.verdict) return;
    this.verdict = { ...verdict, ...this.stamp() };
    this.announce(this.verdict);
  }

  private announce(verdict: Verdict): void {
    const last = this.ledger.at(-1);
    if (last) this.ledger[this.ledger.length - 1] = { ...last, verdict };
    try {
      this.options.onVerdict(verdict);
    } catch (error) {
      // The listener's own defect; no detector is to blame, and the call goes on.
      this.fault("panel-listener", error);
    }
  }

  private stamp(): Pick<Verdict, "atMs" | "phase"> {
    const phase = this.call.answeredAtMs === undefined ? "before_answer" : "after_answer";
    return { atMs: this.nowMs(), phase };
  }

  private nowMs(): number {
    return Math.round(Math.max(this.elapsedMs(), this.frontEnd.nowMs));
  }

  /** A frame that cannot be analysed. Told once for each reason, as all that follow may be alike. */
  private unheard(cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (this.unheardFor.includes(reason) || this.unheardFor.length === UNHEARD_LIMIT) return;
    this.unheardFor = this.unheardFor.concat(reason);
    this.tell("front-end", `audio was not heard: ${reason}`, cause);
  }

  private faulted(seat: Seat, cause: unknown): void {
    this.fault(seat.name, cause);
    this.dirty = true;
  }

  private fault(detector: string, cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.tell(detector, `detector ${detector} was dropped for this call: ${reason}`, cause);
  }

  private tell(detector: string, message: string, cause: unknown): void {
    this.options.onFault?.({
      code: "DETECTOR_FAILED",
      detector,
      where: `detector:${detector}`,
      message,
      cause,
      atMs: this.nowMs(),
    });
  }
}

/**
 * The call as its detectors see it. Written to rather than read through a getter: an object literal
 * with one has a hidden class of its own, and the garbage collector's quick rounds take what that
 * leads to, the whole call, for alive.
 */
type SeenCall = { -readonly [Key in keyof DetectorCall]: DetectorCall[Key] };

function seenCall(
  { callId, direction, profile = {} }: PanelCall,
  elapsedMs: () => number,
): SeenCall {
  return {
    callId,
    direction,
    profile: {
      voicemailRing: profile.voicemailRing ?? { minMs: 3_000, maxMs: 45_000 },
      instant480: profile.instant480 ?? "user_unreachable",
    },
    answeredAtMs: undefined,
    elapsedMs,
  };
}

const ENDS_CALL: ReadonlySet<string> = new Set([
  "rejected",
  "unanswered",
  "far_side_ended",
  "dialog_lost",
  "media_failed",
]);
