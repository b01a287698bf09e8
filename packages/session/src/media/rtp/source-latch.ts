export interface MediaAddress {
  readonly address: string;
  readonly port: number;
}

/** So many well-formed packets in a row must come from an address that was not signalled. */
const PROBATION_PACKETS = 3;

/**
 * Symmetric RTP: answers to where the media really comes from, because the address in the peer's
 * SDP may be behind a NAT. It latches once. The signalled address is trusted at its first packet;
 * any other must send several in a row before, and gives way to the signalled one if that still
 * speaks up. After that a stranger's packets are dropped.
 */
export class SourceLatch {
  private signalled: MediaAddress;
  private latched: MediaAddress | undefined;
  private candidate: MediaAddress | undefined;
  private candidatePackets = 0;

  constructor(signalled: MediaAddress) {
    this.signalled = signalled;
  }

  /** Where to send. */
  get target(): MediaAddress {
    return this.latched ?? this.signalled;
  }

  /** A new offer or answer: starts over when it names another address. */
  signal(address: MediaAddress): void {
    if (same(address, this.signalled)) return;
    this.signalled = address;
    this.latched = undefined;
    this.candidate = undefined;
  }

  /** Whether a well-formed packet from there belongs to this call. */
  accept(address: string, port: number): boolean {
    if (this.latched && isAt(this.latched, address, port)) return true;
    if (isAt(this.signalled, address, port)) {
      this.latched = this.signalled;
      return true;
    }
    if (this.latched) return false;
    if (!this.candidate || !isAt(this.candidate, address, port)) {
      this.candidate = { address, port };
      this.candidatePackets = 0;
    }
    this.candidatePackets += 1;
    if (this.candidatePackets < PROBATION_PACKETS) return false;
    this.latched = this.candidate;
    return true;
  }
}

function isAt(media: MediaAddress, address: string, port: number): boolean {
  return media.port === port && media.address === address;
}

function same(one: MediaAddress, other: MediaAddress): boolean {
  return isAt(one, other.address, other.port);
}
