import { rmSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { OffhookError } from "../errors.js";
import { type Logger, silentLogger } from "../logger.js";
import { createMediaPlane } from "../media/create-media-plane.js";
import type { MediaPlane } from "../media/media-plane.js";
import { systemRandom } from "../random.js";
import type { ListenAddress } from "../sip/endpoint.js";
import type { SipInboundOffer } from "../sip/leg/inbound-offer.js";
import { parseUri } from "../sip/message/header-value.js";
import { isWildcard } from "../sip/route/local-address.js";
import { createSipCarrier, type SipCarrier } from "../sip/sip-carrier.js";
import { type Heard, HeardAudio } from "./heard-audio.js";
import type { CallInOptions, IncomingCall } from "./incoming-call.js";
import { LoopbackCall } from "./loopback-call.js";
import { LoopbackCaller } from "./loopback-caller.js";
import { type AnsweredNumber, LOOPBACK_CREDENTIALS, LOOPBACK_NUMBERS } from "./numbers.js";
import { type CalleeScript, callerScenarioOf, scenarioOf } from "./scenario.js";

export interface LoopbackCarrierOptions {
  /** Default `udp:127.0.0.1:0` and `tcp:127.0.0.1:0`; port 0 takes a free one. */
  readonly listen?: readonly string[];
  /** Who answers where; any other number gets 404. Default `LOOPBACK_NUMBERS`. */
  readonly numbers?: readonly AnsweredNumber[];
  /** Closed together with the carrier. */
  readonly mediaPlane?: MediaPlane;
  /**
   * A folder: each number's last call is recorded there as `<number>.wav`, what the callee heard
   * left and what it said right, on one time line. Complete once the carrier is closed.
   */
  readonly recordIn?: string;
  readonly logger?: Logger;
}

export interface LoopbackCarrier {
  /** What to give as a trunk's `uri`: the first UDP address, else the first of all. */
  readonly uri: string;
  /** As they were bound, with the ports that were free. */
  readonly addresses: readonly ListenAddress[];
  readonly numbers: readonly AnsweredNumber[];
  /** What the numbers that challenge their callers ask for. */
  readonly credentials: { readonly username: string; readonly password: string };
  /** What was heard in the last call to this number. Throws NO_SUCH_CALL. */
  heard(number: string): Heard;
  /**
   * Somebody calls: `to` is the SIP URI of whoever is to answer, such as
   * `sip:+12025550111@127.0.0.1:5060`. Throws INVALID_DESTINATION.
   */
  callIn(options: CallInOptions): IncomingCall;
  /** How many calls are up. */
  readonly openCalls: number;
  close(): Promise<void>;
}

const SAMPLE_RATE = 8_000;
/** As a carrier may run for days, only the latest of what was heard is kept, and not without end. */
const KEEP_HEARD = 100;
const KEEP_HEARD_MS = 60_000;

/**
 * A carrier on this machine, with real SIP and real RTP, whose callees do what the number they are
 * called at says. Rejects with INVALID_OPTION or ADDRESS_IN_USE.
 */
export async function startLoopbackCarrier(
  options: LoopbackCarrierOptions = {},
): Promise<LoopbackCarrier> {
  const { listen = ["udp:127.0.0.1:0", "tcp:127.0.0.1:0"] } = options;
  const { numbers = LOOPBACK_NUMBERS, recordIn, logger = silentLogger } = options;
  if (recordIn !== undefined) await mustBeFolder(recordIn);
  const sip = createSipCarrier({
    listen,
    // Two callees who are transferred to each other could not be told apart on one port.
    mediaPlane: options.mediaPlane ?? createMediaPlane({ logger, sharePorts: "never" }),
    sampleRate: SAMPLE_RATE,
    userAgent: "offhook-loopback",
    logger,
  });
  const callees = new Callees(sip, { numbers, recordIn, logger });
  try {
    const { addresses } = await sip.ready();
    callees.liveAt(addresses);
    const stop = sip.receiveCalls((offer) => callees.take(offer));
    const main = addresses.find(({ protocol }) => protocol === "UDP") ?? addresses[0];
    return {
      uri: main ? uriOf(main) : "",
      addresses,
      numbers,
      credentials: LOOPBACK_CREDENTIALS,
      heard: (number) => callees.heard(number),
      callIn: (call) => callees.callIn(call),
      get openCalls() {
        return callees.openCalls;
      },
      async close() {
        stop();
        callees.close();
        await sip.close();
      },
    };
  } catch (thrown) {
    await sip.close();
    throw thrown;
  }
}

interface CalleesOptions {
  readonly numbers: readonly AnsweredNumber[];
  readonly recordIn: string | undefined;
  readonly logger: Logger;
}

/** The people at the other end. */
class Callees {
  readonly #sip: SipCarrier;
  readonly #scripts: ReadonlyMap<string, CalleeScript>;
  readonly #recordIn: string | undefined;
  readonly #logger: Logger;
  #addresses: readonly ListenAddress[] = [];
  readonly #calls = new Set<{ close(): void }>();
  readonly #heard = new Map<string, Heard>();
  readonly #secret = systemRandom().hex(16);

  constructor(sip: SipCarrier, { numbers, recordIn, logger }: CalleesOptions) {
    this.#sip = sip;
    this.#recordIn = recordIn;
    this.#logger = logger;
    this.#scripts = new Map(
      numbers.flatMap(({ number, script }) => (script ? [[number, script] as const] : [])),
    );
  }

  get openCalls(): number {
    return this.#calls.size;
  }

  liveAt(addresses: readonly ListenAddress[]): void {
    this.#addresses = addresses;
  }

  take(offer: SipInboundOffer): void {
    const { from, headers } = offer;
    const to = withPlus(offer.to);
    const script = this.#scripts.get(to) ?? this.#scripts.get(offer.to);
    if (!script) return offer.refuse(404);
    const heard = new HeardAudio(SAMPLE_RATE, KEEP_HEARD_MS);
    this.#keep(to, heard);
    const call = new LoopbackCall({
      offer,
      scenario: scenarioOf(script, { to, from, headers }),
      clock: this.#sip.clock,
      heard,
      recordTo: this.#recordingOf(to),
      mayCall: (uri) => this.#isOwn(uri),
      secret: this.#secret,
      onFault: (error) => this.#logger.error({ error }, "a callee's scenario failed"),
      onOver: () => void this.#calls.delete(call),
    });
    this.#calls.add(call);
    call.start();
  }

  callIn({ from, to, headers = {}, caller }: CallInOptions): IncomingCall {
    const destination = this.#sip.parseDestination(to);
    const callId = `caller-${systemRandom().hex(8)}`;
    const call = new LoopbackCaller(
      (onSignal) => this.#sip.placeCall({ callId, destination, from, headers }, { onSignal }),
      {
        scenario: callerScenarioOf(caller),
        clock: this.#sip.clock,
        heard: new HeardAudio(SAMPLE_RATE, KEEP_HEARD_MS),
        mayCall: (uri) => this.#isOwn(uri),
        onFault: (error) => this.#logger.error({ error }, "a caller's scenario failed"),
        onOver: () => void this.#calls.delete(call),
      },
    );
    this.#calls.add(call);
    return call;
  }

  heard(number: string): Heard {
    const heard = this.#heard.get(withPlus(number)) ?? this.#heard.get(number);
    if (heard) return heard;
    throw new OffhookError("NO_SUCH_CALL", "Nobody called that number.");
  }

  close(): void {
    for (const call of this.#calls) call.close();
  }

  /** A carrier that anybody may use must not be sent out to call the world. */
  #isOwn(uri: string): boolean {
    const { host, port = 5_060 } = parseUri(uri) ?? { host: "" };
    return this.#addresses.some(
      (own) =>
        own.port === port &&
        (own.address === host.replace(/^\[|\]$/g, "") || isWildcard(own.address)),
    );
  }

  /** The file for a call that begins; what an earlier call to this number left there goes. */
  #recordingOf(number: string): string | undefined {
    if (this.#recordIn === undefined) return undefined;
    const file = join(this.#recordIn, `${number.replaceAll(/[^\w+.-]/g, "_")}.wav`);
    rmSync(file, { force: true });
    return file;
  }

  #keep(number: string, heard: Heard): void {
    this.#heard.delete(number);
    this.#heard.set(number, heard);
    for (const oldest of this.#heard.keys()) {
      if (this.#heard.size <= KEEP_HEARD) return;
      this.#heard.delete(oldest);
    }
  }
}

async function mustBeFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory())
    throw new OffhookError("INVALID_OPTION", `recordIn is no folder: ${path}`, {
      remedy: "Make the folder first.",
    });
}

/** Some callers leave the plus away. */
function withPlus(number: string): string {
  return /^[1-9]\d{6,14}$/.test(number) ? `+${number}` : number;
}

function uriOf({ protocol, address, port }: ListenAddress): string {
  const host = address.includes(":") ? `[${address}]` : address;
  return `sip:${host}:${port}${protocol === "UDP" ? "" : `;transport=${protocol.toLowerCase()}`}`;
}
