import type { InboundLeg, LegSink, OutboundLeg } from "../carrier.js";
import type { Clock } from "../clock.js";
import { deferred } from "../deferred.js";
import { isOffhookError, OffhookError } from "../errors.js";
import type { SipInboundOffer } from "../sip/leg/inbound-offer.js";
import type { LegSignal, TransferRequest } from "../vocabulary.js";
import type { CalleeLeg } from "./far-side.js";
import type { HeardAudio } from "./heard-audio.js";
import { ScenarioPlayer } from "./scenario-player.js";
import type { Challenge, Scenario } from "./scenario-step.js";

export interface LoopbackCallOptions {
  readonly offer: SipInboundOffer;
  readonly scenario: Scenario;
  readonly clock: Clock;
  readonly heard: HeardAudio;
  /** A file for what is heard (left) and said (right); absent for none. */
  readonly recordTo: string | undefined;
  /** Whether a transfer may lead there. */
  readonly mayCall: (uri: string) => boolean;
  /** What nobody can know, for a challenge that is never met. */
  readonly secret: string;
  readonly onFault: (thrown: unknown) => void;
  readonly onOver: () => void;
}

/** One call that reached the loopback carrier: its callee's scenario, played on a real SIP leg. */
export class LoopbackCall {
  readonly #options: LoopbackCallOptions;
  readonly #player: ScenarioPlayer;
  readonly #answered = deferred<void>();
  readonly #openedAtMs: number;
  #leg: InboundLeg | undefined;
  #over = false;

  constructor(options: LoopbackCallOptions) {
    this.#options = options;
    const { scenario, clock } = options;
    this.#openedAtMs = clock.nowMs();
    this.#player = new ScenarioPlayer({
      scenario,
      leg: this.#calleeLeg(),
      clock,
      onFault: (thrown) => {
        options.onFault(thrown);
        this.close();
      },
    });
  }

  /** Decides on the offer before it returns. */
  start(): void {
    void this.#player.play();
  }

  /** Ends what is left of the call. Idempotent. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#player.stop();
    this.#leg?.release();
    this.#options.onOver();
  }

  #calleeLeg(): CalleeLeg {
    const accept = () => this.#accept();
    return {
      role: "callee",
      get media() {
        return accept().media;
      },
      setMuted: () => {
        throw new OffhookError("UNSUPPORTED", "A real leg always sends RTP; it cannot be muted.", {
          remedy: "Use the simulated carrier for scenarios with mute().",
        });
      },
      ignore: () => {
        this.#options.offer.ignore();
        this.close();
      },
      challenge: async (challenge) => this.#challenge(challenge),
      trying: () => void this.#accept(),
      provisional: ({ status, earlyMedia, headers }) =>
        this.#accept().ring({ earlyMedia, status, headers }),
      answer: () => {
        this.#accept().answer();
        return this.#answered.promise;
      },
      reject: ({ status, phrase, reason, headers }) => {
        const options = {
          headers,
          ...(phrase === undefined ? {} : { phrase }),
          ...(reason === undefined ? {} : { reason }),
        };
        if (this.#leg) this.#leg.reject(status, options);
        else this.#options.offer.refuse(status, options);
        this.close();
      },
      refer: (to) => this.#leg?.refer?.(to),
      hangUp: (reason) => {
        this.#leg?.bye(reason);
        this.close();
      },
    };
  }

  /** Whether the INVITE proves the password; otherwise it was answered and the next one will. */
  #challenge({ refuse, username, password, realm }: Challenge): void {
    const { offer, secret } = this.#options;
    const wanted = { username, realm, password: refuse ? secret : password };
    if (offer.challenge(wanted)) this.#accept();
    else this.close();
  }

  #accept(): InboundLeg {
    if (this.#leg) return this.#leg;
    const { offer, heard } = this.#options;
    const sink: LegSink = { onSignal: (signal) => this.#onSignal(signal) };
    const leg = offer.accept(sink);
    leg.media.onFrame(({ atMs, data }) => heard.add(atMs, data));
    this.#leg = leg;
    void this.#record(leg);
    return leg;
  }

  /** From before the first sample, so that the whole call is on one time line. */
  async #record({ media }: InboundLeg): Promise<void> {
    const { recordTo, onFault } = this.#options;
    if (recordTo === undefined) return;
    try {
      await media.record?.(recordTo);
    } catch (thrown) {
      // A call that was over before its file could be made has nothing to keep.
      if (!isOffhookError(thrown, "CALL_ENDED")) onFault(thrown);
    }
  }

  #onSignal(signal: LegSignal): void {
    switch (signal.type) {
      case "answered":
        if (signal.answer.usableMedia) this.#answered.resolve();
        return;
      case "dtmf":
        this.#options.heard.addDigit(signal.digit, this.#options.clock.nowMs() - this.#openedAtMs);
        return this.#player.digit();
      case "transfer_request":
        return decideTransfer(this.#leg, signal.request, this.#options.mayCall);
      case "transfer":
        // Whom we sent elsewhere is in good hands (RFC 5589 6.1).
        if (signal.progress.status === "completed") this.close();
        return;
      case "far_side_ended":
      case "dialog_lost":
      case "media_failed":
        return this.close();
    }
  }
}

/** People let themselves be transferred, as long as they stay within their own carrier. */
export function decideTransfer(
  leg: InboundLeg | OutboundLeg | undefined,
  { requestId, target }: TransferRequest,
  mayCall: (uri: string) => boolean,
): void {
  if (mayCall(target)) leg?.acceptTransfer?.(requestId);
  else leg?.refuseTransfer?.(requestId, 403);
}
