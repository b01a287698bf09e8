import { type RtpPacket, sequenceDelta } from "./rtp.js";

export interface MediaAddress {
  readonly address: string;
  readonly port: number;
}

/** A well-formed packet and when it came. */
export interface Arrival {
  readonly packet: RtpPacket;
  readonly atMs: number;
}

/** Someone at an address that was not signalled, and what they sent so far. */
interface Candidate extends MediaAddress {
  readonly arrivals: Arrival[];
}

/** So many packets of one stream in a row must come from an address that was not signalled. */
const PROBATION_PACKETS = 3;
/** A packet this far ahead of the one before is still of the same stream. */
const MAX_STEP = 5;
/** So many addresses are on probation at a time; the one that was silent longest gives way. */
const MAX_CANDIDATES = 8;

/**
 * Symmetric RTP: answers to where the media really comes from, because the address in the peer's
 * SDP may be behind a NAT. It latches once. The signalled address is trusted at its first packet;
 * any other must send several in a row before, and gives way to the signalled one if that still
 * speaks up. After that a stranger's packets are dropped. What was sent on probation is not lost:
 * see `takeProved`.
 */
export class SourceLatch {
  private signalled: MediaAddress | undefined;
  private latched: MediaAddress | undefined;
  private candidates: Candidate[] = [];
  private proved: readonly Arrival[] = [];

  /** Without an address everybody is on probation: RTP may come before the answer that names one. */
  constructor(signalled?: MediaAddress) {
    this.signalled = signalled;
  }

  /** Where to send. */
  get target(): MediaAddress | undefined {
    return this.latched ?? this.signalled;
  }

  /** Where packets may come from without having to prove themselves: as signalled, as latched. */
  get sources(): readonly MediaAddress[] {
    const { signalled, latched } = this;
    if (!signalled || !latched) return [signalled ?? latched].filter((at) => at !== undefined);
    return same(signalled, latched) ? [signalled] : [signalled, latched];
  }

  /** Nobody else can become the source of what was signalled. */
  get isSettled(): boolean {
    return this.signalled !== undefined && this.latched !== undefined;
  }

  /** A new offer or answer: starts over when it names another address. */
  signal(address: MediaAddress): void {
    const { signalled, latched } = this;
    if (signalled && same(address, signalled)) return;
    this.signalled = address;
    this.candidates = [];
    if (latched && !same(address, latched)) this.latched = undefined;
  }

  /** False for an address that can get nowhere, so that its packets need not even be opened. */
  mayAccept(address: string, port: number): boolean {
    const { signalled, latched } = this;
    if (!latched || isAt(latched, address, port)) return true;
    return signalled !== undefined && isAt(signalled, address, port);
  }

  /** Whether a well-formed packet from there belongs to this call. */
  accept(address: string, port: number, packet: RtpPacket, atMs: number): boolean {
    if (this.latched && isAt(this.latched, address, port)) return true;
    if (this.signalled && isAt(this.signalled, address, port)) {
      this.latch(this.signalled);
      return true;
    }
    return this.latched ? false : this.prove(address, port, { packet, atMs });
  }

  /** Once after `accept`: the packets that came on probation before the one that was accepted. */
  takeProved(): readonly Arrival[] {
    const { proved } = this;
    if (proved.length > 0) this.proved = [];
    return proved;
  }

  private prove(address: string, port: number, arrival: Arrival): boolean {
    const known = this.candidates.find((candidate) => isAt(candidate, address, port));
    const arrivals = known && follows(arrival, known.arrivals) ? known.arrivals : [];
    if (arrivals.length + 1 >= PROBATION_PACKETS) {
      this.latch({ address, port });
      this.proved = arrivals;
      return true;
    }
    const others = this.candidates.filter((candidate) => candidate !== known);
    const candidate = { address, port, arrivals: [...arrivals, arrival] };
    this.candidates = [candidate, ...others].slice(0, MAX_CANDIDATES);
    return false;
  }

  private latch(address: MediaAddress): void {
    this.latched = address;
    this.candidates = [];
  }
}

function follows({ packet }: Arrival, before: readonly Arrival[]): boolean {
  const last = before.at(-1)?.packet;
  if (last?.ssrc !== packet.ssrc) return false;
  const step = sequenceDelta(packet.sequence, last.sequence);
  return step >= 1 && step <= MAX_STEP;
}

function isAt(media: MediaAddress, address: string, port: number): boolean {
  return media.port === port && media.address === address;
}

function same(one: MediaAddress, other: MediaAddress): boolean {
  return isAt(one, other.address, other.port);
}
