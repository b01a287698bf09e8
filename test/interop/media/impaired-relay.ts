import { createSocket, type Socket } from "node:dgram";
import type { Random } from "@offhook/session";

/** What the network does to RTP, each way by itself. Reports (RTCP) pass unharmed. */
export interface Impairment {
  /** The share of packets that vanish. */
  readonly lossRate?: number;
  /** The share of packets that come twice. */
  readonly duplicateRate?: number;
  /** Each packet is kept back by up to this much; above a packet's length they overtake each other. */
  readonly jitterMs?: number;
  /** All packets, reports too, are kept back by this much. */
  readonly delayMs?: number;
}

interface Address {
  readonly address: string;
  readonly port: number;
}

export interface RelayCounts {
  /** RTP packets that came, and those that were lost on purpose. */
  seen: number;
  lost: number;
  duplicated: number;
}

const HOST = "127.0.0.1";
const BUFFER_BYTES = 1024 * 1024;
const ATTEMPTS = 50;

/**
 * A bad network between one media port of ours and its peer: two pairs of sockets, RTP and RTCP,
 * one pair towards each side. What it does follows from the seed and the order of the packets.
 */
export class ImpairedRelay {
  readonly towardsUs: RelayCounts = { seen: 0, lost: 0, duplicated: 0 };
  readonly towardsPeer: RelayCounts = { seen: 0, lost: 0, duplicated: 0 };
  readonly #impairment: Impairment;
  readonly #random: Random;
  readonly #timers = new Set<NodeJS.Timeout>();
  #outer: readonly [Socket, Socket] | undefined;
  #inner: readonly [Socket, Socket] | undefined;
  #us: Address | undefined;
  #peer: Address | undefined;
  #closed = false;

  constructor(impairment: Impairment, random: Random) {
    this.#impairment = impairment;
    this.#random = random;
  }

  /** Stands in front of our media port; returns the address for our SDP. */
  async open(us: Address): Promise<Address> {
    this.#us = us;
    const [outer, inner] = await Promise.all([bindPair(), bindPair()]);
    this.#outer = outer;
    this.#inner = inner;
    for (const at of [0, 1] as const) {
      outer[at].on("message", (datagram) =>
        this.#pass(datagram, at, this.towardsUs, inner[at], this.#us),
      );
      inner[at].on("message", (datagram) =>
        this.#pass(datagram, at, this.towardsPeer, outer[at], this.#peer),
      );
    }
    if (this.#closed) this.close();
    return { address: HOST, port: outer[0].address().port };
  }

  /** The peer's own address, from its SDP; returns the one that we send to instead. */
  meet(peer: Address): Address {
    this.#peer = peer;
    return { address: HOST, port: this.#inner?.[0].address().port ?? 0 };
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of [...(this.#outer ?? []), ...(this.#inner ?? [])]) socket.close();
    this.#outer = undefined;
    this.#inner = undefined;
  }

  #pass(
    datagram: Buffer,
    channel: 0 | 1,
    counts: RelayCounts,
    out: Socket,
    to: Address | undefined,
  ): void {
    if (!to) return;
    const { lossRate = 0, duplicateRate = 0, jitterMs = 0, delayMs = 0 } = this.#impairment;
    const send = (afterMs: number) => this.#later(afterMs, datagram, to.port + channel, out, to);
    if (channel === 1) return send(delayMs);
    counts.seen += 1;
    // Drawn for every packet alike, so that one figure does not change what another one does.
    const [fate, twice, early, late] = Array.from({ length: 4 }, () => this.#random.unit());
    if ((fate ?? 1) < lossRate) {
      counts.lost += 1;
      return;
    }
    send(delayMs + (early ?? 0) * jitterMs);
    if ((twice ?? 1) >= duplicateRate) return;
    counts.duplicated += 1;
    send(delayMs + (late ?? 0) * jitterMs);
  }

  #later(afterMs: number, datagram: Buffer, port: number, out: Socket, to: Address): void {
    const send = () => {
      if (!this.#closed) out.send(datagram, port, to.address);
    };
    if (afterMs === 0) return send();
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      send();
    }, afterMs);
    this.#timers.add(timer);
  }
}

/** An even port and the one above it. */
async function bindPair(): Promise<readonly [Socket, Socket]> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const even = await bind(0);
    const { port } = even.address();
    if (port % 2 === 0) {
      try {
        return [even, await bind(port + 1)];
      } catch {
        // Somebody has the port above.
      }
    }
    even.close();
  }
  throw new Error("no pair of ports is free");
}

function bind(port: number): Promise<Socket> {
  const socket = createSocket({ type: "udp4", recvBufferSize: BUFFER_BYTES });
  return new Promise((resolve, reject) => {
    socket.once("error", (error) => {
      socket.close();
      reject(error);
    });
    socket.bind(port, HOST, () => resolve(socket));
  });
}
