import { createSocket, type Socket } from "node:dgram";

interface Dialog {
  readonly callId: string;
  readonly from: string;
  readonly to: string;
  readonly contact: string;
  readonly host: string;
  readonly port: number;
}

/**
 * A SIP peer of a hundred lines, made for one question: when did its BYE leave? It answers every
 * INVITE with 200 and SDP whose RTP nobody reads, and sends BYE when told.
 */
export class AnsweringPeer {
  readonly #socket: Socket = createSocket("udp4");
  readonly #sink: Socket = createSocket("udp4");
  readonly #dialogs = new Map<string, Dialog>();
  #branch = 0;

  async listen(): Promise<string> {
    await bind(this.#sink);
    await bind(this.#socket);
    this.#socket.on("message", (data, { address, port }) =>
      this.#take(String(data), address, port),
    );
    return `sip:127.0.0.1:${this.#socket.address().port}`;
  }

  get callIds(): readonly string[] {
    return [...this.#dialogs.keys()];
  }

  /** Sends BYE; returns when it was handed to the kernel, as `performance.now()`. */
  hangUp(callId: string): number {
    const dialog = this.#dialogs.get(callId);
    if (!dialog) throw new Error("no such dialog");
    this.#branch += 1;
    const { port } = this.#socket.address();
    const bye = [
      `BYE ${dialog.contact} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK-bye-${this.#branch}`,
      "Max-Forwards: 70",
      `From: ${dialog.to}`,
      `To: ${dialog.from}`,
      `Call-ID: ${callId}`,
      "CSeq: 1 BYE",
      "Content-Length: 0",
      "",
      "",
    ].join("\r\n");
    const sentMs = performance.now();
    this.#socket.send(bye, dialog.port, dialog.host);
    return sentMs;
  }

  close(): void {
    this.#socket.close();
    this.#sink.close();
  }

  #take(message: string, host: string, port: number): void {
    if (!message.startsWith("INVITE ")) return;
    const header = (name: string) =>
      new RegExp(`^${name}:\\s*(.*)$`, "im").exec(message)?.[1]?.trim() ?? "";
    const callId = header("Call-ID");
    const to = `${header("To")};tag=peer${this.#dialogs.size}`;
    const contact = /<([^>]+)>/.exec(header("Contact"))?.[1] ?? "";
    this.#dialogs.set(callId, { callId, from: header("From"), to, contact, host, port });
    const sdp = [
      "v=0",
      "o=- 1 1 IN IP4 127.0.0.1",
      "s=-",
      "c=IN IP4 127.0.0.1",
      "t=0 0",
      `m=audio ${this.#sink.address().port} RTP/AVP 0`,
      "",
    ].join("\r\n");
    const ok = [
      "SIP/2.0 200 OK",
      `Via: ${header("Via")}`,
      `From: ${header("From")}`,
      `To: ${to}`,
      `Call-ID: ${callId}`,
      `CSeq: ${header("CSeq")}`,
      `Contact: <sip:peer@127.0.0.1:${this.#socket.address().port}>`,
      "Content-Type: application/sdp",
      `Content-Length: ${sdp.length}`,
      "",
      sdp,
    ].join("\r\n");
    this.#socket.send(ok, port, host);
  }
}

function bind(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.bind(0, "127.0.0.1", resolve));
}
