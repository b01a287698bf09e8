import type { IncomingResponseMessage } from "sip.js/lib/core/index.js";
import type { Clock, TimerHandle } from "../../clock.js";
import { messageOf, OffhookError } from "../../errors.js";
import type { Logger } from "../../logger.js";
import type { Binding } from "../binding.js";
import { isSynthetic } from "../message/evidence.js";
import { parseNameAddr } from "../message/header-value.js";
import { toSipjsUri } from "../message/sipjs-message.js";
import type { Route } from "../route/route.js";

export type RegistrationState =
  | { readonly status: "registering" }
  | { readonly status: "registered"; readonly expiresSeconds: number }
  | { readonly status: "failed"; readonly sipStatus?: number; readonly detail: string }
  | { readonly status: "unregistered" };

export interface RegistrationOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** `sip:registrar`, without a user. */
  readonly registrar: string;
  /** `sip:user@registrar`. */
  readonly addressOfRecord: string;
  readonly expiresSeconds: number;
  readonly findRoute: () => Promise<Route>;
}

/** Registers anew when this much of the granted time is over. */
const REFRESH_AT = 0.8;
const FIRST_RETRY_MS = 2_000;
const MAX_RETRY_MS = 60_000;
/** Below what NATs forget UDP after, and servers idle connections. */
const KEEP_ALIVE_MS = 25_000;
const UNREGISTER_WAIT_MS = 1_000;

/** Keeps one binding at a registrar (RFC 3261 10), so that calls reach us over the same flow. */
export class Registration {
  private readonly options: RegistrationOptions;
  private readonly waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  private current: RegistrationState = { status: "registering" };
  private expiresSeconds: number;
  private timer: TimerHandle | undefined;
  private retryMs = FIRST_RETRY_MS;
  private binding: Binding | undefined;
  private callId: string | undefined;
  private fromTag: string | undefined;
  private cseq = 0;
  private stopped = false;
  private keepAlive: TimerHandle | undefined;
  private stopWatching: (() => void) | undefined;

  constructor(options: RegistrationOptions) {
    this.options = options;
    this.expiresSeconds = options.expiresSeconds;
    this.attempt();
  }

  get state(): RegistrationState {
    return this.current;
  }

  /** Settles when registered; rejects at the first failure, though attempts go on. */
  registered(): Promise<void> {
    if (this.current.status === "registered") return Promise.resolve();
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  /** Takes the binding back, if the registrar still answers. */
  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    const { clock } = this.options;
    clock.clear(this.timer);
    clock.clear(this.keepAlive);
    this.stopWatching?.();
    const wasRegistered = this.current.status === "registered";
    this.settle({ status: "unregistered" });
    if (!wasRegistered || !this.binding) return;
    await new Promise<void>((resolve) => {
      const impatient = clock.setTimeout(resolve, UNREGISTER_WAIT_MS);
      const done = () => {
        clock.clear(impatient);
        resolve();
      };
      this.send(0, done, done);
    });
    if (this.callId) this.binding.clearNextHop(this.callId);
  }

  private attempt(): void {
    this.timer = undefined;
    this.options
      .findRoute()
      .then((route) => {
        if (this.stopped) return;
        this.follow(route);
        this.send(
          this.expiresSeconds,
          (response) => this.accepted(response),
          (response) => this.refused(response),
        );
      })
      .catch((error: unknown) => this.failed(undefined, messageOf(error)));
  }

  private follow(route: Route): void {
    if (this.binding !== route.binding) {
      this.callId = undefined;
      this.fromTag = undefined;
    }
    this.binding = route.binding;
    const { clock } = this.options;
    clock.clear(this.keepAlive);
    this.keepAlive = clock.setInterval(() => route.binding.keepAlive(route.hop), KEEP_ALIVE_MS);
    this.stopWatching?.();
    this.stopWatching = route.binding.onUnreachable((remote) => {
      const same = remote.address === route.hop.address && remote.port === route.hop.port;
      // The registrar sends calls over a flow that is gone: open another one.
      if (same && this.current.status === "registered") {
        this.current = { status: "registering" };
        this.again(FIRST_RETRY_MS);
      }
    });
    this.callId ??= route.binding.newToken();
    this.fromTag ??= route.binding.newToken();
    route.binding.setNextHop(this.callId, route.hop);
  }

  private send(
    expiresSeconds: number,
    onAccept: (response: IncomingResponseMessage) => void,
    onReject: (response: IncomingResponseMessage) => void,
  ): void {
    const { binding, callId, fromTag } = this;
    const registrar = toSipjsUri(this.options.registrar);
    const address = toSipjsUri(this.options.addressOfRecord);
    if (!binding || !callId || !fromTag || !registrar || !address) return;
    const { core } = binding;
    const contact = core.configuration.contact.toString();
    const message = core.makeOutgoingRequestMessage(
      "REGISTER",
      registrar,
      address,
      address,
      { callId, fromTag, cseq: this.cseq + 1 },
      [`Contact: ${contact};expires=${expiresSeconds}`, `Expires: ${expiresSeconds}`],
    );
    const keepCount = (handle: (response: IncomingResponseMessage) => void) => {
      return ({ message: response }: { message: IncomingResponseMessage }) => {
        // Authentication may have used further numbers.
        this.cseq = message.cseq;
        handle(response);
      };
    };
    core.register(message, {
      onAccept: keepCount(onAccept),
      onRedirect: keepCount(onReject),
      onReject: keepCount(onReject),
    });
  }

  private accepted(response: IncomingResponseMessage): void {
    if (this.stopped) return;
    const expiresSeconds = this.granted(response);
    this.retryMs = FIRST_RETRY_MS;
    this.settle({ status: "registered", expiresSeconds });
    this.again(expiresSeconds * 1_000 * REFRESH_AT);
  }

  /** What the registrar grants our own contact among several (RFC 3261 10.2.4). */
  private granted(response: IncomingResponseMessage): number {
    const uri = this.binding?.core.configuration.contact.uri;
    const own = response
      .getHeaders("contact")
      .map((value) => parseNameAddr(value))
      .find((contact) => contact?.uri.host === uri?.host && contact?.uri.port === uri?.port);
    const text = own?.params["expires"] ?? response.getHeader("expires");
    const seconds = Number(text ?? this.expiresSeconds);
    return Number.isFinite(seconds) && seconds >= 1 ? Math.min(seconds, 86_400) : 60;
  }

  private refused(response: IncomingResponseMessage): void {
    if (this.stopped) return;
    const status = response.statusCode ?? 0;
    const minimum = Number(response.getHeader("min-expires"));
    if (status === 423 && minimum > this.expiresSeconds && minimum <= 86_400) {
      this.expiresSeconds = minimum;
      this.attempt();
      return;
    }
    if (isSynthetic(response)) this.failed(undefined, "the registrar did not answer");
    else this.failed(status, `the registrar answered ${status}`);
  }

  private failed(sipStatus: number | undefined, detail: string): void {
    if (this.stopped) return;
    this.options.logger.warn({ sipStatus, detail }, "registration failed");
    this.settle({ status: "failed", detail, ...(sipStatus === undefined ? {} : { sipStatus }) });
    this.again(this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, MAX_RETRY_MS);
  }

  private again(afterMs: number): void {
    const { clock } = this.options;
    clock.clear(this.timer);
    this.timer = clock.setTimeout(() => this.attempt(), afterMs);
  }

  private settle(state: RegistrationState): void {
    this.current = state;
    if (state.status === "registering") return;
    for (const { resolve, reject } of this.waiting.splice(0))
      if (state.status === "registered") resolve();
      else
        reject(
          new OffhookError(
            "TRANSPORT_FAILED",
            state.status === "failed" ? `Not registered: ${state.detail}.` : "Unregistered.",
            { remedy: "Check the trunk's address, user name and password." },
          ),
        );
  }
}
