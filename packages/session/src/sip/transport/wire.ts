/** An address as sockets know it: IPv6 without brackets. */
export interface HostPort {
  readonly address: string;
  readonly port: number;
  /** The name that it was found by, where a certificate has to be for it. */
  readonly name?: string;
}

/** As the Via header names it (RFC 3261 20.42). */
export type TransportProtocol = "UDP" | "TCP" | "TLS" | "WS" | "WSS";

/** As a URI names it; `wss` is no transport parameter of its own (RFC 7118 5.2). */
export function transportParam(protocol: TransportProtocol): string {
  return protocol === "WSS" ? "ws" : protocol.toLowerCase();
}

/** One bound transport on one local address. Sends and receives whole messages. */
export interface Wire {
  readonly protocol: TransportProtocol;
  /** True where the transport itself repeats what is lost (RFC 3261 17). */
  readonly reliable: boolean;
  readonly local: HostPort;
  /**
   * Puts one message on the wire. Rejects with ADDRESS_UNRESOLVED or TRANSPORT_FAILED, whose
   * message names neither user nor number.
   */
  send(text: string, to: HostPort): Promise<void>;
  /**
   * Wants to learn at once when this peer cannot be reached; a stream connects. Never rejects: what
   * fails is told by the next `send`.
   */
  watch(remote: HostPort): Promise<void>;
  /** Whether a connection to `remote` is up; absent where there are none. */
  isOpen?(remote: HostPort): boolean;
  /** Our end of the connection to `remote`, where there is one and nobody listens. */
  localOf?(remote: HostPort): HostPort | undefined;
  /**
   * Keeps the way to `remote` open through what lies in between (RFC 5626 3.5.1, RFC 7118 6). A
   * connection that turns out to be dead is closed, which `onUnreachable` tells.
   */
  keepAlive?(remote: HostPort): void;
  /** Idempotent. */
  close(): Promise<void>;
}

/** What a wire tells its owner. Never throws. */
export interface WireEvents {
  onMessage(data: Buffer, from: HostPort): void;
  /** What was sent to `remote` was refused, or the connection to it is gone. */
  onUnreachable(remote: HostPort, detail: string): void;
  /** Something that is no message was counted and dropped. */
  onDropped(reason: string): void;
}

export function hostPortKey(remote: HostPort): string {
  return `${remote.address}|${remote.port}`;
}

/** For a URI or a Via: IPv6 in brackets. */
export function formatHost(address: string): string {
  return address.includes(":") && !address.startsWith("[") ? `[${address}]` : address;
}
