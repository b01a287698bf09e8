import type { Random } from "../../random.js";
import type { WireOpener } from "../endpoint.js";
import { hostPortKey, type WireEvents } from "../transport/wire.js";

export interface MemoryNetwork {
  readonly openWire: WireOpener;
  /** Puts any bytes on the wire, as if from `from`. */
  inject(data: Buffer, from: { address: string; port: number }, toPort: number): void;
  /** Everything that was sent, lost or not. */
  readonly sent: string[];
}

const DELAY_MS = 5;

/** UDP in memory: packets take 5 ms, and some never arrive. Moves with the global timers. */
export function memoryNetwork(options: { random: Random; loss?: number }): MemoryNetwork {
  const { random, loss = 0 } = options;
  const ends = new Map<string, WireEvents>();
  const sent: string[] = [];
  let nextPort = 20_000;
  return {
    sent,
    inject(data, from, toPort) {
      ends.get(hostPortKey({ address: "127.0.0.1", port: toPort }))?.onMessage(data, from);
    },
    async openWire(listen, events) {
      const local = { address: listen.address, port: listen.port || nextPort++ };
      ends.set(hostPortKey(local), events);
      return {
        protocol: "UDP",
        reliable: false,
        local,
        watch: async () => undefined,
        async send(text, to) {
          sent.push(text);
          if (random.unit() < loss) return;
          setTimeout(
            () => ends.get(hostPortKey(to))?.onMessage(Buffer.from(text), local),
            DELAY_MS,
          );
        },
        async close() {
          ends.delete(hostPortKey(local));
        },
      };
    },
  };
}
