import type { LinuxCalls } from "./linux-calls.js";

/** `struct mmsghdr`, where a `struct msghdr` comes first, and `struct iovec`; see recvmmsg(2). */
const HEADER_BYTES = 64;
const HEADER = {
  name: 0,
  nameLength: 8,
  vectors: 16,
  vectorCount: 24,
  control: 32,
  controlLength: 40,
  flags: 48,
  length: 56,
} as const;
const VECTOR_BYTES = 16;
/** Room for a `struct sockaddr_in6` of 28 bytes. */
export const NAME_BYTES = 32;

/**
 * Memory for `count` datagrams that one system call sends or receives: for each a header, the
 * address of the peer, control data and the datagram itself. The layout is fixed, so that only
 * lengths change from call to call.
 */
export class MessageArray {
  readonly count: number;
  /** All of it, for the datagrams. */
  readonly bytes: Uint8Array;
  /** All of it, for addresses. */
  readonly view: DataView;
  private readonly words: Uint32Array;
  private readonly headersAddress: number;
  private readonly names: number;
  private readonly controls: number;
  private readonly data: number;
  private readonly controlBytes: number;
  private readonly datagramBytes: number;

  constructor(
    calls: Pick<LinuxCalls, "addressOf">,
    sizes: {
      readonly count: number;
      readonly datagramBytes: number;
      readonly controlBytes: number;
    },
  ) {
    const { count, datagramBytes, controlBytes } = sizes;
    this.count = count;
    this.datagramBytes = datagramBytes;
    this.controlBytes = controlBytes;
    const vectors = count * HEADER_BYTES;
    this.names = vectors + count * VECTOR_BYTES;
    this.controls = this.names + count * NAME_BYTES;
    this.data = this.controls + count * controlBytes;
    const memory = new ArrayBuffer(this.data + count * datagramBytes);
    this.bytes = new Uint8Array(memory);
    this.words = new Uint32Array(memory);
    this.view = new DataView(memory);
    this.headersAddress = calls.addressOf(memory);
    const point = (at: number, to: number) =>
      this.view.setBigUint64(at, BigInt(this.headersAddress + to), true);
    for (let index = 0; index < count; index++) {
      const header = index * HEADER_BYTES;
      const vector = vectors + index * VECTOR_BYTES;
      point(header + HEADER.name, this.nameAt(index));
      point(header + HEADER.vectors, vector);
      this.setWord(header + HEADER.vectorCount, 1);
      if (controlBytes > 0) point(header + HEADER.control, this.controlAt(index));
      point(vector, this.datagramAt(index));
      this.setWord(vector + 8, datagramBytes);
      this.reset(index);
    }
  }

  /** Where the headers from this one on are, for the system call. */
  addressFrom(index: number): number {
    return this.headersAddress + index * HEADER_BYTES;
  }

  nameAt(index: number): number {
    return this.names + index * NAME_BYTES;
  }

  controlAt(index: number): number {
    return this.controls + index * this.controlBytes;
  }

  datagramAt(index: number): number {
    return this.data + index * this.datagramBytes;
  }

  /** Makes a header ready to receive again. */
  reset(index: number): void {
    const header = index * HEADER_BYTES;
    this.setWord(header + HEADER.nameLength, NAME_BYTES);
    this.setWord(header + HEADER.controlLength, this.controlBytes);
    this.setWord(header + HEADER.flags, 0);
  }

  /** What is to be sent: so much of the datagram, to an address of so many bytes. */
  prepare(index: number, length: number, nameLength: number): void {
    this.setWord(this.count * HEADER_BYTES + index * VECTOR_BYTES + 8, length);
    this.setWord(index * HEADER_BYTES + HEADER.nameLength, nameLength);
  }

  /** How long the datagram is that was received, as far as there was room for it. */
  lengthOf(index: number): number {
    return this.word(index * HEADER_BYTES + HEADER.length);
  }

  flagsOf(index: number): number {
    return this.word(index * HEADER_BYTES + HEADER.flags);
  }

  controlLengthOf(index: number): number {
    return this.word(index * HEADER_BYTES + HEADER.controlLength);
  }

  /** The 32 bits at a multiple of four, in the order of the machine. */
  word(at: number): number {
    return this.words[at >>> 2] ?? 0;
  }

  private setWord(at: number, value: number): void {
    this.words[at >>> 2] = value;
  }
}
