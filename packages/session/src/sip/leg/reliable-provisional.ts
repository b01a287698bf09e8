import type { Clock, TimerHandle } from "../../clock.js";
import { T1_MS, T2_MS } from "../core/transaction-book.js";

/** `RSeq` starts low so that it never wraps (RFC 3262 3). */
const MAX_FIRST_RSEQ = 1_000_000;

export interface ReliableProvisionalOptions {
  readonly clock: Clock;
  readonly unit: number;
  /** No PRACK within 64·T1: the call is to be refused with 504 (RFC 3262 3). */
  readonly onUnacknowledged: () => void;
}

/** Sends provisional responses reliably, one at a time, until each PRACK came (RFC 3262 3). */
export class ReliableProvisionals {
  private readonly options: ReliableProvisionalOptions;
  private readonly waiting: ((headers: string[]) => void)[] = [];
  private readonly idle: (() => void)[] = [];
  private nextRseq: number;
  private open: { rseq: number; send: () => void; sinceMs: number } | undefined;
  private timer: TimerHandle | undefined;

  constructor(options: ReliableProvisionalOptions) {
    this.options = options;
    this.nextRseq = Math.floor(options.unit * MAX_FIRST_RSEQ) + 1;
  }

  /** Sends now, or when those before it were acknowledged. `send` is called again for each repeat. */
  send(send: (headers: string[]) => void): void {
    this.waiting.push(send);
    this.proceed();
  }

  /** Runs once nothing is unacknowledged: a 2xx must wait for that (RFC 3262 5). */
  whenIdle(work: () => void): void {
    if (this.open) this.idle.push(work);
    else work();
  }

  /** Whether the `RAck` of a PRACK names what is unacknowledged; one that does not deserves 481. */
  isOpen(rack: string | undefined): boolean {
    const rseq = Number(/^\s*(\d+)\s+\d+\s+INVITE\s*$/i.exec(rack ?? "")?.[1] ?? Number.NaN);
    return this.open?.rseq === rseq;
  }

  /** What is unacknowledged is so no longer: goes on to what waits. */
  acknowledge(): void {
    this.options.clock.clear(this.timer);
    this.open = undefined;
    this.proceed();
    if (!this.open) for (const work of this.idle.splice(0)) work();
  }

  stop(): void {
    this.options.clock.clear(this.timer);
    this.open = undefined;
    this.waiting.length = 0;
    this.idle.length = 0;
  }

  private proceed(): void {
    if (this.open) return;
    const send = this.waiting.shift();
    if (!send) return;
    const rseq = this.nextRseq++;
    const again = () => send(["Require: 100rel", `RSeq: ${rseq}`]);
    this.open = { rseq, send: again, sinceMs: this.options.clock.nowMs() };
    again();
    this.repeat(T1_MS);
  }

  private repeat(afterMs: number): void {
    this.timer = this.options.clock.setTimeout(() => {
      if (!this.open) return;
      if (this.options.clock.nowMs() - this.open.sinceMs >= 64 * T1_MS) {
        this.stop();
        this.options.onUnacknowledged();
        return;
      }
      this.open.send();
      this.repeat(Math.min(afterMs * 2, T2_MS));
    }, afterMs);
  }
}
