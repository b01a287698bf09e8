import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import type { Random } from "@offhook/session";

export interface LossyRelayOptions {
  /** Whom the datagrams are for. */
  readonly target: { readonly host: string; readonly port: number };
  /** The share of datagrams that vanish, each way. */
  readonly loss: number;
  readonly random: Random;
  /** Sees what the caller sends, before it may be lost. */
  readonly onRequest?: (text: string) => void;
}

/**
 * Stands between one caller and one callee as a bad network would, and loses datagrams both ways.
 * The addresses in Contact become its own, or everything after the INVITE would go past it.
 */
export class LossyRelay {
  readonly #options: LossyRelayOptions;
  readonly #near: Socket = createSocket({ type: "udp4", recvBufferSize: BUFFER_BYTES });
  readonly #far: Socket = createSocket({ type: "udp4", recvBufferSize: BUFFER_BYTES });
  #caller: RemoteInfo | undefined;

  constructor(options: LossyRelayOptions) {
    this.#options = options;
  }

  /** Returns the port that callers send to. */
  async open(): Promise<number> {
    const { target, onRequest } = this.#options;
    await Promise.all([bind(this.#near), bind(this.#far)]);
    this.#near.on("message", (data, from) => {
      this.#caller = from;
      const text = data.toString();
      onRequest?.(text);
      if (!this.#isLost()) this.#far.send(through(text, this.#far), target.port, target.host);
    });
    this.#far.on("message", (data) => {
      const { port, address } = this.#caller ?? {};
      if (!this.#isLost()) this.#near.send(through(data.toString(), this.#near), port, address);
    });
    return this.#near.address().port;
  }

  close(): void {
    this.#near.close();
    this.#far.close();
  }

  #isLost(): boolean {
    return this.#options.random.unit() < this.#options.loss;
  }
}

const BUFFER_BYTES = 1024 * 1024;

function through(text: string, out: Socket): string {
  return text.replace(
    /^(Contact:\s*<sips?:(?:[^@>]*@)?)[\d.]+(?::\d+)?/im,
    (_whole, before: string) => `${before}127.0.0.1:${out.address().port}`,
  );
}

function bind(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(0, "127.0.0.1", () => resolve());
  });
}
