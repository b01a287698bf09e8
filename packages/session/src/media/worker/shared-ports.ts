import { messageOf } from "../../errors.js";
import { monotonicMs } from "../monotonic-clock.js";
import type { RtpLeg } from "../rtp/rtp-leg.js";
import type { MediaAddress } from "../rtp/source-latch.js";
import {
  openRtcpSocket,
  openRtpSocket,
  type PortRange,
  type RtpSocket,
  type RtpSocketOptions,
  type RtpSockets,
} from "../socket/rtp-socket.js";
import { Demultiplexer } from "./demultiplexer.js";
import type { SharePorts } from "./worker-protocol.js";

/** What one packet takes of a socket's receive buffer, with what the kernel adds to it. */
const BUFFERED_PACKET_BYTES = 1024;
/** A port takes as many legs as it can keep the packets of for half a second, should we be held up. */
const BUFFERED_PACKETS_PER_LEG = 25;
const MAX_LEGS = 256;
/** A peer that was never heard may yet begin: its port is given to nobody else for so long. */
const REST_MS = 5_000;

export interface SeatOptions {
  readonly bindAddress: string;
  readonly ports: PortRange | undefined;
  readonly share: SharePorts;
  /** Where the peer has said that its packets will come from, if it has. */
  readonly remote: MediaAddress | undefined;
  readonly rtp: RtpLeg;
  /** The socket broke. */
  readonly onError: (detail: string) => void;
}

/** A leg's place on a UDP port. */
export interface Seat {
  readonly port: number;
  /** Datagrams that came to this port since and were for no leg at all. */
  readonly strangers: number;
  /** Hands over what has come to the port, once a tick; and what has come to the port of the reports. */
  read(tick: number): void;
  readReports(): void;
  /** See `RtpSocket.send`. */
  send: RtpSocket["send"];
  /** From the RTCP port, or from the RTP port where that is taken. */
  sendReport: RtpSocket["send"];
  /** The leg was connected anew. */
  refresh(): void;
  /** Frees the port when it was the last one on it. */
  leave(): void;
}

interface Port {
  readonly bindAddress: string;
  readonly demultiplexer: Demultiplexer<RtpLeg>;
  readonly onErrors: Map<RtpLeg, (detail: string) => void>;
  rtp: RtpSocket | undefined;
  rtcp: RtpSocket | undefined;
  strangers: number;
  restsUntilMs: number;
  /** The tick it was read at last. */
  readTick: number;
}

/**
 * The UDP ports of one media thread. A port is shared where that is safe: one socket is read and
 * written in batches where many take a system call for each packet. A port need not hold many to
 * gain nearly all there is, and holds no more than its receive buffer is good for.
 *
 * Safe means that no packet can be taken for another call's:
 * - A leg joins a port only if every leg there has found its source. So at most one of them is
 *   waiting for packets from an address that was not announced (behind NAT), as on a port of its own.
 * - It joins only when the peer's address is known and no other leg's peer is there. So our answers
 *   share ports; our offers, which name a port before the peer names its own, share only when the
 *   plane was told that all peers give each call a port of its own (`always`).
 * - What a peer still sends after its call is nobody's, see `Demultiplexer`.
 */
export class SharedPorts {
  private readonly sockets: RtpSockets;
  private readonly random: () => number;
  private readonly open = new Set<Port>();

  constructor(sockets: RtpSockets, random: () => number) {
    this.sockets = sockets;
    this.random = random;
  }

  /** Rejects when no port can be had. */
  async take(options: SeatOptions): Promise<Seat> {
    const shared = this.joinable(options);
    const port = shared ?? this.newPort(options.bindAddress);
    this.enter(port, options);
    if (!shared) await this.bind(port, options);
    return this.seat(port, options.rtp);
  }

  private joinable({ bindAddress, share, remote, rtp }: SeatOptions): Port | undefined {
    if (share === "never" || (share === "inbound" && !remote)) return undefined;
    const nowMs = monotonicMs();
    let fullest: Port | undefined;
    for (const port of this.open) {
      const { legs } = port.demultiplexer;
      const hasRoom = port.rtp !== undefined && legs.size < capacityOf(port.rtp);
      const fits =
        hasRoom &&
        port.bindAddress === bindAddress &&
        port.restsUntilMs <= nowMs &&
        !(remote && port.demultiplexer.isTaken(remote)) &&
        [...legs].every((leg) => leg.isSettled && leg.ssrc !== rtp.ssrc);
      if (fits && legs.size > (fullest?.demultiplexer.legs.size ?? 0)) fullest = port;
    }
    return fullest;
  }

  private newPort(bindAddress: string): Port {
    const port: Port = {
      bindAddress,
      demultiplexer: new Demultiplexer(),
      onErrors: new Map(),
      rtp: undefined,
      rtcp: undefined,
      strangers: 0,
      restsUntilMs: 0,
      readTick: 0,
    };
    this.open.add(port);
    return port;
  }

  private async bind(port: Port, { bindAddress, ports }: SeatOptions): Promise<void> {
    const { random, sockets } = this;
    try {
      port.rtp = await openRtpSocket(
        sockets,
        {
          bindAddress,
          onDatagram: receiveAt(port),
          onError: (detail) => this.fail(port, detail),
        },
        { ports, random },
      );
      port.rtcp = await openRtcpSocket(
        sockets,
        {
          bindAddress,
          onDatagram: receiveReportAt(port),
          // Reports are a courtesy: the calls go on without them.
          onError: () => {},
        },
        port.rtp.port,
      );
    } catch (error) {
      this.open.delete(port);
      throw error;
    }
    if (!this.open.has(port)) close(port);
  }

  private enter(port: Port, { rtp, onError }: SeatOptions): void {
    port.demultiplexer.add(rtp);
    port.onErrors.set(rtp, onError);
  }

  private leave(port: Port, leg: RtpLeg): void {
    const { demultiplexer } = port;
    if (!demultiplexer.legs.has(leg)) return;
    const nowMs = monotonicMs();
    if (!leg.isSettled) port.restsUntilMs = nowMs + REST_MS;
    demultiplexer.remove(leg, nowMs);
    port.onErrors.delete(leg);
    if (demultiplexer.legs.size > 0) return;
    this.open.delete(port);
    close(port);
  }

  private fail(port: Port, detail: string): void {
    this.open.delete(port);
    close(port);
    for (const onError of [...port.onErrors.values()]) onError(detail);
  }

  private seat(port: Port, leg: RtpLeg): Seat {
    const strangersBefore = port.strangers;
    return {
      port: port.rtp?.port ?? 0,
      get strangers() {
        return port.strangers - strangersBefore;
      },
      read(tick) {
        // Others on this port may have had it read already.
        if (port.readTick === tick) return;
        port.readTick = tick;
        port.rtp?.read();
      },
      readReports: () => port.rtcp?.read(),
      send: (datagram, length, address, to) => port.rtp?.send(datagram, length, address, to),
      sendReport: (datagram, length, address, to) =>
        (port.rtcp ?? port.rtp)?.send(datagram, length, address, to),
      refresh: () => port.demultiplexer.refresh(leg),
      leave: () => this.leave(port, leg),
    };
  }
}

function receiveAt(port: Port): RtpSocketOptions["onDatagram"] {
  const { demultiplexer } = port;
  return (datagram, address, from, arrivedMs) => {
    const leg = demultiplexer.find(datagram, address, from, arrivedMs);
    if (!leg) {
      port.strangers += 1;
      return;
    }
    const wasSettled = leg.isSettled;
    try {
      leg.receive(datagram, address, from, arrivedMs);
    } catch (error) {
      blame(port, leg, error);
    }
    if (leg.isSettled !== wasSettled) demultiplexer.refresh(leg);
  };
}

function receiveReportAt(port: Port): RtpSocketOptions["onDatagram"] {
  return (datagram, address, from, arrivedMs) => {
    const leg = port.demultiplexer.findForReport(datagram, address, from);
    if (!leg) {
      port.strangers += 1;
      return;
    }
    try {
      leg.receiveRtcp(datagram, address, arrivedMs);
    } catch (error) {
      blame(port, leg, error);
    }
  };
}

/** A defect that a datagram meets is its call's, not of the others whose datagrams come after it. */
function blame(port: Port, leg: RtpLeg, error: unknown): void {
  port.onErrors.get(leg)?.(`a defect in the media thread: ${messageOf(error)}`);
}

function capacityOf(socket: RtpSocket): number {
  const packets = socket.receiveBufferBytes / BUFFERED_PACKET_BYTES;
  return Math.min(MAX_LEGS, Math.max(1, Math.floor(packets / BUFFERED_PACKETS_PER_LEG)));
}

function close(port: Port): void {
  port.rtp?.close();
  port.rtcp?.close();
}
