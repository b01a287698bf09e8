import type { OutboundLeg } from "../carrier.js";
import type { Clock } from "../clock.js";
import { deferred } from "../deferred.js";
import { OffhookError } from "../errors.js";
import type { LegSignal } from "../vocabulary.js";
import type { CallerLeg } from "./far-side.js";
import type { HeardAudio } from "./heard-audio.js";
import type { CallerOutcome } from "./incoming-call.js";
import { decideTransfer } from "./loopback-call.js";
import { ScenarioPlayer } from "./scenario-player.js";
import type { Scenario } from "./scenario-step.js";

export interface LoopbackCallerOptions {
  readonly scenario: Scenario;
  readonly clock: Clock;
  readonly heard: HeardAudio;
  /** Whether a transfer may lead there. */
  readonly mayCall: (uri: string) => boolean;
  readonly onFault: (thrown: unknown) => void;
  readonly onOver: () => void;
}

/** Somebody who places a real call to us: a caller's scenario, played on a real SIP leg. */
export class LoopbackCaller {
  readonly ended: Promise<CallerOutcome>;
  readonly heard: HeardAudio;
  readonly #options: LoopbackCallerOptions;
  readonly #player: ScenarioPlayer;
  readonly #leg: OutboundLeg;
  readonly #answered = deferred<void>();
  readonly #over = deferred<CallerOutcome>();
  readonly #provisional: number[] = [];
  readonly #openedAtMs: number;
  #status = 0;
  #hungUp = false;
  #isOver = false;

  /** `place` puts the INVITE on the wire. */
  constructor(
    place: (onSignal: (signal: LegSignal) => void) => OutboundLeg,
    options: LoopbackCallerOptions,
  ) {
    const { scenario, clock, heard } = options;
    this.#options = options;
    this.heard = heard;
    this.ended = this.#over.promise;
    this.#openedAtMs = clock.nowMs();
    this.#leg = place((signal) => this.#onSignal(signal));
    this.#leg.media.onFrame(({ atMs, data }) => heard.add(atMs, data));
    this.#player = new ScenarioPlayer({
      scenario,
      leg: this.#callerLeg(),
      clock,
      onFault: (thrown) => {
        options.onFault(thrown);
        this.close();
      },
    });
    void this.#player.play();
  }

  /** Hangs up or withdraws. Idempotent. */
  close(): void {
    if (this.#isOver) return;
    this.#hungUp = true;
    this.#finish();
  }

  #callerLeg(): CallerLeg {
    return {
      role: "caller",
      media: this.#leg.media,
      answered: this.#answered.promise,
      setMuted: () => {
        throw new OffhookError("UNSUPPORTED", "A real leg always sends RTP; it cannot be muted.", {
          remedy: "Use the simulated carrier for scenarios with mute().",
        });
      },
      refer: (to) => this.#leg.refer?.(to),
      hangUp: (reason) => {
        this.#hungUp = true;
        if (this.#status === 200) {
          this.#leg.bye(reason);
          this.#finish();
        } else this.#leg.cancel(reason);
      },
    };
  }

  #onSignal(signal: LegSignal): void {
    switch (signal.type) {
      case "provisional":
        if (signal.response.status > 100) this.#provisional.push(signal.response.status);
        return;
      case "answered":
        this.#status = signal.answer.status;
        if (signal.answer.usableMedia && !signal.answer.crossedCancel) this.#answered.resolve();
        else this.#finish();
        return;
      case "dtmf":
        this.heard.addDigit(signal.digit, this.#options.clock.nowMs() - this.#openedAtMs);
        return this.#player.digit();
      case "transfer_request":
        return decideTransfer(this.#leg, signal.request, this.#options.mayCall);
      case "transfer":
        if (signal.progress.status === "completed") this.close();
        return;
      case "rejected":
        this.#status = signal.response.status;
        return this.#finish();
      case "far_side_ended":
      case "unanswered":
      case "dialog_lost":
      case "media_failed":
        return this.#finish();
    }
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#player.stop();
    this.#leg.release();
    this.#options.onOver();
    this.#over.resolve({
      status: this.#status,
      endedBy: this.#hungUp ? "caller" : "us",
      provisional: this.#provisional,
      contacts: [],
      heard: this.heard,
    });
  }
}
