import type { CarrierHealth, TrunkState } from "../../carrier.js";
import type { Clock, TimerHandle } from "../../clock.js";
import { messageOf } from "../../errors.js";
import type { Logger } from "../../logger.js";
import type { PingOptions, PingResult } from "./options-ping.js";

export interface TrunkHealthOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Between the end of one check and the next. */
  readonly everyMs: number;
  readonly ping: (how: PingOptions) => Promise<PingResult>;
}

/** A trunk that is silent for longer than three repeats of the OPTIONS is down. */
const SILENT_MS = 5_000;

/**
 * Asks a trunk again and again whether it is there. Any answer means yes, a refusal of OPTIONS
 * included, except 503, by which a server says that it takes no calls (RFC 3261 21.5.4).
 */
export class TrunkHealth implements CarrierHealth {
  private readonly options: TrunkHealthOptions;
  private readonly listeners = new Set<(state: TrunkState) => void>();
  private current: TrunkState = { status: "unknown" };
  private timer: TimerHandle | undefined;
  private stopped = false;

  constructor(options: TrunkHealthOptions) {
    this.options = options;
    void this.check();
  }

  get state(): TrunkState {
    return this.current;
  }

  onChange(listener: (state: TrunkState) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  stop(): void {
    this.stopped = true;
    this.listeners.clear();
    this.options.clock.clear(this.timer);
  }

  private async check(): Promise<void> {
    const { clock, everyMs } = this.options;
    const silent = new Promise<TrunkState>((resolve) => {
      this.timer = clock.setTimeout(
        () => resolve({ status: "down", detail: `no answer for ${SILENT_MS} ms` }),
        SILENT_MS,
      );
    });
    const state = await Promise.race([this.ask(), silent]);
    clock.clear(this.timer);
    if (this.stopped) return;
    this.learn(state);
    this.timer = clock.setTimeout(() => void this.check(), everyMs);
  }

  private async ask(): Promise<TrunkState> {
    try {
      const { status, phrase, failure, roundTripMs } = await this.options.ping({
        withinMs: SILENT_MS,
      });
      if (status === undefined) return { status: "down", detail: failure ?? "no answer" };
      if (status === 503) return { status: "down", detail: `${status} ${phrase ?? ""}`.trim() };
      return { status: "up", roundTripMs };
    } catch (error) {
      return { status: "down", detail: messageOf(error) };
    }
  }

  private learn(state: TrunkState): void {
    const changed = state.status !== this.current.status;
    this.current = state;
    if (!changed) return;
    const { logger } = this.options;
    if (state.status === "down") logger.warn({ detail: state.detail }, "the trunk is down");
    else logger.info({ roundTripMs: state.roundTripMs }, "the trunk is up");
    for (const listener of [...this.listeners]) listener(state);
  }
}
