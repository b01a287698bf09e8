import type { Clock, TimerHandle } from "../../clock.js";
import { type HostPort, hostPortKey } from "../transport/wire.js";

/** The timer values of RFC 3261 17, table 4. */
export const T1_MS = 500;
export const T2_MS = 4_000;
export const T4_MS = 5_000;
const TRANSACTION_MS = 64 * T1_MS;

/** A repeated request is answered again at most this often; two replaying peers must not ping-pong. */
const REPLAY_EVERY_MS = 100;
/** A request that nobody answers is remembered this long, so that its repeats stay absorbed. */
const UNANSWERED_MS = 300_000;
const SWEEP_EVERY_MS = 1_000;
const MAX_ENTRIES = 200_000;

/** What names a transaction (RFC 3261 17.1.3, 17.2.3). */
export interface TransactionKey {
  readonly branch: string;
  /** The Via's host and port; empty for our own requests. */
  readonly sentBy: string;
  /** From CSeq. */
  readonly method: string;
}

interface ClientEntry {
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

interface ServerEntry {
  response: string | undefined;
  to: HostPort;
  final: number;
  acked: boolean;
  sentMs: number;
  intervalMs: number;
  timer: TimerHandle | undefined;
  expiresMs: number;
}

export interface ReliabilityOptions {
  readonly clock: Clock;
  /** False where the transport repeats by itself: then transactions are only kept track of. */
  readonly repeats: boolean;
  /** Puts a message on the wire again. Never throws. */
  readonly resend: (text: string, to: HostPort) => void;
}

/**
 * The retransmissions of RFC 3261 17 over raw messages: timers A, E and G repeat what was not
 * answered; D, I, J and K absorb and re-answer what comes again. sip.js has the states but none of
 * these timers, so it stays unaware.
 */
export class Reliability {
  private readonly clock: Clock;
  private readonly repeats: boolean;
  private readonly resend: (text: string, to: HostPort) => void;
  private readonly clients = new Map<string, ClientEntry>();
  private readonly servers = new Map<string, ServerEntry>();
  private sweeper: TimerHandle | undefined;
  private closed = false;
  private tellAnswered: (() => void) | undefined;

  constructor(options: ReliabilityOptions) {
    this.clock = options.clock;
    this.repeats = options.repeats;
    this.resend = options.resend;
  }

  /** Our request went out; `moved` where a stream carries what this transport should not. */
  sentRequest(key: TransactionKey, text: string, to: HostPort, moved = false): void {
    if (this.closed) return;
    const nowMs = this.clock.nowMs();
    const entry: ClientEntry = {
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
    this.clients.set(clientName(key.branch, key.method), entry);
    this.keepSweeping();
    if (this.repeats && !moved) this.repeatRequest(entry);
  }

  /** The ACK of a final response to our INVITE went out. */
  sentAck(inviteBranch: string, toTag: string, text: string, to: HostPort): void {
    const invite = this.clients.get(clientName(inviteBranch, "INVITE"));
    if (!invite || this.closed) return;
    const others = invite.acks.filter((ack) => ack.toTag !== toTag);
    invite.acks = [...others, { toTag, text, to, sentMs: this.clock.nowMs() }];
  }

  /** A response came in. False when it was a repeat and is dealt with. */
  receivedResponse(branch: string, method: string, status: number, toTag: string): boolean {
    const entry = this.clients.get(clientName(branch, method));
    if (!entry) return true;
    entry.answered = true;
    const invite = method === "INVITE";
    if (status < 200) {
      if (entry.final) return false;
      if (invite) this.stop(entry);
      else entry.intervalMs = T2_MS;
      return true;
    }
    this.stop(entry);
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
    return (this.clients.get(clientName(inviteBranch, "INVITE"))?.acks.length ?? 0) > 0;
  }

  /** A request came in. False when it was a repeat and is dealt with. */
  receivedRequest(key: TransactionKey, from: HostPort): boolean {
    if (this.closed) return false;
    if (!this.repeats) return true;
    if (key.method === "ACK") return this.receivedAck(key);
    const name = serverName(key);
    const entry = this.servers.get(name);
    const nowMs = this.clock.nowMs();
    if (entry) {
      const due = nowMs - entry.sentMs >= REPLAY_EVERY_MS;
      if (entry.response !== undefined && due && !entry.acked) {
        entry.sentMs = nowMs;
        this.resend(entry.response, entry.to);
      }
      return false;
    }
    if (this.servers.size >= MAX_ENTRIES) return false;
    this.servers.set(name, {
      response: undefined,
      to: from,
      final: 0,
      acked: false,
      sentMs: 0,
      intervalMs: T1_MS,
      timer: undefined,
      expiresMs: nowMs + UNANSWERED_MS,
    });
    this.keepSweeping();
    return true;
  }

  /** Our response went out. */
  sentResponse(key: TransactionKey, status: number, text: string, to: HostPort): void {
    if (this.closed || !this.repeats) return;
    const entry = this.servers.get(serverName(key));
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

  /** Whether this is the branch of a request of ours. */
  knows(branch: string, method: string): boolean {
    return this.clients.has(clientName(branch, method));
  }

  /** Whether one of our requests went over a stream instead. */
  wasMoved(branch: string, method: string): boolean {
    return this.clients.get(clientName(branch, method))?.moved ?? false;
  }

  /** Where one of our requests went. */
  targetOf(branch: string, method: string): HostPort | undefined {
    return this.clients.get(clientName(branch, method))?.to;
  }

  /** Our requests to `remote` that have no response yet. */
  unansweredTo(remote: HostPort): TransactionKey[] {
    const wanted = hostPortKey(remote);
    const keys: TransactionKey[] = [];
    for (const [name, { answered, to, method }] of this.clients) {
      if (answered || hostPortKey(to) !== wanted) continue;
      keys.push({ branch: name.slice(0, -method.length - 1), sentBy: "", method });
    }
    return keys;
  }

  /** Stops repeating one of our requests: nobody waits for its answer any more. */
  forget(key: TransactionKey): void {
    const name = clientName(key.branch, key.method);
    const entry = this.clients.get(name);
    if (!entry) return;
    this.stop(entry);
    this.clients.delete(name);
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
    for (const entry of this.clients.values())
      if (entry.method === "INVITE" && !entry.answered && this.waits(entry)) return true;
    return false;
  }

  /** How much is remembered, for tests and metrics. */
  get size(): number {
    return this.clients.size + this.servers.size;
  }

  close(): void {
    this.closed = true;
    for (const entry of this.clients.values()) this.stop(entry);
    for (const entry of this.servers.values()) this.stop(entry);
    this.clients.clear();
    this.servers.clear();
    this.clock.clear(this.sweeper);
    this.sweeper = undefined;
    this.checkAnswered();
  }

  private checkAnswered(): void {
    if (!this.tellAnswered) return;
    for (const entry of this.clients.values()) if (this.waits(entry)) return;
    this.tellAnswered();
    this.tellAnswered = undefined;
  }

  /** Timers B and F end what nobody answers at all (RFC 3261 17.1.1.2, 17.1.2.2). */
  private waits({ final, answered, startedMs }: ClientEntry): boolean {
    return !final && (answered || this.clock.nowMs() - startedMs < TRANSACTION_MS);
  }

  /** Timer A doubles without end, timer E up to T2 (RFC 3261 17.1.1.2, 17.1.2.2). */
  private repeatRequest(entry: ClientEntry): void {
    entry.timer = this.clock.setTimeout(() => {
      entry.timer = undefined;
      if (this.clock.nowMs() - entry.startedMs >= TRANSACTION_MS) return;
      this.resend(entry.text, entry.to);
      const doubled = entry.intervalMs * 2;
      entry.intervalMs = entry.method === "INVITE" ? doubled : Math.min(doubled, T2_MS);
      this.repeatRequest(entry);
    }, entry.intervalMs);
  }

  /** Timer G, until the ACK or timer H (RFC 3261 17.2.1). */
  private repeatFinal(entry: ServerEntry): void {
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
    const entry = this.servers.get(serverName({ ...key, method: "INVITE" }));
    if (!entry || entry.final < 300) return true;
    if (entry.acked) return false;
    entry.acked = true;
    this.stop(entry);
    return true;
  }

  private stop(entry: ClientEntry | ServerEntry): void {
    this.clock.clear(entry.timer);
    entry.timer = undefined;
  }

  private keepSweeping(): void {
    if (this.sweeper || this.closed) return;
    this.sweeper = this.clock.setTimeout(() => {
      this.sweeper = undefined;
      const nowMs = this.clock.nowMs();
      this.sweep(this.clients, nowMs);
      this.sweep(this.servers, nowMs);
      if (this.clients.size + this.servers.size > 0) this.keepSweeping();
    }, SWEEP_EVERY_MS);
  }

  private sweep(entries: Map<string, ClientEntry | ServerEntry>, nowMs: number): void {
    for (const [name, entry] of entries) {
      if (entry.expiresMs > nowMs) continue;
      this.stop(entry);
      entries.delete(name);
    }
  }
}

const noAcks: SentAck[] = [];

function clientName(branch: string, method: string): string {
  return `${branch}|${method}`;
}

function serverName(key: TransactionKey): string {
  return `${key.branch}|${key.sentBy}|${key.method}`;
}
