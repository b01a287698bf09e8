import type { InboundLeg, OutboundLeg, RejectOptions } from "../carrier.js";
import { messageOf, OffhookError } from "../errors.js";
import type { CallState } from "./call-state.js";

/**
 * The one leg of a call, whichever way it goes. What the machine wants sent goes through here; a leg
 * that throws is reported and cannot stop the call from ending.
 */
export class CallLegs {
  outbound: OutboundLeg | undefined;
  inbound: InboundLeg | undefined;
  /** How the agent wants an inbound call refused, beyond the status. */
  refusal: RejectOptions | undefined;
  #answering = false;
  readonly #onThrown: (message: string) => void;

  constructor(onThrown: (message: string) => void) {
    this.#onThrown = onThrown;
  }

  get any(): OutboundLeg | InboundLeg | undefined {
    return this.outbound ?? this.inbound;
  }

  /** Throws CALL_NOT_ACTIVE. */
  inConversation(state: CallState, verb: string): OutboundLeg | InboundLeg {
    if (this.any && state === "active") return this.any;
    throw new OffhookError("CALL_NOT_ACTIVE", `A call in ${state} cannot ${verb}.`);
  }

  /** Throws WRONG_STATE unless the call is inbound. */
  offered(verb: string): InboundLeg {
    if (this.inbound) return this.inbound;
    throw new OffhookError("WRONG_STATE", `Only an inbound call can ${verb}.`);
  }

  ring(options?: { readonly earlyMedia?: boolean }): void {
    if (!this.#answering) this.#do(() => this.inbound?.ring(options));
  }

  answer(): void {
    if (this.#answering) return;
    this.#answering = true;
    this.#do(() => this.inbound?.answer());
  }

  send(request: "CANCEL" | "BYE"): void {
    this.#do(() => (request === "CANCEL" ? this.outbound?.cancel() : this.any?.bye()));
  }

  acceptTransfer(requestId: string): void {
    this.#do(() => this.any?.acceptTransfer?.(requestId));
  }

  refuseTransfer(requestId: string, status: number): void {
    this.#do(() => this.any?.refuseTransfer?.(requestId, status));
  }

  refuse(status: number): void {
    this.#do(() => this.inbound?.reject(status, this.refusal));
  }

  forget(): void {
    this.outbound = undefined;
    this.inbound = undefined;
  }

  release(): void {
    this.#do(() => this.any?.release());
  }

  #do(action: () => void): void {
    try {
      action();
    } catch (thrown) {
      this.#onThrown(messageOf(thrown));
    }
  }
}
