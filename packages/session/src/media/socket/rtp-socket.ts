/** Asked for; the kernel gives more than it is configured to (`net.core.rmem_max`) only to the privileged. */
export const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

export interface RtpSocketOptions {
  readonly bindAddress: string;
  /** The datagram is the listener's own. `arrivedMs` is when it came, on the clock of `monotonicMs`. */
  readonly onDatagram: (
    datagram: Uint8Array,
    address: string,
    port: number,
    arrivedMs: number,
  ) => void;
  /** The socket broke and is closed. */
  readonly onError: (detail: string) => void;
}

/** One bound UDP port. */
export interface RtpSocket {
  readonly port: number;
  /** What the kernel keeps for us while we are busy. */
  readonly receiveBufferBytes: number;
  /** Hands over what has come. Some sockets hand it over by themselves as well. */
  read(): void;
  /**
   * Sends the first `length` bytes of a packet from `RtpSockets.nextPacket`, at the next `flush` at
   * the latest. Errors of single datagrams are dropped.
   */
  send(packet: Uint8Array, length: number, address: string, port: number): void;
  close(): void;
}

/** See `MediaPlaneOptions.sockets`. */
export type SocketKind = "batched" | "node";

/** Where one media thread gets its sockets from, and the memory for what it sends. */
export interface RtpSockets {
  /** Rejects with the reason, in words, when the port cannot be had. Port 0 takes any. */
  bind(options: RtpSocketOptions, port: number): Promise<RtpSocket>;
  /** Room for one packet of `MAX_PACKET_BYTES`, to be sent before the next one is asked for. */
  nextPacket(): Uint8Array;
  /** Sends what waits. */
  flush(): void;
  /** Closes every socket that is still open. */
  close(): void;
}

export interface PortRange {
  readonly min: number;
  readonly max: number;
}

const BIND_ATTEMPTS = 50;

/** A port for RTP: an even one in `ports`, any when there is no such range. Rejects as `bind` does. */
export async function openRtpSocket(
  sockets: RtpSockets,
  options: RtpSocketOptions,
  { ports, random }: { readonly ports: PortRange | undefined; readonly random: () => number },
): Promise<RtpSocket> {
  if (!ports) return sockets.bind(options, 0);
  const pairs = Math.floor((ports.max - ports.min + 1) / 2);
  const first = Math.floor(random() * pairs);
  const even = ports.min + (ports.min % 2);
  let failure: unknown;
  for (let attempt = 0; attempt < Math.min(BIND_ATTEMPTS, pairs); attempt++) {
    try {
      return await sockets.bind(options, even + 2 * ((first + attempt) % pairs));
    } catch (error) {
      failure = error;
    }
  }
  throw failure ?? new Error(`there is no even port between ${ports.min} and ${ports.max}`);
}

/** The RTCP socket above an RTP port (RFC 3550 11), or undefined where that port is taken. */
export async function openRtcpSocket(
  sockets: RtpSockets,
  options: RtpSocketOptions,
  rtpPort: number,
): Promise<RtpSocket | undefined> {
  try {
    return await sockets.bind(options, rtpPort + 1);
  } catch {
    return undefined;
  }
}
