import type { LegSink, OutboundLeg, PlaceCallRequest } from "../carrier.js";
import type { Clock, TimerHandle } from "../clock.js";
import type { CallSampleRate, MediaLeg } from "../media/call-audio.js";
import { readReasonHeaders } from "../sip/message/reason-header.js";
import type { LegSignal } from "../vocabulary.js";
import type { CalleeLeg } from "./far-side.js";
import { HeardAudio } from "./heard-audio.js";
import { reasonValues } from "./reason-values.js";
import { phraseOf } from "./response-phrases.js";
import { ScenarioPlayer } from "./scenario-player.js";
import type { Challenge, Scenario } from "./scenario-step.js";
import { SimulatedFollowing } from "./simulated-following.js";
import { SimulatedLine } from "./simulated-line.js";
import { finalResponseOf, retargetOf } from "./simulated-response.js";
import { ATTENDED_TRANSFER, transferStepsTo } from "./simulated-transfer.js";

export interface SimulatedCallOptions {
  readonly clock: Clock;
  readonly sampleRate: CallSampleRate;
  readonly rtpLostMs: number;
  /** How long a message takes, one way. */
  readonly delayMs: number;
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
  /** What whoever is reached at this address does, for transfers. */
  readonly scenarioAt: (address: string) => Scenario;
  /** As a REFER names it. */
  readonly addressOf: (to: string) => string;
  /** Where what they hear is kept. */
  readonly hearingAt: (address: string) => HeardAudio;
  readonly onFault: (thrown: unknown) => void;
  readonly onOver: () => void;
}

/** Timer B (RFC 3261 17.1.1.2): 64·T1 without any response. */
const NO_RESPONSE_MS = 32_000;

type Stage = "new" | "calling" | "answered" | "over";

/** One call we placed, from both ends, with neither SIP nor sockets between them. */
export class SimulatedOutboundCall implements OutboundLeg {
  readonly wireCallId: string;
  readonly heard = new HeardAudio(8_000);
  /** What whoever is on the line now hears. */
  #hearing: HeardAudio = this.heard;
  readonly #options: SimulatedCallOptions;
  readonly #sink: LegSink;
  readonly #line: SimulatedLine;
  readonly #following: SimulatedFollowing;
  #player: ScenarioPlayer;
  readonly #toTag: string;
  readonly #timers = new Set<TimerHandle>();
  #stage: Stage = "new";
  #noResponse: TimerHandle | undefined;
  /** A 1xx came, so CANCEL may be sent (RFC 3261 9.1). */
  #provisional = false;
  #cancelWanted = false;
  #cancelSent = false;
  /** The callee has sent its final response, which may still be on its way. */
  #finalSent = false;

  constructor(
    request: PlaceCallRequest,
    scenario: Scenario,
    sink: LegSink,
    options: SimulatedCallOptions,
  ) {
    const { clock, sampleRate, rtpLostMs, onFault } = options;
    this.wireCallId = `${request.callId}@simulated`;
    this.#toTag = `to-${request.callId}`;
    this.#options = options;
    this.#sink = sink;
    this.#line = new SimulatedLine({
      clock,
      sampleRate,
      rtpLostMs: sink.rtpLostMs ?? rtpLostMs,
      onSignal: (signal) => this.#tell(signal),
      onHeard: (atMs, data) => this.#hearing.add(atMs, data),
      onDigit: (digit, atMs) => {
        this.#hearing.addDigit(digit, atMs);
        this.#player.digit();
      },
      onListenerError: onFault,
    });
    this.#player = new ScenarioPlayer({ scenario, leg: this.#calleeLeg(), clock, onFault });
    this.#following = new SimulatedFollowing({
      callId: request.callId,
      scenarioAt: options.scenarioAt,
      tell: (signal) => this.#tell(signal),
      after: (delayMs, callback) => this.#after(delayMs, callback),
      goOnWith: (target, next) => this.#goOnWith(target, next),
      leftAlone: () => this.#farSideLeaves(),
    });
    this.#after(0, () => this.#dial());
  }

  get media(): MediaLeg {
    return this.#line.ours;
  }

  cancel(): void {
    if (this.#stage === "new")
      this.#end({ type: "unanswered", cause: "transport", detail: "withdrawn before it was sent" });
    if (this.#stage !== "calling" || this.#cancelWanted) return;
    this.#cancelWanted = true;
    if (this.#provisional) this.#sendCancel();
  }

  bye(): void {
    if (this.#stage === "answered") this.#finish();
  }

  /** The far side calls `target`, who does what the carrier's callees do. */
  refer(target: string, { replaces }: { readonly replaces?: OutboundLeg } = {}): void {
    if (this.#stage !== "answered") return;
    const steps = replaces ? ATTENDED_TRANSFER : transferStepsTo(this.#options.scenarioAt(target));
    for (const { afterMs, progress } of steps)
      this.#after(afterMs, () => {
        this.#tell({ type: "transfer", progress });
        // Whom we discussed it with lets go of us (RFC 3891 3).
        if (progress.status === "completed" && replaces instanceof SimulatedOutboundCall)
          replaces.#farSideLeaves();
      });
  }

  acceptTransfer(requestId: string): void {
    this.#following.accept(requestId);
  }

  refuseTransfer(requestId: string): void {
    this.#following.refuse(requestId);
  }

  hold(held: boolean): void {
    if (this.#stage === "answered")
      this.#after(this.#options.delayMs, () => this.#tell({ type: "held", by: "us", held }));
  }

  release(): void {
    this.#finish();
  }

  #goOnWith(target: string, scenario: Scenario): void {
    const { clock, onFault, hearingAt } = this.#options;
    this.#player.stop();
    this.#hearing = hearingAt(target);
    // What the one before had still to say is never heard.
    void this.#line.theirs.clear();
    this.#player = new ScenarioPlayer({ scenario, leg: this.#calleeLeg(), clock, onFault });
    void this.#player.play();
  }

  #farSideLeaves(): void {
    const reason = readReasonHeaders([]);
    this.#end({ type: "far_side_ended", request: "BYE", reason });
  }

  #dial(): void {
    this.#stage = "calling";
    this.#tell({ type: "dialing" });
    if (this.#isOver) return;
    this.#noResponse = this.#after(NO_RESPONSE_MS, () => {
      this.#end({
        type: "unanswered",
        cause: "timeout",
        detail: `no response within ${NO_RESPONSE_MS} ms`,
      });
    });
    this.#after(this.#options.delayMs, () => void this.#player.play());
  }

  get #isOver(): boolean {
    return this.#stage === "over";
  }

  #sendCancel(): void {
    this.#cancelSent = true;
    this.#after(this.#options.delayMs, () => {
      // It was answered before the CANCEL got there; the 2xx is on its way.
      if (this.#finalSent) return;
      this.#player.stop();
      this.#respond(() => this.#reject({ status: 487, reasonHeaders: [] }));
    });
  }

  /** The callee's side of this call. What it sends reaches us `delayMs` later. */
  #calleeLeg(): CalleeLeg {
    return {
      role: "callee",
      media: this.#line.theirs,
      setMuted: (muted) => this.#line.setMuted(muted),
      ignore: () => {},
      challenge: (challenge) => this.#challenge(challenge),
      trying: () =>
        this.#respond(() => {
          const response = { status: 100, phrase: phraseOf(100), hasSdp: false };
          this.#gotProvisional({ type: "provisional", response });
        }),
      provisional: ({ status, earlyMedia, headers }) =>
        this.#respond(() => {
          if (earlyMedia) this.#line.open("early");
          const response = {
            status,
            phrase: phraseOf(status),
            toTag: this.#toTag,
            hasSdp: earlyMedia,
            ...retargetOf(headers),
          };
          this.#gotProvisional({ type: "provisional", response });
        }),
      answer: () => {
        this.#finalSent = true;
        return new Promise((resolve) => this.#respond(() => this.#answered(resolve)));
      },
      reject: ({ status, phrase, reason, headers }) => {
        this.#finalSent = true;
        this.#respond(() =>
          this.#reject({ status, phrase, headers, reasonHeaders: reasonValues(reason) }),
        );
      },
      refer: (to) => this.#following.ask(this.#options.addressOf(to)),
      hangUp: (reason) =>
        this.#respond(() => {
          if (this.#following.leave()) return;
          const evidence = readReasonHeaders(reasonValues(reason));
          this.#end({ type: "far_side_ended", request: "BYE", reason: evidence });
        }),
    };
  }

  #challenge(challenge: Challenge): Promise<void> {
    const { credentials } = this.#options;
    const proven =
      !challenge.refuse &&
      credentials?.username === challenge.username &&
      credentials.password === challenge.password;
    if (proven) return Promise.resolve();
    this.#player.stop();
    this.#finalSent = true;
    this.#respond(() => this.#reject({ status: 407, reasonHeaders: [] }));
    return Promise.resolve();
  }

  #gotProvisional(signal: LegSignal): void {
    this.#options.clock.clear(this.#noResponse);
    this.#provisional = true;
    this.#tell(signal);
    if (this.#cancelWanted && !this.#cancelSent) this.#sendCancel();
  }

  #answered(onAcknowledged: () => void): void {
    this.#options.clock.clear(this.#noResponse);
    const crossedCancel = this.#cancelWanted;
    this.#stage = "answered";
    const answer = {
      status: 200,
      phrase: phraseOf(200),
      toTag: this.#toTag,
      usableMedia: true,
      crossedCancel,
    };
    // Open first: whoever hears of the answer may write at once.
    if (!crossedCancel) this.#line.open("active");
    this.#tell({ type: "answered", answer });
    if (crossedCancel) this.#finish();
    else this.#after(this.#options.delayMs, onAcknowledged);
  }

  #reject(response: {
    readonly status: number;
    readonly phrase?: string | undefined;
    readonly headers?: Readonly<Record<string, string>>;
    readonly reasonHeaders: readonly string[];
  }): void {
    this.#end({ type: "rejected", response: finalResponseOf(response) });
  }

  /** Something the callee sends: it counts when it arrives, if the call is still there. */
  #respond(arrive: () => void): void {
    const { delayMs } = this.#options;
    const ifStillThere = () => {
      if (this.#stage !== "over") arrive();
    };
    if (delayMs === 0) ifStillThere();
    else this.#after(delayMs, ifStillThere);
  }

  #end(signal: LegSignal): void {
    if (this.#stage === "over") return;
    this.#finish(() => this.#sink.onSignal(signal));
  }

  /** The call is over on both ends; nothing of it stays behind. */
  #finish(tellLast?: () => void): void {
    if (this.#stage === "over") return;
    this.#stage = "over";
    for (const timer of this.#timers) this.#options.clock.clear(timer);
    this.#timers.clear();
    this.#player.stop();
    tellLast?.();
    this.#line.close();
    this.#options.onOver();
  }

  #tell(signal: LegSignal): void {
    if (this.#stage !== "over") this.#sink.onSignal(signal);
  }

  #after(delayMs: number, callback: () => void): TimerHandle {
    const { clock } = this.#options;
    const timer = clock.setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, delayMs);
    this.#timers.add(timer);
    return timer;
  }
}
