import { MAX_PACKET_BYTES } from "../send/media-sender.js";
import type { AddressBook } from "./address-book.js";
import type { LinuxCalls } from "./linux-calls.js";
import { MessageArray } from "./message-array.js";

const SLOTS = 256;
const MSG_DONTWAIT = 0x40;

/** Collects what the sockets of a thread send in one tick, and sends it with a call a socket. */
export class DatagramOutbox {
  private readonly calls: LinuxCalls;
  private readonly addresses: AddressBook;
  private readonly messages: MessageArray;
  private readonly packets: readonly Uint8Array[];
  private readonly sockets = new Int32Array(SLOTS);
  private waiting = 0;

  constructor(calls: LinuxCalls, addresses: AddressBook) {
    this.calls = calls;
    this.addresses = addresses;
    const messages = new MessageArray(calls, {
      count: SLOTS,
      datagramBytes: MAX_PACKET_BYTES,
      controlBytes: 0,
    });
    this.messages = messages;
    this.packets = Array.from({ length: SLOTS }, (_, index) => {
      const from = messages.datagramAt(index);
      return messages.bytes.subarray(from, from + MAX_PACKET_BYTES);
    });
  }

  nextPacket(): Uint8Array {
    if (this.waiting === SLOTS) this.flush();
    return this.packets[this.waiting] ?? new Uint8Array(MAX_PACKET_BYTES);
  }

  /** Puts the packet that was asked for last with those that wait. */
  add(fd: number, family: number, length: number, address: string, port: number): void {
    const { messages, waiting } = this;
    const at = messages.nameAt(waiting);
    const nameLength = this.addresses.write(family, address, port, messages.view, at);
    if (nameLength === 0) return;
    messages.prepare(waiting, length, nameLength);
    this.sockets[waiting] = fd;
    this.waiting += 1;
  }

  flush(): void {
    const { sockets, waiting } = this;
    let from = 0;
    while (from < waiting) {
      let to = from + 1;
      while (to < waiting && sockets[to] === sockets[from]) to += 1;
      this.send(sockets[from] ?? -1, from, to);
      from = to;
    }
    this.waiting = 0;
  }

  private send(fd: number, from: number, to: number): void {
    let next = from;
    while (next < to) {
      const headers = this.messages.addressFrom(next);
      const sent = this.calls.sendmmsg(fd, headers, to - next, MSG_DONTWAIT);
      // It stops at one that cannot be sent: that one is lost, and the next may be for somebody else.
      next += Math.max(1, sent);
    }
  }
}
