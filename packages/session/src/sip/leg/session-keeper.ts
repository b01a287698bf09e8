import {
  type IncomingResponseMessage,
  NonInviteClientTransaction,
  type Session,
  SessionDialog,
  UserAgentClient,
} from "sip.js/lib/core/index.js";
import type { Clock } from "../../clock.js";
import { refreshTarget } from "../core/sipjs-patches.js";
import { isSynthetic } from "../message/evidence.js";
import {
  MAX_SESSION_SECONDS,
  MIN_SESSION_SECONDS,
  parseSessionExpires,
  type SessionInterval,
  SessionTimer,
} from "./session-timer.js";

interface Headers {
  getHeader(name: string): string | undefined;
}

export interface SessionKeeperOptions {
  readonly clock: Clock;
  readonly session: Session;
  readonly contact: string;
  /** Refreshes with a re-INVITE, for peers without UPDATE. */
  readonly reinvite: () => void;
  readonly onLost: (detail: string) => void;
}

/** The session timer of one dialog in both roles (RFC 4028), refreshed by UPDATE where possible. */
export class SessionKeeper {
  private readonly options: SessionKeeperOptions;
  private timer: SessionTimer | undefined;
  private interval: SessionInterval | undefined;
  private peerTakesUpdate = false;

  constructor(options: SessionKeeperOptions) {
    this.options = options;
  }

  /** The header for our own re-INVITE or UPDATE. */
  get requestHeaders(): string[] {
    if (!this.interval) return [];
    return [`Session-Expires: ${this.interval.seconds};refresher=uac`, minSe];
  }

  /** What the peer says it can do, from any message of its own. */
  learn(message: Headers): void {
    const allow = message.getHeader("allow");
    if (allow !== undefined) this.peerTakesUpdate = /\bUPDATE\b/i.test(allow);
  }

  /** A 2xx to a request of ours. */
  agreedAsClient(response: Headers): void {
    const interval = parseSessionExpires(response.getHeader("session-expires"));
    if (interval) this.start(interval, interval.refresher !== "uas");
    else if (this.interval) this.timer?.restart();
  }

  /** A request of the peer that we are about to accept; the headers for our 2xx. */
  agreeAsServer(request: Headers): string[] {
    const interval = parseSessionExpires(request.getHeader("session-expires"));
    if (!interval) {
      this.timer?.restart();
      return [];
    }
    const agreed = agreement(request, interval);
    this.start({ seconds: interval.seconds, refresher: agreed }, agreed === "uas");
    return sessionHeaders(request);
  }

  /** The peer wants refreshes less often than we asked for (RFC 4028 7.4); false where that is no reason. */
  lengthen(refusal: Headers): boolean {
    const least = leastSeconds(refusal);
    if (!this.interval || least === undefined || least <= this.interval.seconds) return false;
    this.interval = { ...this.interval, seconds: least };
    return true;
  }

  stop(): void {
    this.timer?.stop();
    this.timer = undefined;
  }

  private start(interval: SessionInterval, weRefresh: boolean): void {
    this.timer?.stop();
    const seconds = Math.max(interval.seconds, MIN_SESSION_SECONDS);
    this.interval = { ...interval, seconds };
    this.timer = new SessionTimer({
      clock: this.options.clock,
      seconds,
      weRefresh,
      refresh: () => this.refresh(),
      onExpired: () => this.options.onLost("the session timer ran out"),
    });
  }

  private refresh(): void {
    const { session, contact, reinvite } = this.options;
    if (!this.peerTakesUpdate || !(session instanceof SessionDialog)) {
      reinvite();
      return;
    }
    const message = session.createOutgoingRequestMessage("UPDATE", {
      extraHeaders: [contact, ...this.requestHeaders],
    });
    new UserAgentClient(NonInviteClientTransaction, session.userAgentCore, message, {
      onAccept: ({ message: response }) => {
        refreshTarget(session, response);
        this.agreedAsClient(response);
      },
      onReject: ({ message: response }) => this.refused(response),
    });
  }

  private refused(response: IncomingResponseMessage): void {
    const status = response.statusCode ?? 0;
    if (status === 422 && this.lengthen(response)) this.refresh();
    else if (status === 481 || isSynthetic(response))
      this.options.onLost(
        `a session refresh was answered ${isSynthetic(response) ? "by nobody" : status}`,
      );
    else {
      this.peerTakesUpdate = false;
      this.options.reinvite();
    }
  }
}

/** What our 2xx says about the session timer that a request asks for. */
export function sessionHeaders(request: Headers): string[] {
  const interval = parseSessionExpires(request.getHeader("session-expires"));
  if (!interval) return [];
  return [
    `Session-Expires: ${interval.seconds};refresher=${agreement(request, interval)}`,
    ...(takesTimer(request) ? ["Require: timer"] : []),
  ];
}

/** Who refreshes (RFC 4028 9, table 2): the caller, where it can and did not say otherwise. */
function agreement(request: Headers, interval: SessionInterval): "uac" | "uas" {
  return takesTimer(request) ? (interval.refresher ?? "uac") : "uas";
}

function takesTimer(request: Headers): boolean {
  return /\btimer\b/i.test(request.getHeader("supported") ?? "");
}

/** What a 422 says in its Min-SE; undefined where that is no interval anybody would want. */
export function leastSeconds(refusal: Headers): number | undefined {
  const seconds = parseSessionExpires(refusal.getHeader("min-se"))?.seconds;
  return seconds !== undefined && seconds <= MAX_SESSION_SECONDS ? seconds : undefined;
}

const minSe = `Min-SE: ${MIN_SESSION_SECONDS}`;

/** The 422 for a session that the peer wants refreshed too often (RFC 4028 9); undefined when fine. */
export function tooBrief(request: Headers): string[] | undefined {
  const interval = parseSessionExpires(request.getHeader("session-expires"));
  if (!interval || interval.seconds >= MIN_SESSION_SECONDS) return undefined;
  return takesTimer(request) ? [minSe] : undefined;
}
