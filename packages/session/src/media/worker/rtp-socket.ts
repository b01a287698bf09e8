import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { messageOf } from "../../errors.js";
import type { PortRange } from "./worker-protocol.js";

const BIND_ATTEMPTS = 50;
/** Asked for; the kernel gives no more than it is configured to (`net.core.rmem_max`). */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

export interface RtpSocketOptions {
  readonly bindAddress: string;
  /** Even ports in here; any port when absent. */
  readonly ports: PortRange | undefined;
  readonly random: () => number;
  readonly onDatagram: (datagram: Uint8Array, address: string, port: number) => void;
  /** The socket broke and is closed. */
  readonly onError: (detail: string) => void;
}

/** One bound UDP port. */
export interface RtpSocket {
  readonly port: number;
  /** What the kernel keeps for us while we are busy. */
  readonly receiveBufferBytes: number;
  /**
   * Sends the first `length` bytes of `datagram`, which must stay as they are until they have left.
   * Errors of single datagrams are dropped.
   */
  send(datagram: Uint8Array, length: number, address: string, port: number): void;
  close(): void;
}

/** The RTCP socket above an RTP port (RFC 3550 11), or undefined where that port is taken. */
export async function openRtcpSocket(
  options: Omit<RtpSocketOptions, "ports">,
  rtpPort: number,
): Promise<RtpSocket | undefined> {
  try {
    return await bind({ ...options, ports: undefined }, rtpPort + 1);
  } catch {
    return undefined;
  }
}

/** Rejects with the reason, in words, when no port can be had. */
export async function openRtpSocket(options: RtpSocketOptions): Promise<RtpSocket> {
  const { ports, random } = options;
  if (!ports) return bind(options, 0);
  const pairs = Math.floor((ports.max - ports.min + 1) / 2);
  const first = Math.floor(random() * pairs);
  const even = ports.min + (ports.min % 2);
  let failure: unknown;
  for (let attempt = 0; attempt < Math.min(BIND_ATTEMPTS, pairs); attempt++) {
    try {
      return await bind(options, even + 2 * ((first + attempt) % pairs));
    } catch (error) {
      failure = error;
    }
  }
  throw failure ?? new Error(`there is no even port between ${ports.min} and ${ports.max}`);
}

function bind(options: RtpSocketOptions, port: number): Promise<RtpSocket> {
  const family = isIPv6(options.bindAddress) ? 6 : 4;
  const socket = createSocket({
    type: `udp${family}`,
    recvBufferSize: RECEIVE_BUFFER_BYTES,
    // Only addresses are ever sent to: without this every packet would go through the resolver.
    lookup: (address, _options, done) => done(null, address, family),
  });
  return new Promise((resolve, reject) => {
    socket.once("error", (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address: options.bindAddress, port }, () => {
      socket.removeAllListeners("error");
      resolve(use(socket, options));
    });
  });
}

function use(socket: Socket, options: RtpSocketOptions): RtpSocket {
  let open = true;
  const close = () => {
    if (!open) return;
    open = false;
    socket.close();
  };
  socket.on("message", (datagram, from) => {
    if (open) options.onDatagram(datagram, from.address, from.port);
  });
  socket.on("error", (error) => {
    close();
    options.onError(messageOf(error));
  });
  return {
    port: socket.address().port,
    receiveBufferBytes: socket.getRecvBufferSize(),
    send(datagram, length, address, port) {
      // Without a callback there is nothing to call for each packet, and nobody to tell of one lost.
      if (open) socket.send(datagram, 0, length, port, address);
    },
    close,
  };
}
