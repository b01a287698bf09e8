import { monotonicMs } from "../monotonic-clock.js";
import type { AddressBook } from "./address-book.js";
import type { LinuxCalls } from "./linux-calls.js";
import { MessageArray } from "./message-array.js";
import type { RtpSocketOptions } from "./rtp-socket.js";

const SLOTS = 64;
/** More than any packet of speech. */
const DATAGRAM_BYTES = 2048;
/** A `struct cmsghdr` with a `struct timespec`. */
const CONTROL_BYTES = 32;
const MSG_DONTWAIT = 0x40;
const MSG_TRUNC = 0x20;
/** So much of a flood is read at a time; for the rest there is the kernel's buffer, which has an end. */
const MAX_ROUNDS = 16;
const CLOCK_REALTIME = 0;
/** The wall clock is held against ours this often: it may be set. */
const COMPARE_MS = 100;
const COPY_BYTES = 64 * 1024;
const NOTHING = new Uint8Array(0);

/**
 * Reads what has come to a socket, many datagrams with one call. When each of them came is told by
 * the kernel, so it does not matter how late they are read.
 */
export class DatagramInbox {
  private readonly calls: LinuxCalls;
  private readonly addresses: AddressBook;
  private readonly messages: MessageArray;
  private readonly wallTime = new BigInt64Array(2);
  /** What to take from the wall clock to have `monotonicMs`. */
  private wallAheadMs = 0;
  private comparedMs = Number.NEGATIVE_INFINITY;
  /**
   * Datagrams are copied here, one after the other: what is kept of them outlives the reading. Each
   * begins at a whole word, and goes word by word: a view to copy from would cost as much.
   */
  private copies = new Uint8Array(COPY_BYTES);
  private copiedWords = new Uint32Array(this.copies.buffer);
  private copied = 0;

  constructor(calls: LinuxCalls, addresses: AddressBook) {
    this.calls = calls;
    this.addresses = addresses;
    this.messages = new MessageArray(calls, {
      count: SLOTS,
      datagramBytes: DATAGRAM_BYTES,
      controlBytes: CONTROL_BYTES,
    });
  }

  /** False when the socket is broken. `readMs` is when it was read last. */
  read(fd: number, readMs: number, onDatagram: RtpSocketOptions["onDatagram"]): boolean {
    const { messages, calls } = this;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const count = calls.recvmmsg(fd, messages.addressFrom(0), SLOTS, MSG_DONTWAIT, 0);
      if (count < 0) return !BROKEN.has(calls.errno());
      const nowMs = monotonicMs();
      if (nowMs - this.comparedMs > COMPARE_MS) this.compareClocks(nowMs);
      for (let index = 0; index < count; index++) this.take(index, readMs, nowMs, onDatagram);
      if (count < SLOTS) break;
    }
    return true;
  }

  private take(
    index: number,
    readMs: number,
    nowMs: number,
    onDatagram: RtpSocketOptions["onDatagram"],
  ): void {
    const { messages } = this;
    const nameAt = messages.nameAt(index);
    const address = this.addresses.addressAt(messages, nameAt);
    const port = messages.view.getUint16(nameAt + 2);
    const arrivedMs = this.arrivedMs(index, nowMs);
    // Longer than there is room for: nothing that we could read.
    const isCut = (messages.flagsOf(index) & MSG_TRUNC) !== 0;
    const datagram = isCut ? NOTHING : this.copy(index);
    messages.reset(index);
    // What was not there at the last reading came since, whatever somebody did to the wall clock.
    onDatagram(datagram, address, port, Math.min(nowMs, Math.max(readMs, arrivedMs)));
  }

  private arrivedMs(index: number, nowMs: number): number {
    const { messages } = this;
    if (messages.controlLengthOf(index) < CONTROL_BYTES) return nowMs;
    const at = messages.controlAt(index) + 16;
    return messages.word(at) * 1000 + messages.word(at + 8) / 1e6 - this.wallAheadMs;
  }

  private copy(index: number): Uint8Array {
    const { messages } = this;
    const length = messages.lengthOf(index);
    const words = (length + 3) >>> 2;
    if (this.copied + 4 * words > COPY_BYTES) {
      this.copies = new Uint8Array(COPY_BYTES);
      this.copiedWords = new Uint32Array(this.copies.buffer);
      this.copied = 0;
    }
    const { copied, copiedWords } = this;
    const into = copied >>> 2;
    const from = messages.datagramAt(index);
    for (let word = 0; word < words; word++)
      copiedWords[into + word] = messages.word(from + 4 * word);
    this.copied += 4 * words;
    return this.copies.subarray(copied, copied + length);
  }

  private compareClocks(nowMs: number): void {
    this.calls.clock_gettime(CLOCK_REALTIME, this.wallTime);
    const [seconds = 0n, nanoseconds = 0n] = this.wallTime;
    this.wallAheadMs = Number(seconds) * 1000 + Number(nanoseconds) / 1e6 - nowMs;
    this.comparedMs = nowMs;
  }
}

const EBADF = 9;
const ENOTSOCK = 88;
const BROKEN = new Set([EBADF, ENOTSOCK]);
