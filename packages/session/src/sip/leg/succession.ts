import type { IncomingReferRequest, Session } from "sip.js/lib/core/index.js";
import type { LegSink, ReasonToSend } from "../../carrier.js";
import type { TimerHandle } from "../../clock.js";
import { maskNumber } from "../../logger.js";
import type { MediaLeg } from "../../media/call-audio.js";
import type { AnswerResponse, LegSignal, TransferProgress } from "../../vocabulary.js";
import type { Binding } from "../binding.js";
import { parseUri } from "../message/header-value.js";
import { CallDialog } from "./call-dialog.js";
import { withInfoDigits } from "./info-digits.js";
import type { LegMedia } from "./leg-media.js";
import type { LegSettings } from "./leg-settings.js";
import { ReceivedRefer } from "./received-refer.js";
import { type DialogName, readRefer } from "./refer.js";
import { contactOf } from "./renegotiation.js";
import type { Replaces } from "./replaces.js";

/** A leg that may take another's place; what a leg makes of it does not depend on who called whom. */
export interface Successor {
  readonly succession: Succession;
  release(): void;
  drop(): void;
}

/** Makes a leg that negotiates in `media` and tells `sink` what becomes of it. */
export type MakeSuccessor = (sink: LegSink, media: LegMedia, onOver: () => void) => Successor;

export interface SuccessionOptions {
  readonly settings: LegSettings;
  readonly media: LegMedia;
  readonly tell: (signal: LegSignal) => void;
  /** The last dialog is over. */
  readonly over: () => void;
  /** The far side was replaced before it had answered: this is its answer now. */
  readonly answeredInstead?: (answer: AnswerResponse) => void;
}

/** How long we call for the far side before its transfer has failed. */
const FOLLOW_MS = 60_000;
/** A REFER that nobody decides on is refused while its sender still waits (64·T1, RFC 3261 17.2.2). */
const DECIDE_MS = 20_000;
/** Who sent the REFER ends the old dialog (RFC 5589 6.1); we do, if it does not. */
const FAREWELL_MS = 5_000;

interface Candidate {
  leg?: Successor;
  readonly media: LegMedia;
  /** What it is to answer for, unless it came by itself with a Replaces. */
  readonly refer: ReceivedRefer | undefined;
}

/**
 * The dialogs of one leg, one after the other. The first is the one it was made for; a successor
 * takes its place when an accepted REFER reached somebody (RFC 5589 6), or when somebody took the
 * call over (Replaces, RFC 3891). The port, and with it all that is heard and said, stays the same.
 */
export class Succession {
  private readonly options: SuccessionOptions;
  private own: CallDialog | undefined;
  private ownEnded = false;
  /** How the first dialog ended while a candidate was still called. */
  private lastWord: LegSignal | undefined;
  private asked: ReceivedRefer | undefined;
  private refers = 0;
  private candidate: Candidate | undefined;
  private chosen: Candidate | undefined;
  private timer: TimerHandle | undefined;
  private askedTimer: TimerHandle | undefined;

  constructor(options: SuccessionOptions) {
    this.options = options;
  }

  /** The INVITE was accepted. */
  begin({
    binding,
    session,
    ownsCallId,
  }: {
    readonly binding: Binding;
    readonly session: Session;
    readonly ownsCallId: boolean;
  }): CallDialog {
    const { settings, media } = this.options;
    const own: CallDialog = new CallDialog({
      binding,
      session,
      ownsCallId,
      settings,
      media,
      emit: (signal) => this.tellOwn(signal),
      onEnded: () => this.endOwn(own),
      onRefer: (request) => this.receiveRefer(request, session, binding),
    });
    this.own = own;
    return own;
  }

  /** The dialog with whoever is the far side now. */
  get name(): DialogName | undefined {
    return this.successor ? this.successor.succession.name : this.own?.name;
  }

  /** The answered dialog of this very leg is the one that is named. */
  answersTo(name: Replaces): boolean {
    const own = this.ownEnded || this.successor ? undefined : this.own?.name;
    return (
      own?.callId === name.callId &&
      own.localTag === name.localTag &&
      own.remoteTag === name.remoteTag
    );
  }

  /** False where there is nothing to end yet. */
  bye(reason?: ReasonToSend): boolean {
    if (this.successor) return this.successor.succession.bye(reason);
    this.forgetCandidate();
    if (this.ownEnded) this.options.over();
    this.own?.bye(reason);
    return this.own !== undefined;
  }

  hold(held: boolean): void {
    if (this.successor) this.successor.succession.hold(held);
    else this.own?.hold(held);
  }

  /** False where there is nobody, or nobody who takes it. */
  async sendDigit(digit: string, durationMs: number): Promise<boolean> {
    if (this.successor) return this.successor.succession.sendDigit(digit, durationMs);
    return this.own?.sendDigit(digit, durationMs) ?? false;
  }

  /** The port as whoever speaks in it sees it: digits go the way that the trunk hears them. */
  spokenIn(port: MediaLeg): MediaLeg {
    const { clock, digitsByInfo } = this.options.settings;
    if (!digitsByInfo) return port;
    const send = (digit: string, durationMs: number) => this.sendDigit(digit, durationMs);
    return withInfoDigits(port, { clock, send });
  }

  refer(target: string, replaces?: DialogName): void {
    if (this.successor) this.successor.succession.refer(target, replaces);
    else this.own?.refer(target, replaces);
  }

  acceptTransfer(requestId: string): void {
    if (this.successor) return this.successor.succession.acceptTransfer(requestId);
    const refer = this.takeAsked(requestId);
    // Refused meanwhile, or overtaken by somebody with a Replaces.
    if (!refer)
      return this.options.tell({
        type: "transfer_followed",
        requestId,
        progress: { status: "failed" },
      });
    refer.accept();
    this.follow(refer, "accepted", 202);
    this.try(
      (sink, media, onOver) => this.options.settings.follow(refer.target, sink, media, onOver),
      refer,
    );
  }

  refuseTransfer(requestId: string, status: number): void {
    if (this.successor) this.successor.succession.refuseTransfer(requestId, status);
    else this.takeAsked(requestId)?.refuse(status);
  }

  /** Lets whoever comes with a Replaces take the far side's place. False while another one may. */
  replace(make: MakeSuccessor): boolean {
    if (this.candidate || this.successor) return false;
    this.try(make, undefined);
    return true;
  }

  /** Ends what is left, with nobody to tell. */
  release(): void {
    this.forgetCandidate();
    this.successor?.release();
    this.own?.bye();
  }

  /** The sockets are about to close: lets go of every timer. */
  drop(): void {
    const { clock } = this.options.settings;
    clock.clear(this.timer);
    clock.clear(this.askedTimer);
    this.candidate?.leg?.drop();
    this.successor?.drop();
    this.own?.drop();
  }

  private takeAsked(requestId: string): ReceivedRefer | undefined {
    const { asked } = this;
    if (asked?.requestId !== requestId) return undefined;
    this.options.settings.clock.clear(this.askedTimer);
    this.asked = undefined;
    return asked;
  }

  private receiveRefer(request: IncomingReferRequest, session: Session, binding: Binding): void {
    const { settings, tell } = this.options;
    const { message } = request;
    const target = readRefer(message.getHeaders("refer-to"), message.getHeader("referred-by"));
    if ("refusal" in target) return void request.reject({ statusCode: target.refusal });
    // One at a time: two callers in one place would talk to the same ear.
    if (this.asked || this.candidate) return void request.reject({ statusCode: 491 });
    this.refers += 1;
    const from = parseUri(session.localURI.toString())?.user;
    const requestId = `refer-${settings.random.hex(4)}`;
    const { logger, clock } = settings;
    this.asked = new ReceivedRefer({
      requestId,
      request,
      session,
      target: from === undefined ? target : { ...target, from },
      logger,
      contact: contactOf(binding),
      later: this.refers > 1,
    });
    logger.info(
      { target: maskNumber(parseUri(target.uri)?.user ?? "") },
      "the far side asks for a transfer",
    );
    this.askedTimer = clock.setTimeout(() => this.refuseTransfer(requestId, 603), DECIDE_MS);
    const { uri, referredBy, replaces } = target;
    tell({
      type: "transfer_request",
      request: {
        requestId,
        target: uri,
        ...(referredBy === undefined ? {} : { referredBy }),
        attended: replaces !== undefined,
      },
    });
  }

  private try(make: MakeSuccessor, refer: ReceivedRefer | undefined): void {
    const { settings, media, tell } = this.options;
    const candidate: Candidate = { media: media.successor(settings, tell), refer };
    this.candidate = candidate;
    if (refer)
      this.timer = settings.clock.setTimeout(() => {
        this.fail(408, "Request Timeout");
        candidate.leg?.release();
      }, FOLLOW_MS);
    candidate.leg = make(
      { onSignal: (signal) => this.hear(candidate, signal) },
      candidate.media,
      () => this.endOther(candidate),
    );
  }

  /** What the one says who may take, or has taken, the far side's place. */
  private hear(candidate: Candidate, signal: LegSignal): void {
    if (candidate === this.chosen) return this.options.tell(signal);
    if (candidate !== this.candidate) return;
    switch (signal.type) {
      case "provisional": {
        const { status, phrase } = signal.response;
        // That we try was said when the REFER was accepted.
        if (status > 100) candidate.refer?.notify(status, phrase);
        if (candidate.refer)
          this.follow(candidate.refer, status > 100 ? "ringing" : "trying", status);
        return;
      }
      case "answered":
        if (signal.answer.usableMedia && !signal.answer.crossedCancel)
          return this.succeed(candidate, signal.answer);
        return this.fail(488, "Not Acceptable Here");
      case "rejected":
        return this.fail(signal.response.status, signal.response.phrase);
      case "unanswered":
        return signal.cause === "timeout"
          ? this.fail(408, "Request Timeout")
          : this.fail(503, "Service Unavailable");
    }
  }

  private succeed(candidate: Candidate, answer: AnswerResponse): void {
    const { settings, tell, answeredInstead } = this.options;
    const { own } = this;
    const { media, refer } = candidate;
    settings.clock.clear(this.timer);
    this.candidate = undefined;
    this.chosen = candidate;
    media.takeOver(this.options.media);
    if (!own) answeredInstead?.(answer);
    else if (own.holds) tell({ type: "held", by: "us", held: false });
    if (refer) {
      refer.notify(200, "OK");
      this.follow(refer, "completed", 200);
    }
    tell({ type: "far_side_changed", how: refer ? "transfer" : "replaces" });
    if (!own || this.ownEnded) return;
    if (refer) this.timer = settings.clock.setTimeout(() => own.bye(), FAREWELL_MS);
    else own.bye();
  }

  private fail(status: number, phrase: string): void {
    const { candidate, lastWord, options } = this;
    if (!candidate) return;
    options.settings.clock.clear(this.timer);
    this.candidate = undefined;
    const { refer } = candidate;
    refer?.notify(status, phrase);
    if (refer) this.follow(refer, "failed", status);
    if (!this.ownEnded) return;
    if (lastWord) options.tell(lastWord);
    options.over();
  }

  private forgetCandidate(): void {
    const { candidate } = this;
    if (!candidate) return;
    this.options.settings.clock.clear(this.timer);
    this.candidate = undefined;
    candidate.refer?.notify(487, "Request Terminated");
    candidate.leg?.release();
  }

  private follow(
    { requestId }: ReceivedRefer,
    status: TransferProgress["status"],
    sipStatus: number,
  ): void {
    this.options.tell({ type: "transfer_followed", requestId, progress: { status, sipStatus } });
  }

  private tellOwn(signal: LegSignal): void {
    if (this.successor) return;
    const last = signal.type === "far_side_ended" || signal.type === "dialog_lost";
    // Whoever transfers a call may leave before it is known what became of it.
    if (last && this.candidate) this.lastWord = signal;
    else this.options.tell(signal);
  }

  private endOwn(own: CallDialog): void {
    const { settings, over } = this.options;
    this.ownEnded = true;
    this.asked = undefined;
    settings.clock.clear(this.askedTimer);
    settings.endedDialogs.add(own.name);
    if (this.successor) settings.clock.clear(this.timer);
    else if (!this.candidate) over();
  }

  private endOther(candidate: Candidate): void {
    if (candidate === this.chosen) this.options.over();
    else if (candidate === this.candidate) this.fail(487, "Request Terminated");
  }

  private get successor(): Successor | undefined {
    return this.chosen?.leg;
  }
}
