import type {
  CallDirection,
  CallSignal,
  Clock,
  HeardFrame,
  Verdict,
} from "@offhook/session/vocabulary";
import { DeadAir, type DeadAirOptions } from "./dead-air.js";
import type { Detector, DetectorProfile, DetectorReport } from "./detector.js";
import { evidenceOf, fuse } from "./fusion.js";
import type { Seat } from "./seat.js";
import { Seats } from "./seats.js";
import { type SeenCall, seenCall } from "./seen-call.js";
import { FrontEnd } from "./signal/front-end.js";
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
   * which is a large part of what a step costs where there are many calls; what a detector sees in a
   * step is there for that step alone. Default: the panel's own.
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
  private readonly seats: Seats;
  private readonly priors: SignalPriors;
  private readonly deadAir: DeadAir | undefined;
  private unheardFor: readonly string[] = [];
  private voiceListeners: readonly VoiceListener[] = [];
  private readonly call: SeenCall;
  private feeding = 0;
  private dirty = false;
  private closed = false;
  private readonly elapsedMs: () => number;

  constructor(options: PanelOptions) {
    const { clock, call, detectors, deadAir } = options;
    this.options = options;
    const createdAtMs = call.createdAtMs ?? clock.nowMs();
    this.elapsedMs = () => clock.nowMs() - createdAtMs;
    this.frontEnd = new FrontEnd(
      {
        onHop: (hop) => this.seats.hop(hop),
        onVoice: (active, atMs) => this.voice(active, atMs),
        onUtterance: (utterance) => this.seats.each((seat) => seat.utterance(utterance)),
        onTone: (tone) => this.seats.each((seat) => seat.tone(tone)),
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
    // A detector may report while it is made.
    this.feeding++;
    this.seats = new Seats(
      detectors,
      {
        clock,
        call: this.call,
        frontEnd: this.frontEnd,
        onReport: (seat, report) => this.reported(seat, report),
        onDropped: (seat, cause) => this.faulted(seat, cause),
      },
      options.stopwatch ?? (() => performance.now()),
    );
    this.fed();
  }

  onSignal(signal: CallSignal): void {
    if (this.closed) return;
    this.feed(() => {
      if (signal.type === "answered") this.answered(signal.atMs);
      this.priors.onSignal(signal);
      if (signal.type === "far_side_ended" || signal.type === "dialog_lost") this.frontEnd.end();
      this.seats.each((seat) => seat.signal(signal));
      if (ENDS_CALL.has(signal.type)) this.deadAir?.close();
    });
  }

  onFrame(frame: HeardFrame): void {
    if (this.closed) return;
    this.feeding++;
    this.seats.beginFrame();
    if (frame.phase === "active" && this.call.answeredAtMs === undefined) this.answered(frame.atMs);
    this.seats.frame(frame);
    try {
      this.frontEnd.push(frame);
    } catch (error) {
      this.unheard(error);
    }
    this.seats.endFrame();
    this.fed();
  }

  onAgentSpeech(active: boolean): void {
    if (this.closed) return;
    const atMs = this.elapsedMs();
    this.feed(() => {
      this.deadAir?.onAgentSpeech();
      this.seats.each((seat) => seat.agentSpeech(active, atMs));
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
    this.seats.close();
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

  private answered(atMs: number): void {
    if (this.call.answeredAtMs !== undefined || !Number.isFinite(atMs)) return;
    this.call.answeredAtMs = atMs;
    this.frontEnd.answered();
    // What was heard before answer was the network's or a greeting's; a new party speaks now.
    this.seats.forgetReports();
    this.verdict = undefined;
    this.deadAir?.onAnswer(atMs);
  }

  private voice(active: boolean, atMs: number): void {
    this.deadAir?.onVoice(active, atMs);
    this.seats.each((seat) => seat.voice(active, atMs));
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
    const fused = fuse(this.seats.reports, this.priors.current);
    if (!fused) return;
    const same =
      standing?.label === fused.label &&
      standing.kind === fused.kind &&
      standing.provisional === fused.provisional;
    const verdict: Verdict = { ...fused, ...this.stamp() };
    this.verdict = verdict;
    if (!same) this.announce(verdict);
    // Whoever was told may have answered the call in the meantime: another party speaks then.
    const stands = this.verdict === verdict && this.call.answeredAtMs !== undefined;
    if (stands && !verdict.provisional) this.seats.closeDone();
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
      this.tell("panel-listener", `a listener of verdicts threw: ${messageOf(error)}`, error);
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
    const reason = messageOf(cause);
    if (this.unheardFor.includes(reason) || this.unheardFor.length === UNHEARD_LIMIT) return;
    this.unheardFor = this.unheardFor.concat(reason);
    this.tell("front-end", `audio was not heard: ${reason}`, cause);
  }

  private faulted({ name }: Seat, cause: unknown): void {
    this.tell(name, `detector ${name} was dropped for this call: ${messageOf(cause)}`, cause);
    this.dirty = true;
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

const ENDS_CALL: ReadonlySet<string> = new Set([
  "rejected",
  "unanswered",
  "far_side_ended",
  "dialog_lost",
  "media_failed",
]);

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
