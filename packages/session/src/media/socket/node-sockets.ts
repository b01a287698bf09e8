import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { messageOf } from "../../errors.js";
import { monotonicMs } from "../monotonic-clock.js";
import { mapped, unmapped } from "../plain-address.js";
import { MAX_PACKET_BYTES } from "../send/media-sender.js";
import {
  RECEIVE_BUFFER_BYTES,
  type RtpSocket,
  type RtpSocketOptions,
  type RtpSockets,
} from "./rtp-socket.js";

/** Packets stay untouched until they have left; so many may be on their way at once. */
const SLOTS = 4096;

/** Node's own sockets: for every system, at one system call, one callback and one allocation a packet. */
export class NodeSockets implements RtpSockets {
  private readonly slots = new Uint8Array(SLOTS * MAX_PACKET_BYTES);
  private readonly open = new Set<RtpSocket>();
  private slot = 0;

  bind(options: RtpSocketOptions, port: number): Promise<RtpSocket> {
    const family = isIPv6(options.bindAddress) ? 6 : 4;
    const socket = createSocket({
      type: `udp${family}`,
      recvBufferSize: RECEIVE_BUFFER_BYTES,
      // Only addresses are ever sent to: without this every packet would go through the resolver.
      lookup: (address, _options, done) =>
        done(null, family === 6 ? mapped(address) : address, family),
    });
    return new Promise((resolve, reject) => {
      socket.once("error", (error) => {
        socket.close();
        reject(error);
      });
      socket.bind({ address: options.bindAddress, port }, () => {
        socket.removeAllListeners("error");
        resolve(this.use(socket, options));
      });
    });
  }

  nextPacket(): Uint8Array {
    const from = this.slot * MAX_PACKET_BYTES;
    this.slot = (this.slot + 1) % SLOTS;
    return this.slots.subarray(from, from + MAX_PACKET_BYTES);
  }

  flush(): void {}

  close(): void {
    for (const socket of [...this.open]) socket.close();
  }

  private use(socket: Socket, options: RtpSocketOptions): RtpSocket {
    const { open } = this;
    const used: RtpSocket = {
      port: socket.address().port,
      receiveBufferBytes: socket.getRecvBufferSize(),
      read() {},
      send(packet, length, address, port) {
        // Without a callback there is nothing to call for each packet, and nobody to tell of one lost.
        if (open.has(used)) socket.send(packet, 0, length, port, address);
      },
      close() {
        if (open.delete(used)) socket.close();
      },
    };
    open.add(used);
    socket.on("message", (datagram, from) => {
      if (!open.has(used)) return;
      options.onDatagram(datagram, unmapped(from.address), from.port, monotonicMs());
    });
    socket.on("error", (error) => {
      used.close();
      options.onError(messageOf(error));
    });
    return used;
  }
}
