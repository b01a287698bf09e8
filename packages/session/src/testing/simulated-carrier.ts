import type { CarrierProfileInput } from "../call/call-settings.js";
import type {
  Carrier,
  CarrierHealth,
  Destination,
  InboundOffer,
  LegSink,
  OutboundLeg,
  PlaceCallRequest,
} from "../carrier.js";
import { OffhookError } from "../errors.js";
import type { CallSampleRate } from "../media/call-audio.js";
import { parseUri } from "../sip/message/header-value.js";
import { parseDestination } from "../sip/route/destination.js";
import { type VirtualClock, virtualClock } from "./fake-clock.js";
import { type Heard, HeardAudio } from "./heard-audio.js";
import type { CallInOptions, IncomingCall } from "./incoming-call.js";
import { type CalleeScript, callerScenarioOf, scenarioOf } from "./scenario.js";
import type { Scenario } from "./scenario-step.js";
import { SimulatedInboundCall } from "./simulated-inbound-call.js";
import { SimulatedOutboundCall } from "./simulated-outbound-call.js";

export interface SimulateCarrierOptions {
  /** A clock of your own, to share it between carriers. */
  readonly clock?: VirtualClock;
  readonly profile?: CarrierProfileInput;
  /** What our audio ports read and write. Default 8000. */
  readonly sampleRate?: CallSampleRate;
  /** How long a SIP message takes, one way, in ms. Default 0. */
  readonly delayMs?: number;
  /** Without RTP for this long, `audio_lost` is signalled. Default 15,000. */
  readonly rtpLostMs?: number;
  /** How the trunk says it is, for programs that look at it. */
  readonly health?: CarrierHealth;
  /** What we answer a callee's `challenge` with. */
  readonly credentials?: { readonly username: string; readonly password: string };
}

export interface SimulatedCarrier extends Carrier {
  readonly clock: VirtualClock;
  /** Somebody calls us; offered to whoever receives calls, else answered 480. */
  callIn(options: CallInOptions): IncomingCall;
  /**
   * What the far side of a call we placed heard from us: by call id or number, else the last call.
   * Throws NO_SUCH_CALL.
   */
  heard(callIdOrNumber?: string): Heard;
  /** How many legs are not over yet: 0 when everything was cleaned up. */
  readonly openLegs: number;
}

/**
 * A carrier in memory and in virtual time, for tests of agents: every callee does what `callees`
 * says, for all numbers or by number, SIP URI or its user (`"*"` for the rest; who is not listed gets
 * 404).
 */
export function simulateCarrier(
  callees: CalleeScript | Readonly<Record<string, CalleeScript>>,
  options: SimulateCarrierOptions = {},
): SimulatedCarrier {
  return new InMemoryCarrier(callees, options);
}

/** Where extensions live; a name that resolves nowhere (RFC 2606). */
const SIMULATED_TRUNK = { hostPort: "carrier.invalid" };

const TELEPHONE_RATE = 8_000;

class InMemoryCarrier implements SimulatedCarrier {
  readonly clock: VirtualClock;
  readonly profile?: CarrierProfileInput;
  readonly health?: CarrierHealth;
  readonly #callees: CalleeScript | Readonly<Record<string, CalleeScript>>;
  readonly #options: SimulateCarrierOptions;
  readonly #legs = new Set<{ release(): void }>();
  readonly #heard = new Map<string, Heard>();
  #lastHeard: Heard | undefined;
  #receiver: ((offer: InboundOffer) => void) | undefined;
  #incoming = 0;
  #closed = false;

  constructor(
    callees: CalleeScript | Readonly<Record<string, CalleeScript>>,
    options: SimulateCarrierOptions,
  ) {
    this.#callees = callees;
    this.#options = options;
    this.clock = options.clock ?? virtualClock();
    if (options.profile) this.profile = options.profile;
    if (options.health) this.health = options.health;
  }

  get openLegs(): number {
    return this.#legs.size;
  }

  parseDestination(to: string): Destination {
    return parseDestination(to, SIMULATED_TRUNK);
  }

  placeCall(request: PlaceCallRequest, sink: LegSink): OutboundLeg {
    if (this.#closed) throw closed();
    const call = new SimulatedOutboundCall(request, this.#scenarioFor(request), sink, {
      ...this.#legOptions(),
      credentials: this.#options.credentials,
      onOver: () => void this.#legs.delete(call),
    });
    this.#legs.add(call);
    this.#heard.set(request.callId, call.heard).set(request.destination.address, call.heard);
    this.#lastHeard = call.heard;
    return call;
  }

  receiveCalls(receiver: (offer: InboundOffer) => void): () => void {
    if (this.#receiver)
      throw new OffhookError("WRONG_STATE", "This carrier has a receiver already.", {
        remedy: "Stop the first one; one receiver at a time takes calls.",
      });
    this.#receiver = receiver;
    return () => {
      if (this.#receiver === receiver) this.#receiver = undefined;
    };
  }

  callIn(options: CallInOptions): IncomingCall {
    if (this.#closed) throw closed();
    const call = new SimulatedInboundCall({
      ...this.#legOptions(),
      callId: `incoming-${++this.#incoming}`,
      from: options.from,
      to: options.to,
      headers: options.headers ?? {},
      scenario: callerScenarioOf(options.caller),
      receiver: () => this.#receiver,
      onOver: () => void this.#legs.delete(call),
    });
    this.#legs.add(call);
    return call;
  }

  heard(callIdOrNumber?: string): Heard {
    const heard = callIdOrNumber === undefined ? this.#lastHeard : this.#heard.get(callIdOrNumber);
    if (heard) return heard;
    throw new OffhookError("NO_SUCH_CALL", "No such call was placed over this carrier.");
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#receiver = undefined;
    for (const leg of this.#legs) leg.release();
  }

  #legOptions() {
    return {
      clock: this.clock,
      sampleRate: this.#options.sampleRate ?? 8_000,
      rtpLostMs: this.#options.rtpLostMs ?? 15_000,
      delayMs: this.#options.delayMs ?? 0,
      scenarioAt: (address: string) => this.#scenarioAt(address, undefined, {}),
      addressOf: (to: string) => this.#addressOf(to),
      hearingAt: (address: string) => this.#hearingAt(address),
      // A listener or a scenario that fails is a defect of the test: let it fail the test.
      onFault: (thrown: unknown) => {
        this.clock.setTimeout(() => {
          throw thrown;
        }, 0);
      },
    };
  }

  /** A REFER names its target as a URI, as a real one does. */
  #addressOf(to: string): string {
    const { kind, address } = this.parseDestination(to);
    return kind === "e164" ? `sip:${address}@${SIMULATED_TRUNK.hostPort}` : address;
  }

  /** What whoever we are transferred to hears, to be asked for by number or address. */
  #hearingAt(address: string): HeardAudio {
    const heard = new HeardAudio(TELEPHONE_RATE);
    this.#heard.set(address, heard).set(parseUri(address)?.user ?? address, heard);
    this.#lastHeard = heard;
    return heard;
  }

  #scenarioFor({ destination, from, headers = {} }: PlaceCallRequest): Scenario {
    const lowerCased = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
    return this.#scenarioAt(destination.address, from, Object.fromEntries(lowerCased));
  }

  #scenarioAt(
    to: string,
    from: string | undefined,
    headers: Readonly<Record<string, string>>,
  ): Scenario {
    const script =
      typeof this.#callees === "function"
        ? this.#callees
        : (this.#callees[to] ??
          this.#callees[parseUri(to)?.user ?? to] ??
          this.#callees["*"] ??
          ((callee) => callee.reject(404)));
    return scenarioOf(script, { to, from, headers });
  }
}

function closed(): OffhookError {
  return new OffhookError("SHUTTING_DOWN", "The carrier is closed.");
}
