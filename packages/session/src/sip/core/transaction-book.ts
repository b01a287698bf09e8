import type { Clock, TimerHandle } from "../../clock.js";
import type { HostPort } from "../transport/wire.js";

/** The timer values of RFC 3261 17, table 4. */
export const T1_MS = 500;
export const T2_MS = 4_000;
export const T4_MS = 5_000;
export const TRANSACTION_MS = 64 * T1_MS;

/** What is repeated to us is answered again at most this often; two replaying peers must not ping-pong. */
export const REPLAY_EVERY_MS = 100;
/** A request that nobody answers is remembered this long, so that its repeats stay absorbed. */
export const UNANSWERED_MS = 300_000;
const SWEEP_EVERY_MS = 1_000;

/** What names a transaction (RFC 3261 17.1.3, 17.2.3). */
export interface TransactionKey {
  readonly branch: string;
  /** The Via's host and port; empty for our own requests. */
  readonly sentBy: string;
  /** From CSeq. */
  readonly method: string;
}

export interface RepeatOptions {
  readonly clock: Clock;
  /** False where the transport repeats by itself: then transactions are only kept track of. */
  readonly repeats: boolean;
  /** Puts a message on the wire again. Never throws. */
  readonly resend: (text: string, to: HostPort) => void;
}

interface Entry {
  timer: TimerHandle | undefined;
  expiresMs: number;
}

/** Transactions by name, each with at most one timer, and forgotten at its time. */
export class TransactionBook<Kept extends Entry> {
  private readonly clock: Clock;
  private readonly entries = new Map<string, Kept>();
  private sweeper: TimerHandle | undefined;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get size(): number {
    return this.entries.size;
  }

  get(name: string): Kept | undefined {
    return this.entries.get(name);
  }

  add(name: string, entry: Kept): void {
    this.entries.set(name, entry);
    this.keepSweeping();
  }

  remove(name: string): void {
    const entry = this.entries.get(name);
    if (entry) this.stop(entry);
    this.entries.delete(name);
  }

  values(): MapIterator<Kept> {
    return this.entries.values();
  }

  [Symbol.iterator](): MapIterator<[string, Kept]> {
    return this.entries.entries();
  }

  /** Clears the timer of one. */
  stop(entry: Kept): void {
    this.clock.clear(entry.timer);
    entry.timer = undefined;
  }

  close(): void {
    for (const entry of this.entries.values()) this.stop(entry);
    this.entries.clear();
    this.clock.clear(this.sweeper);
    this.sweeper = undefined;
  }

  private keepSweeping(): void {
    this.sweeper ??= this.clock.setTimeout(() => {
      this.sweeper = undefined;
      const nowMs = this.clock.nowMs();
      for (const [name, entry] of this.entries) if (entry.expiresMs <= nowMs) this.remove(name);
      if (this.entries.size > 0) this.keepSweeping();
    }, SWEEP_EVERY_MS);
  }
}
