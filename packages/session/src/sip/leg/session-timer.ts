import type { Clock, TimerHandle } from "../../clock.js";

/** The least interval we accept, in seconds (RFC 4028 5). */
export const MIN_SESSION_SECONDS = 90;
export const DEFAULT_SESSION_SECONDS = 1_800;
/** A peer that asks for more has something else in mind than finding dead calls. */
export const MAX_SESSION_SECONDS = 86_400;

export interface SessionInterval {
  readonly seconds: number;
  readonly refresher: "uac" | "uas" | undefined;
}

/** `Session-Expires: 1800;refresher=uac` (RFC 4028 4). */
export function parseSessionExpires(value: string | undefined): SessionInterval | undefined {
  const match = /^\s*(\d{1,9})\s*(;.*)?$/.exec(value ?? "");
  if (!match) return undefined;
  const refresher = /;\s*refresher\s*=\s*(uac|uas)\b/i.exec(match[2] ?? "")?.[1]?.toLowerCase();
  return {
    seconds: Number(match[1]),
    refresher: refresher === "uac" || refresher === "uas" ? refresher : undefined,
  };
}

export interface SessionTimerOptions {
  readonly clock: Clock;
  readonly seconds: number;
  /** Whether refreshing is our part. */
  readonly weRefresh: boolean;
  readonly refresh: () => void;
  readonly onExpired: () => void;
}

/** Keeps one dialog's session alive, or notices that it is not (RFC 4028 10). */
export class SessionTimer {
  private readonly options: SessionTimerOptions;
  private refreshing: TimerHandle | undefined;
  private expiring: TimerHandle | undefined;

  constructor(options: SessionTimerOptions) {
    this.options = options;
    this.restart();
  }

  /** A refresh went through, in either direction. */
  restart(): void {
    const { clock, seconds, weRefresh } = this.options;
    this.stop();
    if (weRefresh) this.refreshing = clock.setTimeout(this.options.refresh, (seconds / 2) * 1_000);
    // The side that waits gives up a little before the session does.
    const marginSeconds = weRefresh ? 0 : Math.min(32, seconds / 3);
    this.expiring = clock.setTimeout(this.options.onExpired, (seconds - marginSeconds) * 1_000);
  }

  stop(): void {
    this.options.clock.clear(this.refreshing);
    this.options.clock.clear(this.expiring);
  }
}
