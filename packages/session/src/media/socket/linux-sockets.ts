import { isIPv6 } from "node:net";
import { getSystemErrorName } from "node:util";
import { monotonicMs } from "../monotonic-clock.js";
import { MAX_PACKET_BYTES } from "../send/media-sender.js";
import { AddressBook, AF_INET, AF_INET6 } from "./address-book.js";
import { DatagramInbox } from "./datagram-inbox.js";
import { DatagramOutbox } from "./datagram-outbox.js";
import type { LinuxCalls } from "./linux-calls.js";
import { NAME_BYTES } from "./message-array.js";
import {
  RECEIVE_BUFFER_BYTES,
  type RtpSocket,
  type RtpSocketOptions,
  type RtpSockets,
} from "./rtp-socket.js";

const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0x800;
const SOCK_CLOEXEC = 0x80000;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const SO_TIMESTAMPNS = 35;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;

/**
 * Sockets that are read and written in batches, at the ticks of the RTP clock: recvmmsg(2) and
 * sendmmsg(2) move many datagrams with one system call, and no event, callback or promise is made
 * for any of them.
 */
export class LinuxSockets implements RtpSockets {
  private readonly calls: LinuxCalls;
  private readonly addresses: AddressBook;
  private readonly inbox: DatagramInbox;
  private readonly outbox: DatagramOutbox;
  private readonly open = new Set<RtpSocket>();

  constructor(calls: LinuxCalls) {
    this.calls = calls;
    this.addresses = new AddressBook(calls);
    this.inbox = new DatagramInbox(calls, this.addresses);
    this.outbox = new DatagramOutbox(calls, this.addresses);
  }

  async bind(options: RtpSocketOptions, port: number): Promise<RtpSocket> {
    const { calls } = this;
    const family = isIPv6(options.bindAddress) ? AF_INET6 : AF_INET;
    const fd = calls.socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) throw this.failure("socket", options.bindAddress, port);
    this.setOptions(fd, family);
    const name = new Uint8Array(NAME_BYTES);
    const view = new DataView(name.buffer);
    const length = this.addresses.write(family, options.bindAddress, port, view, 0);
    if (calls.bind(fd, name, length) < 0) {
      const failure = this.failure("bind", options.bindAddress, port);
      calls.close(fd);
      throw failure;
    }
    calls.getsockname(fd, name, Uint32Array.of(NAME_BYTES));
    return this.use(fd, family, view.getUint16(2), options);
  }

  nextPacket(): Uint8Array {
    return this.outbox.nextPacket();
  }

  flush(): void {
    this.outbox.flush();
  }

  close(): void {
    for (const socket of [...this.open]) socket.close();
  }

  private use(fd: number, family: number, port: number, options: RtpSocketOptions): RtpSocket {
    const { open, inbox, outbox, calls } = this;
    let readMs = monotonicMs();
    const socket: RtpSocket = {
      port,
      receiveBufferBytes: this.receiveBufferBytes(fd),
      read() {
        if (!open.has(socket)) return;
        const nowMs = monotonicMs();
        const isSound = inbox.read(fd, readMs, options.onDatagram);
        readMs = nowMs;
        if (isSound) return;
        socket.close();
        options.onError("the socket cannot be read any more");
      },
      send(_packet, length, address, to) {
        if (open.has(socket)) outbox.add(fd, family, length, address, to);
      },
      close() {
        if (!open.delete(socket)) return;
        // The next socket may get the same number, and must not send what waits here.
        outbox.flush();
        calls.close(fd);
      },
    };
    open.add(socket);
    return socket;
  }

  private setOptions(fd: number, family: number): void {
    this.setOption(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
    this.setOption(fd, SOL_SOCKET, SO_SNDBUF, MAX_PACKET_BYTES * 1024);
    // Beyond what is configured for everybody, where we are allowed to.
    if (this.setOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES) < 0)
      this.setOption(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES);
    if (family === AF_INET6) this.setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  }

  private setOption(fd: number, level: number, name: number, value: number): number {
    return this.calls.setsockopt(fd, level, name, Int32Array.of(value), 4);
  }

  private receiveBufferBytes(fd: number): number {
    const value = new Int32Array(1);
    this.calls.getsockopt(fd, SOL_SOCKET, SO_RCVBUF, value, Uint32Array.of(4));
    return value[0] ?? 0;
  }

  /** As Node words it. */
  private failure(call: string, address: string, port: number): Error {
    const code = getSystemErrorName(-this.calls.errno());
    return Object.assign(new Error(`${call} ${code} ${address}:${port}`), { code });
  }
}
