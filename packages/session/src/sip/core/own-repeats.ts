import type { Clock, TimerHandle } from "../../clock.js";
import { type HostPort, hostPortKey } from "../transport/wire.js";
import {
  REPLAY_EVERY_MS,
  type RepeatOptions,
  T1_MS,
  T2_MS,
  T4_MS,
  TRANSACTION_MS,
  TransactionBook,
  type TransactionKey,
  UNANSWERED_MS,
} from "./transaction-book.js";

interface OwnEntry {
  /** Its branch is in its name only: one cut from the message would keep all of it in memory. */
  readonly method: string;
  /** Empty once it need not be sent again. */
  text: string;
  readonly to: HostPort;
  readonly startedMs: number;
  intervalMs: number;
  timer: TimerHandle | undefined;
  /** It went over a stream, which repeats by itself, although others do not. */
  readonly moved: boolean;
  answered: boolean;
  final: boolean;
  /** Of each final response that was acknowledged: forks that answer have one each. */
  acks: SentAck[];
  expiresMs: number;
}

interface SentAck {
  readonly toTag: string;
  readonly text: string;
  readonly to: HostPort;
  sentMs: number;
}

/**
 * The retransmissions of RFC 3261 17.1 over raw messages: timers A and E repeat a request until it is
 * answered; D, K and M (RFC 6026) absorb what comes again and repeat our ACK. sip.js has the states
 * but none of these timers, so it stays unaware.
 */
export class OwnRepeats {
  private readonly clock: Clock;
  private readonly repeats: boolean;
  private readonly resend: RepeatOptions["resend"];
  private readonly requests: TransactionBook<OwnEntry>;
  private closed = false;
  private tellAnswered: (() => void) | undefined;

  constructor({ clock, repeats, resend }: RepeatOptions) {
    this.clock = clock;
    this.repeats = repeats;
    this.resend = resend;
    this.requests = new TransactionBook(clock);
  }

  /** Our request went out; `moved` where a stream carries what this transport should not. */
  sentRequest(key: TransactionKey, text: string, to: HostPort, moved = false): void {
    if (this.closed) return;
    const nowMs = this.clock.nowMs();
    const entry: OwnEntry = {
      method: key.method,
      text,
      to,
      startedMs: nowMs,
      intervalMs: T1_MS,
      timer: undefined,
      moved,
      answered: false,
      final: false,
      acks: noAcks,
      expiresMs: nowMs + UNANSWERED_MS,
    };
    this.requests.add(nameOf(key.branch, key.method), entry);
    if (this.repeats && !moved) this.repeatRequest(entry);
  }

  /** The ACK of a final response to our INVITE went out. */
  sentAck(inviteBranch: string, toTag: string, text: string, to: HostPort): void {
    const invite = this.requests.get(nameOf(inviteBranch, "INVITE"));
    if (!invite || this.closed) return;
    const others = invite.acks.filter((ack) => ack.toTag !== toTag);
    invite.acks = [...others, { toTag, text, to, sentMs: this.clock.nowMs() }];
  }

  /** A response came in. False when it was a repeat and is dealt with. */
  receivedResponse(branch: string, method: string, status: number, toTag: string): boolean {
    const entry = this.requests.get(nameOf(branch, method));
    if (!entry) return true;
    entry.answered = true;
    const invite = method === "INVITE";
    if (status < 200) {
      if (entry.final) return false;
      if (invite) this.requests.stop(entry);
      else entry.intervalMs = T2_MS;
      return true;
    }
    this.requests.stop(entry);
    const nowMs = this.clock.nowMs();
    if (!entry.final) {
      entry.final = true;
      entry.text = "";
      // Timers D, M and K.
      entry.expiresMs = nowMs + (invite ? TRANSACTION_MS : T4_MS);
      this.checkAnswered();
      return true;
    }
    if (!invite) return false;
    const accepted = status < 300;
    const ack = entry.acks.find((candidate) => !accepted || candidate.toTag === toTag);
    // A 2xx with another tag is another fork's answer (RFC 3261 13.2.2.4).
    if (!ack) return accepted;
    // A 2xx is repeated end to end until its ACK arrives, over a stream too (RFC 3261 13.3.1.4).
    if ((accepted || this.repeats) && nowMs - ack.sentMs >= REPLAY_EVERY_MS) {
      ack.sentMs = nowMs;
      this.resend(ack.text, ack.to);
    }
    return false;
  }

  /** Whether an INVITE of ours was answered and the answer acknowledged. */
  hasAcknowledged(inviteBranch: string): boolean {
    return (this.requests.get(nameOf(inviteBranch, "INVITE"))?.acks.length ?? 0) > 0;
  }

  /** Whether this is the branch of a request of ours. */
  knows(branch: string, method: string): boolean {
    return this.requests.get(nameOf(branch, method)) !== undefined;
  }

  /** Whether one of our requests went over a stream instead. */
  wasMoved(branch: string, method: string): boolean {
    return this.requests.get(nameOf(branch, method))?.moved ?? false;
  }

  /** Where one of our requests went. */
  targetOf(branch: string, method: string): HostPort | undefined {
    return this.requests.get(nameOf(branch, method))?.to;
  }

  /** Our requests to `remote` that have no response yet. */
  unansweredTo(remote: HostPort): TransactionKey[] {
    const wanted = hostPortKey(remote);
    const keys: TransactionKey[] = [];
    for (const [name, { answered, to, method }] of this.requests) {
      if (answered || hostPortKey(to) !== wanted) continue;
      keys.push({ branch: name.slice(0, -method.length - 1), sentBy: "", method });
    }
    return keys;
  }

  /** Stops repeating one of our requests: nobody waits for its answer any more. */
  forget(key: TransactionKey): void {
    const name = nameOf(key.branch, key.method);
    this.requests.remove(name);
    this.checkAnswered();
  }

  /**
   * Settles once no request of ours waits for its final response, or `close` was called. What has
   * timed out waits no more.
   */
  answered(): Promise<void> {
    return new Promise((resolve) => {
      this.tellAnswered = resolve;
      this.checkAnswered();
    });
  }

  /** Whether an INVITE of ours met silence so far: it cannot even be cancelled (RFC 3261 9.1). */
  get hasSilentInvite(): boolean {
    for (const entry of this.requests.values())
      if (entry.method === "INVITE" && !entry.answered && this.waits(entry)) return true;
    return false;
  }

  /** How much is remembered, for tests and metrics. */
  get size(): number {
    return this.requests.size;
  }

  close(): void {
    this.closed = true;
    this.requests.close();
    this.checkAnswered();
  }

  private checkAnswered(): void {
    if (!this.tellAnswered) return;
    for (const entry of this.requests.values()) if (this.waits(entry)) return;
    this.tellAnswered();
    this.tellAnswered = undefined;
  }

  /** Timers B and F end what nobody answers at all (RFC 3261 17.1.1.2, 17.1.2.2). */
  private waits({ final, answered, startedMs }: OwnEntry): boolean {
    return !final && (answered || this.clock.nowMs() - startedMs < TRANSACTION_MS);
  }

  /** Timer A doubles without end, timer E up to T2 (RFC 3261 17.1.1.2, 17.1.2.2). */
  private repeatRequest(entry: OwnEntry): void {
    entry.timer = this.clock.setTimeout(() => {
      entry.timer = undefined;
      if (this.clock.nowMs() - entry.startedMs >= TRANSACTION_MS) return;
      this.resend(entry.text, entry.to);
      const doubled = entry.intervalMs * 2;
      entry.intervalMs = entry.method === "INVITE" ? doubled : Math.min(doubled, T2_MS);
      this.repeatRequest(entry);
    }, entry.intervalMs);
  }
}

const noAcks: SentAck[] = [];

function nameOf(branch: string, method: string): string {
  return `${branch}|${method}`;
}
