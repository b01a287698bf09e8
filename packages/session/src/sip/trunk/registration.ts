import type { IncomingResponseMessage } from "sip.js/lib/core/index.js";
import type { Clock, TimerHandle } from "../../clock.js";
import { messageOf, OffhookError } from "../../errors.js";
import type { Logger } from "../../logger.js";
import type { Random } from "../../random.js";
import type { Binding } from "../binding.js";
import { KEEP_ALIVE_MS } from "../core/flow-keeper.js";
import { isSynthetic } from "../message/evidence.js";
import { parseNameAddr } from "../message/header-value.js";
import { toSipjsUri } from "../message/sipjs-message.js";
import type { HopTroubles } from "../route/hop-troubles.js";
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
  readonly random: Random;
  /** The ways to the registrar, best first. @throws ADDRESS_UNRESOLVED, TRANSPORT_FAILED */
  readonly findRoutes: () => Promise<readonly Route[]>;
  /** How long one that is not the last may leave us without any response. */
  readonly failoverMs: number;
  readonly troubles: HopTroubles;
}

/** Registers anew when this much of the granted time is over. */
const REFRESH_AT = 0.8;
const FIRST_RETRY_MS = 2_000;
const MAX_RETRY_MS = 60_000;
/** A registrar may ask for a longer pause than we would make (RFC 3261 20.33), up to this. */
const MAX_PAUSE_MS = 3_600_000;
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
  /** The way we go now. */
  private route: Route | undefined;
  /** The one we try. */
  private asked: Route | undefined;
  /** Those to try after it. */
  private others: readonly Route[] = [];
  private attempts = 0;
  private failover: TimerHandle | undefined;
  /** The Contact that the registrar has of us. */
  private heldContact: string | undefined;
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

  /** The flow that the registrar sends calls over, while we are registered. */
  get flow(): Route | undefined {
    return this.current.status === "registered" ? this.route : undefined;
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
    clock.clear(this.failover);
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

  /** By the way that worked last, else by the best of those there are. */
  private attempt(): void {
    this.timer = undefined;
    if (this.route) return this.ask(this.route);
    this.options
      .findRoutes()
      .then(([route, ...others]) => {
        if (this.stopped) return;
        if (!route) return this.failed(undefined, "the registrar has no address");
        this.others = others;
        this.ask(route);
      })
      .catch((error: unknown) => this.failed(undefined, messageOf(error)));
  }

  private ask(route: Route): void {
    const { clock, failoverMs } = this.options;
    this.asked = route;
    this.attempts += 1;
    const attempt = this.attempts;
    const isCurrent = () => attempt === this.attempts && !this.stopped;
    // A refresh that waits as long as SIP may (Timer F) would come too late for another one.
    const isRefresh = route === this.route;
    if (isRefresh || this.others.length > 0)
      this.failover = clock.setTimeout(
        () => {
          if (isCurrent()) this.passOn(undefined, "the registrar did not answer");
        },
        isRefresh ? 2 * failoverMs : failoverMs,
      );
    const heeding = (handle: (response: IncomingResponseMessage) => void) => {
      return (response: IncomingResponseMessage) => {
        if (isCurrent()) handle(response);
      };
    };
    route.binding
      .prepare(route.hop)
      .then(() => {
        if (!isCurrent()) return;
        this.follow(route);
        this.send(
          this.expiresSeconds,
          heeding((response) => this.accepted(response)),
          heeding((response) => this.refused(response)),
        );
      })
      .catch((error: unknown) => this.passOn(undefined, messageOf(error)));
  }

  /** This way leads nowhere: by the next one at once (RFC 3263 4.3), else by any of them later. */
  private passOn(sipStatus: number | undefined, detail: string, retryAfter?: string): void {
    const { clock, troubles } = this.options;
    clock.clear(this.failover);
    if (this.asked) troubles.add(this.asked.hop);
    this.route = undefined;
    const [next, ...others] = this.others;
    this.others = others;
    if (next) this.ask(next);
    else this.failed(sipStatus, detail, retryAfter);
  }

  private follow(route: Route): void {
    if (this.binding !== route.binding) {
      if (this.callId) this.binding?.clearNextHop(this.callId);
      this.callId = undefined;
      this.fromTag = undefined;
      this.heldContact = undefined;
    }
    this.binding = route.binding;
    this.route = route;
    const { clock } = this.options;
    clock.clear(this.keepAlive);
    // Connections are kept open by whom they belong to.
    if (!route.binding.wire.reliable)
      this.keepAlive = clock.setInterval(() => route.binding.keepAlive(route.hop), KEEP_ALIVE_MS);
    this.stopWatching?.();
    this.stopWatching = route.binding.onUnreachable((remote) => {
      const same = remote.address === route.hop.address && remote.port === route.hop.port;
      // The registrar sends calls over a flow that is gone: open another one.
      if (same && this.current.status === "registered") {
        this.current = { status: "registering" };
        this.route = undefined;
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
    const { heldContact: held } = this;
    const message = core.makeOutgoingRequestMessage(
      "REGISTER",
      registrar,
      address,
      address,
      { callId, fromTag, cseq: this.cseq + 1 },
      [
        `Contact: ${contact};expires=${expiresSeconds}`,
        // Where we were, nobody listens any more: calls sent there would be lost.
        ...(held === undefined || held === contact ? [] : [`Contact: ${held};expires=0`]),
        `Expires: ${expiresSeconds}`,
      ],
    );
    const keepCount = (handle: (response: IncomingResponseMessage) => void) => {
      return ({ message: response }: { message: IncomingResponseMessage }) => {
        // Authentication may have used further numbers.
        this.cseq = message.cseq;
        if ((response.statusCode ?? 0) < 300) this.heldContact = contact;
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
    this.options.clock.clear(this.failover);
    if (this.route) this.options.troubles.end(this.route.hop);
    this.others = [];
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
    const status = response.statusCode ?? 0;
    const minimum = Number(response.getHeader("min-expires"));
    this.options.clock.clear(this.failover);
    if (status === 423 && minimum > this.expiresSeconds && minimum <= 86_400) {
      this.expiresSeconds = minimum;
      this.attempt();
      return;
    }
    if (isSynthetic(response)) return this.passOn(undefined, "the registrar did not answer");
    const detail = `the registrar answered ${status}`;
    const retryAfter = response.getHeader("retry-after");
    if (status === 503) this.passOn(status, detail, retryAfter);
    else this.failed(status, detail, retryAfter);
  }

  private failed(sipStatus: number | undefined, detail: string, retryAfter?: string): void {
    if (this.stopped) return;
    const { logger, random } = this.options;
    this.route = undefined;
    logger.warn({ sipStatus, detail }, "registration failed");
    this.settle({ status: "failed", detail, ...(sipStatus === undefined ? {} : { sipStatus }) });
    const pauseMs = Number.parseInt(retryAfter ?? "", 10) * 1_000 || 0;
    // Those who lost a registrar together do not come back together (RFC 5626 4.5).
    const backoffMs = this.retryMs * (0.5 + random.unit() / 2);
    this.again(Math.min(Math.max(pauseMs, backoffMs), MAX_PAUSE_MS));
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
