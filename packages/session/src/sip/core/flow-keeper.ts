import type { Clock, TimerHandle } from "../../clock.js";
import { type HostPort, hostPortKey } from "../transport/wire.js";

/** Below what NATs and firewalls forget a way after, and servers idle connections. */
export const KEEP_ALIVE_MS = 25_000;

export interface FlowKeeperOptions {
  readonly clock: Clock;
  /** Where the calls that are up go. */
  readonly flows: () => Iterable<HostPort>;
  readonly keepAlive: (flow: HostPort) => void;
}

/** Keeps the connections of calls that are up open, in which hardly anything is said before BYE. */
export class FlowKeeper {
  private readonly options: FlowKeeperOptions;
  private timer: TimerHandle | undefined;

  constructor(options: FlowKeeperOptions) {
    this.options = options;
  }

  /** There is a call. */
  start(): void {
    const { clock, flows, keepAlive } = this.options;
    this.timer ??= clock.setTimeout(() => {
      this.timer = undefined;
      const distinct = new Map([...flows()].map((flow) => [hostPortKey(flow), flow]));
      for (const flow of distinct.values()) keepAlive(flow);
      if (distinct.size > 0) this.start();
    }, KEEP_ALIVE_MS);
  }

  stop(): void {
    this.options.clock.clear(this.timer);
    this.timer = undefined;
  }
}
