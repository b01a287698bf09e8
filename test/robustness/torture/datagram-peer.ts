import dgram from "node:dgram";
import { once } from "node:events";

/** Where the torture messages want their responses, by their Via headers. */
const PORTS = [5060, 5061, 5050, 5070, 6050, 19_823];

let lastHost = 0;

/** A stranger with an address of its own, who hears on every port that the messages speak of. */
export class DatagramPeer {
  readonly address: string;
  readonly received: string[] = [];
  private readonly sockets: readonly dgram.Socket[];
  private readonly listeners = new Set<() => void>();

  static async open(): Promise<DatagramPeer> {
    lastHost += 1;
    // The whole of 127.0.0.0/8 is this machine; so well-known ports collide with nobody.
    const address = `127.${(process.pid % 200) + 20}.${lastHost >> 7}.${(lastHost & 127) + 1}`;
    const sockets = PORTS.map(() => dgram.createSocket("udp4"));
    await Promise.all(
      sockets.map(async (socket, at) => {
        socket.bind(PORTS[at], address);
        await once(socket, "listening");
      }),
    );
    return new DatagramPeer(address, sockets);
  }

  private constructor(address: string, sockets: readonly dgram.Socket[]) {
    this.address = address;
    this.sockets = sockets;
    for (const socket of sockets)
      socket.on("message", (data) => {
        this.received.push(data.toString("latin1"));
        for (const listener of [...this.listeners]) listener();
      });
  }

  send(data: Buffer | string, port: number): void {
    const bytes = typeof data === "string" ? Buffer.from(data, "latin1") : data;
    this.sockets[0]?.send(bytes, port, "127.0.0.1");
  }

  /** Settles once something that fits was received. */
  until(fits: (text: string) => boolean, what: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.listeners.delete(look);
        reject(new Error(`no ${what} among: ${JSON.stringify(this.received)}`));
      }, 5_000);
      const look = () => {
        const found = this.received.find(fits);
        if (found === undefined) return;
        clearTimeout(timer);
        this.listeners.delete(look);
        resolve(found);
      };
      this.listeners.add(look);
      look();
    });
  }

  async close(): Promise<void> {
    await Promise.all(
      this.sockets.map(async (socket) => {
        socket.close();
        await once(socket, "close");
      }),
    );
  }
}
