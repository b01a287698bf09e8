import type { IncomingResponseMessage, OutgoingRequestMessage } from "sip.js/lib/core/index.js";
import type { TimerHandle } from "../../clock.js";
import { messageOf } from "../../errors.js";
import { finalOf, isSynthetic } from "../message/evidence.js";
import type { CallerId } from "../route/caller-id.js";
import type { Route } from "../route/route.js";
import type { LegSettings } from "./leg-settings.js";
import { type Attempt, fitsDatagram, makeInvite } from "./outbound-invite.js";
import { RedirectGuard } from "./redirect.js";
import { leastSeconds } from "./session-keeper.js";
import { DEFAULT_SESSION_SECONDS } from "./session-timer.js";

export interface AttemptsOptions {
  readonly requestUri: string;
  readonly from: CallerId;
  /** Header lines for the INVITE. */
  readonly extraHeaders: readonly string[];
  /**
   * The ways to reach a URI, best first: over the trunk, or straight to its host after a redirect.
   * @throws ADDRESS_UNRESOLVED, ADDRESS_IN_USE, TRANSPORT_FAILED
   */
  readonly findRoutes: (uri: string, over: "trunk" | "direct") => Promise<readonly Route[]>;
  /** Where a `tel:` URI is called: by its number at our trunk, if there is one. */
  readonly uriOfNumber: (uri: string) => string | undefined;
  /** Our SDP, for one INVITE. */
  readonly offer: () => string;
  readonly settings: Pick<LegSettings, "clock" | "failoverMs" | "logger" | "troubles">;
}

/** The ways that one call may still go, best first, and the INVITE for each of them. */
export class Attempts {
  private readonly options: AttemptsOptions;
  private readonly redirects: RedirectGuard;
  private left: Attempt[] = [];
  private sent: OutgoingRequestMessage | undefined;
  /** The INVITE of the first one left, where it was measured already. */
  private draft: OutgoingRequestMessage | undefined;
  private sessionSeconds = DEFAULT_SESSION_SECONDS;
  /** What the first choice of a redirect said, where others were left to ask. */
  private refusal: IncomingResponseMessage | undefined;

  constructor(options: AttemptsOptions) {
    this.options = options;
    this.redirects = new RedirectGuard(options.requestUri);
  }

  get current(): Attempt | undefined {
    return this.left[0];
  }

  /** Whether another way is left should the current one fail. */
  get hasNext(): boolean {
    return this.left.length > 1;
  }

  async begin(routes: readonly Route[]): Promise<void> {
    const { requestUri } = this.options;
    this.left = await this.fitted(routes.map((route) => ({ route, requestUri })));
  }

  /**
   * Makes the connection of the current attempt: our INVITE names our end of it. A server that nobody
   * reaches is passed over in the time that a silent one has.
   */
  async connect(): Promise<void> {
    const { clock, failoverMs } = this.options.settings;
    for (;;) {
      const { binding, hop } = this.current?.route ?? {};
      if (!binding || !hop || !binding.wire.reliable) return;
      if (!this.hasNext) return binding.prepare(hop);
      let timer: TimerHandle | undefined;
      const late = new Promise<void>((resolve) => {
        timer = clock.setTimeout(resolve, failoverMs);
      });
      await Promise.race([binding.prepare(hop), late]);
      clock.clear(timer);
      if (binding.wire.isOpen?.(hop) !== false) return;
      this.passOver();
    }
  }

  /** The INVITE of the current attempt, to be sent now. */
  nextInvite(attempt: Attempt): OutgoingRequestMessage {
    this.sent = this.draft ?? this.makeInvite(attempt);
    this.draft = undefined;
    return this.sent;
  }

  /** Goes on to the next one; false when there is none. */
  skip(): boolean {
    this.left.shift();
    return this.left.length > 0;
  }

  /** Goes on to the next one, because the server of this one is silent or out of reach. */
  passOver(): void {
    if (this.current) this.options.settings.troubles.add(this.current.route.hop);
    this.skip();
  }

  /**
   * What a failure leaves: true when `current` is another attempt, or the same one made better. A
   * redirect takes its time to be looked up.
   */
  after(failure: IncomingResponseMessage, rang: boolean): boolean | Promise<boolean> {
    const attempt = this.current;
    if (!attempt) return false;
    const status = failure.statusCode ?? 0;
    const { troubles } = this.options.settings;
    const { hop } = attempt.route;
    if (isSynthetic(failure)) {
      troubles.add(hop);
      return rang ? false : this.skip();
    }
    // RFC 3263 4.3. A hop that refused over a stream would refuse over UDP.
    if (status === 503) {
      const { retryAfter } = finalOf(failure);
      troubles.add(hop, retryAfter === undefined ? undefined : retryAfter * 1_000);
      this.left = this.left.filter(({ route }) => route.hop !== hop);
      return this.left.length > 0;
    }
    if (status === 422) return this.lengthenSession(leastSeconds(failure));
    if (status >= 400) return this.passChoice(attempt, failure);
    const targets = this.redirects.next(failure.getHeaders("contact"));
    if (targets.length === 0) return this.skip();
    // A 305 names a proxy, not whom to call (RFC 3261 21.3.4).
    return this.redirect(targets, status === 305 ? attempt.requestUri : undefined);
  }

  /**
   * What to tell of a call that failed with `last`: of several places that a redirect named, what
   * the best of them said, unless somebody spoke for all (RFC 3261 21.6).
   */
  verdict(last: IncomingResponseMessage): IncomingResponseMessage {
    return (last.statusCode ?? 0) >= 600 ? last : (this.refusal ?? last);
  }

  /** One of several places a redirect named refused: the others are asked (RFC 3261 8.1.3.4). */
  private passChoice(attempt: Attempt, refusal: IncomingResponseMessage): boolean {
    if (!attempt.redirected || (refusal.statusCode ?? 0) >= 600) return false;
    const { requestUri } = attempt;
    const choices = this.left.filter(
      (other) => other.redirected && other.requestUri !== requestUri,
    );
    if (choices.length > 0) this.left = choices;
    this.refusal ??= refusal;
    return choices.length > 0;
  }

  private lengthenSession(least: number | undefined): boolean {
    if (least === undefined || least <= this.sessionSeconds) return false;
    this.sessionSeconds = least;
    return true;
  }

  private async redirect(targets: readonly string[], callee?: string): Promise<boolean> {
    const { findRoutes, uriOfNumber, settings } = this.options;
    const found: Attempt[] = [];
    for (const target of targets)
      try {
        const atTrunk = uriOfNumber(target);
        const requestUri = callee ?? atTrunk ?? target;
        const routes = await findRoutes(
          atTrunk ?? target,
          atTrunk === undefined ? "direct" : "trunk",
        );
        found.push(...routes.map((route) => ({ route, requestUri, redirected: true as const })));
      } catch (error) {
        settings.logger.debug({ error: messageOf(error) }, "a redirect target has no address");
      }
    this.left = [...(await this.fitted(found)), ...this.left.slice(1)];
    return this.left.length > 0;
  }

  /**
   * An INVITE that is too large for a datagram goes over a stream first, where the peer takes one
   * (RFC 3261 18.1.1).
   */
  private async fitted(attempts: Attempt[]): Promise<Attempt[]> {
    const [first] = attempts;
    const { overStream } = first?.route ?? {};
    if (!first || !overStream) return attempts;
    const message = this.makeInvite(first);
    const route = fitsDatagram(message) ? undefined : await overStream();
    if (!route) this.draft = message;
    return route ? [{ ...first, route, moved: true }, ...attempts] : attempts;
  }

  private makeInvite(attempt: Attempt): OutgoingRequestMessage {
    const { requestUri, from, extraHeaders, offer } = this.options;
    return makeInvite(attempt, {
      toUri: requestUri,
      from,
      sessionSeconds: this.sessionSeconds,
      extraHeaders,
      sdp: offer(),
      before: this.sent,
    });
  }
}
