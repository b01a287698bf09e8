import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";

/** A SIP message as it came, and from where. */
export interface RawMessage {
  readonly text: string;
  readonly from: RemoteInfo;
}

/**
 * A callee of few words over UDP, written out by hand: it shows what offhook sends and says exactly
 * what it is told to, right or wrong.
 */
export class RawCallee {
  readonly received: RawMessage[] = [];
  readonly sip: Socket;
  readonly rtp: Socket;
  readonly #waiting = new Set<() => void>();

  private constructor(sip: Socket, rtp: Socket) {
    this.sip = sip;
    this.rtp = rtp;
    sip.on("message", (data, from) => {
      this.received.push({ text: data.toString("utf8"), from });
      for (const look of [...this.#waiting]) look();
    });
  }

  static async start(): Promise<RawCallee> {
    return new RawCallee(await bound(), await bound());
  }

  get port(): number {
    return this.sip.address().port;
  }

  all(method: string): readonly RawMessage[] {
    return this.received.filter(({ text }) => text.startsWith(`${method} `));
  }

  /** The nth request of this method. */
  async request(method: string, count = 1): Promise<RawMessage> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.all(method)[count - 1];
        if (!found) return;
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Answers a request: `200 OK`, with our SDP if wanted. */
  reply({ text, from }: RawMessage, statusLine: string, withSdp = false): void {
    const copied = ["Via", "From", "Call-ID", "CSeq"].map(
      (name) => `${name}: ${header(text, name)}`,
    );
    const to = header(text, "To");
    const body = withSdp ? this.#sdp() : "";
    const lines = [
      `SIP/2.0 ${statusLine}`,
      ...copied,
      `To: ${/;tag=/.test(to) ? to : `${to};tag=raw`}`,
      `Contact: <sip:raw@127.0.0.1:${this.port}>`,
      ...(withSdp ? ["Content-Type: application/sdp"] : []),
      `Content-Length: ${body.length}`,
      "",
      body,
    ];
    this.sip.send(lines.join("\r\n"), from.port, from.address);
  }

  /** A request of ours within the dialog that `invite` opened, to be sent by whoever likes. */
  requestText(method: string, invite: RawMessage, sequence: number): string {
    const { text } = invite;
    return [
      `${method} sip:offhook@${invite.from.address}:${invite.from.port} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${this.port};branch=z9hG4bKraw${method}${sequence}`,
      `From: ${header(text, "To")};tag=raw`,
      `To: ${header(text, "From")}`,
      `Call-ID: ${header(text, "Call-ID")}`,
      `CSeq: ${sequence} ${method}`,
      "Max-Forwards: 70",
      "Content-Length: 0",
      "",
      "",
    ].join("\r\n");
  }

  close(): void {
    this.sip.close();
    this.rtp.close();
  }

  #sdp(): string {
    const { port } = this.rtp.address();
    return [
      "v=0",
      "o=raw 1 1 IN IP4 127.0.0.1",
      "s=-",
      "c=IN IP4 127.0.0.1",
      "t=0 0",
      `m=audio ${port} RTP/AVP 0 101`,
      "a=rtpmap:101 telephone-event/8000",
      "",
    ].join("\r\n");
  }
}

export async function bound(): Promise<Socket> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}

export function header(text: string, name: string): string {
  return new RegExp(`^${name}\\s*:\\s*(.*)$`, "im").exec(text)?.[1]?.trim() ?? "";
}

/** Where a message's SDP wants its audio. */
export function audioPort({ text }: RawMessage): number {
  return Number(/^m=audio (\d+)/m.exec(text)?.[1] ?? 0);
}
