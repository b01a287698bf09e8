import type {
  InboundLeg,
  InboundOffer,
  LegSink,
  OutboundLeg,
  RejectOptions,
  RingOptions,
} from "../carrier.js";
import type { Clock, TimerHandle } from "../clock.js";
import { deferred } from "../deferred.js";
import { OffhookError } from "../errors.js";
import type { CallSampleRate, MediaLeg } from "../media/call-audio.js";
import { type Headers, identityOf } from "../sip/message/identity.js";
import { readReasonHeaders } from "../sip/message/reason-header.js";
import type { LegSignal, ReasonEvidence } from "../vocabulary.js";
import type { CallerLeg } from "./far-side.js";
import { HeardAudio } from "./heard-audio.js";
import type { CallerOutcome } from "./incoming-call.js";
import { reasonValues } from "./reason-values.js";
import { phraseOf } from "./response-phrases.js";
import { ScenarioPlayer } from "./scenario-player.js";
import type { Scenario } from "./scenario-step.js";
import { SimulatedFollowing } from "./simulated-following.js";
import { SimulatedLine } from "./simulated-line.js";
import { ATTENDED_TRANSFER, transferStepsTo } from "./simulated-transfer.js";

export interface SimulatedInboundOptions {
  readonly clock: Clock;
  readonly callId: string;
  readonly from: string;
  readonly to: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly scenario: Scenario;
  readonly sampleRate: CallSampleRate;
  readonly rtpLostMs: number;
  readonly delayMs: number;
  /** What whoever is reached at this address does, for transfers. */
  readonly scenarioAt: (address: string) => Scenario;
  /** As a REFER names it. */
  readonly addressOf: (to: string) => string;
  /** Where what they hear is kept. */
  readonly hearingAt: (address: string) => HeardAudio;
  /** Asked when the INVITE arrives. */
  readonly receiver: () => ((offer: InboundOffer) => void) | undefined;
  readonly onFault: (thrown: unknown) => void;
  readonly onOver: () => void;
}

/** One call that somebody placed to us, from both ends. */
export class SimulatedInboundCall implements InboundLeg {
  readonly wireCallId: string;
  readonly heard = new HeardAudio(8_000);
  /** What whoever is on the line now hears. */
  #hearing: HeardAudio = this.heard;
  readonly ended: Promise<CallerOutcome>;
  readonly #options: SimulatedInboundOptions;
  readonly #line: SimulatedLine;
  readonly #following: SimulatedFollowing;
  #player: ScenarioPlayer;
  readonly #answered = deferred<void>();
  readonly #over = deferred<CallerOutcome>();
  readonly #provisional: number[] = [];
  readonly #timers = new Set<TimerHandle>();
  #sink: LegSink | undefined;
  #stage: "offered" | "answered" | "over" = "offered";

  constructor(options: SimulatedInboundOptions) {
    const { clock, sampleRate, rtpLostMs, onFault, scenario } = options;
    this.wireCallId = `${options.callId}@simulated`;
    this.ended = this.#over.promise;
    this.#options = options;
    this.#line = new SimulatedLine({
      clock,
      sampleRate,
      rtpLostMs,
      onSignal: (signal) => this.#tell(signal),
      onHeard: (atMs, data) => this.#hearing.add(atMs, data),
      onDigit: (digit, atMs) => {
        this.#hearing.addDigit(digit, atMs);
        this.#player.digit();
      },
      onListenerError: onFault,
    });
    this.#player = new ScenarioPlayer({ scenario, leg: this.#callerLeg(), clock, onFault });
    this.#following = new SimulatedFollowing({
      callId: options.callId,
      scenarioAt: options.scenarioAt,
      tell: (signal) => this.#tell(signal),
      after: (delayMs, callback) => this.#after(delayMs, callback),
      goOnWith: (target, next) => this.#goOnWith(target, next),
      leftAlone: () => this.#callerLeaves(readReasonHeaders([])),
    });
    this.#after(options.delayMs, () => this.#offer());
  }

  get media(): MediaLeg {
    return this.#line.ours;
  }

  ring(options: RingOptions = {}): void {
    if (this.#stage !== "offered") return;
    const earlyMedia = options.earlyMedia === true;
    this.#provisional.push(options.status ?? (earlyMedia ? 183 : 180));
    if (earlyMedia) this.#line.open("early");
  }

  answer(): void {
    if (this.#stage !== "offered") return;
    this.#stage = "answered";
    // There and back: the 200 and its ACK.
    this.#after(this.#options.delayMs * 2, () => {
      this.#line.open("active");
      const answer = {
        status: 200,
        phrase: phraseOf(200),
        usableMedia: true,
        crossedCancel: false,
      };
      this.#tell({ type: "answered", answer });
      this.#answered.resolve();
    });
  }

  reject(status: number, options: RejectOptions = {}): void {
    if (this.#stage !== "offered") return;
    this.#finish(status, "us", options.contacts);
  }

  bye(): void {
    if (this.#stage === "answered") this.#finish(200, "us");
  }

  /** The caller calls `target` instead, who does what the carrier's callees do. */
  refer(target: string, { replaces }: { readonly replaces?: OutboundLeg } = {}): void {
    if (this.#stage !== "answered") return;
    const steps = replaces ? ATTENDED_TRANSFER : transferStepsTo(this.#options.scenarioAt(target));
    for (const { afterMs, progress } of steps)
      this.#after(afterMs, () => this.#tell({ type: "transfer", progress }));
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
    this.#finish(this.#stage === "answered" ? 200 : 480, "us");
  }

  #offer(): void {
    const receive = this.#options.receiver();
    if (!receive) return this.#finish(480, "us");
    let taken = false;
    const once = () => {
      if (taken) throw new OffhookError("WRONG_STATE", "The call was accepted or refused already.");
      taken = true;
    };
    receive({
      from: this.#options.from,
      to: this.#options.to,
      headers: offeredHeaders(this.#options.headers),
      identity: identityOf(headersByName(this.#options.headers)),
      accept: (sink) => {
        once();
        this.#sink = sink;
        this.#line.rtpLostMs = sink.rtpLostMs ?? this.#line.rtpLostMs;
        void this.#player.play();
        return this;
      },
      refuse: (status, options) => {
        once();
        this.reject(status, options);
      },
    });
    if (!taken) this.#finish(480, "us");
  }

  #goOnWith(target: string, scenario: Scenario): void {
    const { clock, onFault, hearingAt } = this.#options;
    this.#player.stop();
    this.#hearing = hearingAt(target);
    // What the one before had still to say is never heard.
    void this.#line.theirs.clear();
    this.#player = new ScenarioPlayer({ scenario, leg: this.#callerLeg(), clock, onFault });
    void this.#player.play();
  }

  #callerLeaves(reason: ReasonEvidence): void {
    this.#finish(200, "caller", [], { type: "far_side_ended", request: "BYE", reason });
  }

  #callerLeg(): CallerLeg {
    return {
      role: "caller",
      media: this.#line.theirs,
      answered: this.#answered.promise,
      setMuted: (muted) => this.#line.setMuted(muted),
      refer: (to) => this.#following.ask(this.#options.addressOf(to)),
      hangUp: (reason) => {
        const evidence = readReasonHeaders(reasonValues(reason));
        const answered = this.#stage === "answered";
        this.#after(this.#options.delayMs, () => {
          if (answered && this.#following.leave()) return;
          if (answered) this.#callerLeaves(evidence);
          else
            this.#finish(487, "caller", [], {
              type: "far_side_ended",
              request: "CANCEL",
              reason: evidence,
            });
        });
      },
    };
  }

  #finish(
    status: number,
    endedBy: CallerOutcome["endedBy"],
    contacts: readonly string[] = [],
    last?: LegSignal,
  ): void {
    if (this.#stage === "over") return;
    this.#stage = "over";
    for (const timer of this.#timers) this.#options.clock.clear(timer);
    this.#timers.clear();
    this.#player.stop();
    if (last) this.#sink?.onSignal(last);
    this.#line.close();
    this.#options.onOver();
    const { heard } = this;
    this.#over.resolve({ status, endedBy, provisional: this.#provisional, contacts, heard });
  }

  #tell(signal: LegSignal): void {
    if (this.#stage !== "over") this.#sink?.onSignal(signal);
  }

  #after(delayMs: number, callback: () => void): void {
    const { clock } = this.#options;
    const timer = clock.setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, delayMs);
    this.#timers.add(timer);
  }
}

/** As a SIP carrier offers them: `X-` headers, names in lower case. */
function offeredHeaders(
  headers: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers)
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name]) => name.startsWith("x-")),
  );
}

function headersByName(headers: Readonly<Record<string, string>>): Headers {
  const lowerCased = new Map(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return {
    getHeader: (name) => lowerCased.get(name),
    getHeaders: (name) => [lowerCased.get(name)].filter((value) => value !== undefined),
  };
}
