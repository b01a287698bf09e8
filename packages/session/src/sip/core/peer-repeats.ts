import type { Clock, TimerHandle } from "../../clock.js";
import type { HostPort } from "../transport/wire.js";
import {
  REPLAY_EVERY_MS,
  type RepeatOptions,
  T1_MS,
  T2_MS,
  TRANSACTION_MS,
  TransactionBook,
  type TransactionKey,
  UNANSWERED_MS,
} from "./transaction-book.js";

const MAX_ENTRIES = 200_000;

interface PeerEntry {
  response: string | undefined;
  to: HostPort;
  final: number;
  acked: boolean;
  sentMs: number;
  intervalMs: number;
  timer: TimerHandle | undefined;
  expiresMs: number;
}

/**
 * The retransmissions of RFC 3261 17.2 over raw messages: timer G repeats our refusal until the ACK;
 * H, I, J and L (RFC 6026) absorb requests that come again, and answer them again.
 */
export class PeerRepeats {
  private readonly clock: Clock;
  private readonly repeats: boolean;
  private readonly resend: RepeatOptions["resend"];
  private readonly requests: TransactionBook<PeerEntry>;
  private closed = false;

  constructor({ clock, repeats, resend }: RepeatOptions) {
    this.clock = clock;
    this.repeats = repeats;
    this.resend = resend;
    this.requests = new TransactionBook(clock);
  }

  /** A request came in. False when it was a repeat and is dealt with. */
  receivedRequest(key: TransactionKey, from: HostPort): boolean {
    if (this.closed) return false;
    if (!this.repeats) return true;
    if (key.method === "ACK") return this.receivedAck(key);
    const name = nameOf(key);
    const entry = this.requests.get(name);
    const nowMs = this.clock.nowMs();
    if (entry) {
      const due = nowMs - entry.sentMs >= REPLAY_EVERY_MS;
      if (entry.response !== undefined && due && !entry.acked) {
        entry.sentMs = nowMs;
        this.resend(entry.response, entry.to);
      }
      return false;
    }
    if (this.requests.size >= MAX_ENTRIES) return false;
    this.requests.add(name, {
      response: undefined,
      to: from,
      final: 0,
      acked: false,
      sentMs: 0,
      intervalMs: T1_MS,
      timer: undefined,
      expiresMs: nowMs + UNANSWERED_MS,
    });
    return true;
  }

  /** Our response went out. */
  sentResponse(key: TransactionKey, status: number, text: string, to: HostPort): void {
    if (this.closed || !this.repeats) return;
    const entry = this.requests.get(nameOf(key));
    if (!entry) return;
    const nowMs = this.clock.nowMs();
    // sip.js repeats a 2xx by itself until the ACK comes (RFC 6026 7.1).
    const accepted = key.method === "INVITE" && status >= 200 && status < 300;
    entry.response = accepted ? undefined : text;
    entry.to = to;
    entry.sentMs = nowMs;
    if (status < 200) return;
    const first = entry.final === 0;
    entry.final = status;
    if (!first) return;
    // Timers H, J and L.
    entry.expiresMs = nowMs + TRANSACTION_MS;
    if (key.method === "INVITE" && status >= 300) this.repeatFinal(entry);
  }

  /** How much is remembered, for tests and metrics. */
  get size(): number {
    return this.requests.size;
  }

  close(): void {
    this.closed = true;
    this.requests.close();
  }

  /** Timer G, until the ACK or timer H (RFC 3261 17.2.1). */
  private repeatFinal(entry: PeerEntry): void {
    entry.timer = this.clock.setTimeout(() => {
      entry.timer = undefined;
      if (entry.acked || this.clock.nowMs() >= entry.expiresMs || !entry.response) return;
      entry.sentMs = this.clock.nowMs();
      this.resend(entry.response, entry.to);
      entry.intervalMs = Math.min(entry.intervalMs * 2, T2_MS);
      this.repeatFinal(entry);
    }, entry.intervalMs);
  }

  private receivedAck(key: TransactionKey): boolean {
    const entry = this.requests.get(nameOf({ ...key, method: "INVITE" }));
    if (!entry || entry.final < 300) return true;
    if (entry.acked) return false;
    entry.acked = true;
    this.requests.stop(entry);
    return true;
  }
}

function nameOf(key: TransactionKey): string {
  return `${key.branch}|${key.sentBy}|${key.method}`;
}
