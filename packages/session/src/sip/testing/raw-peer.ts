import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

/**
 * A telephone made of text: sends what it is told to and shows what came. By itself it only agrees
 * to BYE, CANCEL and NOTIFY. Real UDP, for tests.
 */
export class RawPeer {
  readonly port: number;
  /** Everything that came, in order. */
  readonly received: string[] = [];
  private readonly socket: Socket;
  private readonly waiting = new Set<() => void>();
  private taken = 0;
  private branches = 0;

  static async open(): Promise<RawPeer> {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return new RawPeer(socket);
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    this.port = socket.address().port;
    socket.on("message", (data, { port }) => {
      const text = data.toString();
      this.received.push(text);
      if (/^(?:BYE|NOTIFY|CANCEL) /.test(text)) this.reply(text, "200 OK", port);
      for (const look of [...this.waiting]) look();
    });
  }

  /** The next message that has not been waited for yet and matches; those before it are passed over. */
  next(pattern: RegExp, withinMs = 4_000): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const at = this.received.findIndex(
          (text, index) => index >= this.taken && pattern.test(text),
        );
        if (at < 0) return;
        this.taken = at + 1;
        done();
        resolve(this.received[at] ?? "");
      };
      const timer = setTimeout(() => {
        done();
        const seen = this.received.map((text) => text.split("\r\n", 1)[0]).join(" | ");
        reject(new Error(`no ${pattern} among ${seen}`));
      }, withinMs);
      const done = () => {
        clearTimeout(timer);
        this.waiting.delete(look);
      };
      this.waiting.add(look);
      look();
    });
  }

  /** Something that matches came and was not waited for yet. */
  has(pattern: RegExp): boolean {
    return this.received.slice(this.taken).some((text) => pattern.test(text));
  }

  send(text: string, port: number): void {
    this.socket.send(text, port, "127.0.0.1");
  }

  /** One request; `dialog` gives From, To and Call-ID. */
  request(
    method: string,
    dialog: RawDialog,
    cseq: number,
    { headers = [], body = "", type = "application/sdp", contact }: RawExtras = {},
  ): void {
    this.branches += 1;
    const lines = [
      `${method} sip:offhook@127.0.0.1:${dialog.port} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${this.port};branch=z9hG4bK${dialog.callId}${this.branches}`,
      `From: <sip:peer@127.0.0.1>${dialog.ownTag ? `;tag=${dialog.ownTag}` : ""}`,
      `To: <sip:+12025550100@127.0.0.1>${dialog.theirTag ? `;tag=${dialog.theirTag}` : ""}`,
      `Call-ID: ${dialog.callId}`,
      `CSeq: ${cseq} ${method}`,
      `Contact: ${contact ?? `<sip:peer@127.0.0.1:${this.port}>`}`,
      "Max-Forwards: 70",
      ...headers,
      ...(body ? [`Content-Type: ${type}`] : []),
      `Content-Length: ${Buffer.byteLength(body)}`,
      "",
      body,
    ];
    this.send(lines.join("\r\n"), dialog.port);
  }

  /** Answers a request that came from `port`. */
  reply(
    request: string,
    status: string,
    port: number,
    {
      headers = [],
      body = "",
      tag = "answer",
      contact,
    }: RawExtras & { readonly tag?: string } = {},
  ): void {
    const copied = request
      .split("\r\n")
      .filter((line) => /^(?:via|from|call-id|cseq|record-route):/i.test(line));
    const to = headerOf(request, "To");
    const lines = [
      `SIP/2.0 ${status}`,
      ...copied,
      `To: ${/;tag=/.test(to) || tag === "" ? to : `${to};tag=${tag}`}`,
      ...(contact === "" ? [] : [`Contact: ${contact ?? `<sip:peer@127.0.0.1:${this.port}>`}`]),
      ...headers,
      ...(body ? ["Content-Type: application/sdp"] : []),
      `Content-Length: ${Buffer.byteLength(body)}`,
      "",
      body,
    ];
    this.send(lines.join("\r\n"), port);
  }

  /** Calls whoever listens on `port`, up to the ACK. */
  async call(port: number, callId: string, extras: RawExtras = {}): Promise<RawDialog> {
    const calling = { callId, ownTag: `tag-${callId}`, theirTag: undefined, port };
    this.request("INVITE", calling, 1, { body: sdpOf(), ...extras });
    const ok = await this.next(/^SIP\/2\.0 200 [\s\S]*CSeq: 1 INVITE/);
    const dialog = { ...calling, theirTag: tagOf(headerOf(ok, "To")) };
    this.request("ACK", dialog, 1);
    return dialog;
  }

  close(): void {
    this.socket.close();
  }
}

/** One dialog as the raw peer sees it. */
export interface RawDialog {
  readonly callId: string;
  readonly ownTag: string;
  readonly theirTag: string | undefined;
  readonly port: number;
}

interface RawExtras {
  readonly headers?: readonly string[];
  readonly body?: string;
  readonly type?: string;
  /** Default: where this peer listens. An answer with an empty one has none. */
  readonly contact?: string;
}

export function headerOf(text: string, name: string): string {
  return new RegExp(`^${name}:[ \\t]*(.*)$`, "im").exec(text)?.[1]?.trim() ?? "";
}

export function tagOf(address: string): string {
  return /;tag=([^;\s]+)/.exec(address)?.[1] ?? "";
}

/** An offer or answer of PCMU, or of what is given. */
export function sdpOf(port = 4_000, { formats = "0", lines = ["a=sendrecv"] } = {}): string {
  return [
    "v=0",
    "o=- 1 1 IN IP4 127.0.0.1",
    "s=-",
    "c=IN IP4 127.0.0.1",
    "t=0 0",
    `m=audio ${port} RTP/AVP ${formats}`,
    ...lines,
    "",
  ].join("\r\n");
}
