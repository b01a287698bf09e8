// A process of its own: callees that talk in turns with whoever calls them, over real SIP and RTP,
// and report when on the wire somebody began or stopped to be heard. Its CPU is nobody else's.
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { encodeG711 } from "@offhook/session";
import type { WireCommand, WireReport } from "./wire-messages.js";

const FRAME_MS = 20;
const SAMPLES = 160;
/** Speech of a caller, and how long it then listens before it speaks over the answer. */
const SPEAK_MS = 600;
const LISTEN_MS = { least: 500, most: 900 };
/** An answer that does not come is not waited for. */
const PATIENCE_MS = 1_500;
const QUIET_MS = 60;
const LOUD_PEAK = 1_000;

const loud = new Uint8Array(SAMPLES);
const silent = new Uint8Array(SAMPLES);
encodeG711(
  "mu",
  Int16Array.from({ length: SAMPLES }, (_, at) => 9_000 * Math.sin((2 * Math.PI * at) / 20)),
  loud,
);
encodeG711("mu", new Int16Array(SAMPLES), silent);

/** One time for both processes. */
const nowMs = () => performance.timeOrigin + performance.now();
const report = (message: WireReport) => process.send?.(message);

class WireCall {
  readonly #number: number;
  readonly #rtp: Socket = createSocket("udp4");
  #remote: { readonly host: string; readonly port: number } | undefined;
  #sequence = 0;
  #talks = false;
  #speaking = false;
  #untilMs = 0;
  #agentLoud = false;
  #lastLoudAtMs = 0;
  #lastPacketAtMs = 0;
  #longestGapMs = 0;

  constructor(number: number) {
    this.#number = number;
    this.#rtp.on("message", (packet) => this.#hear(packet));
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#rtp.bind(0, "127.0.0.1", resolve));
    return this.#rtp.address().port;
  }

  connect(host: string, port: number): void {
    this.#remote = { host, port };
  }

  setTalking(talks: boolean): void {
    this.#talks = talks;
    this.#speaking = false;
    this.#untilMs = nowMs() + 500 + Math.random() * 1_000;
    this.#longestGapMs = 0;
    this.#lastPacketAtMs = 0;
  }

  get longestGapMs(): number {
    return this.#longestGapMs;
  }

  tick(): void {
    if (!this.#remote) return;
    const atMs = nowMs();
    if (this.#agentLoud && atMs - this.#lastLoudAtMs > QUIET_MS) {
      this.#agentLoud = false;
      report({ type: "agent_quiet", call: this.#number, atMs: this.#lastLoudAtMs });
    }
    if (this.#talks && atMs >= this.#untilMs) this.#turn(atMs);
    const packet = Buffer.alloc(12 + SAMPLES);
    packet[0] = 0x80;
    packet.writeUInt16BE(this.#sequence & 0xffff, 2);
    packet.writeUInt32BE((this.#sequence * SAMPLES) >>> 0, 4);
    packet.writeUInt32BE(this.#number + 1, 8);
    packet.set(this.#speaking ? loud : silent, 12);
    this.#sequence++;
    this.#rtp.send(packet, this.#remote.port, this.#remote.host);
  }

  close(): void {
    this.#rtp.close();
  }

  #turn(atMs: number): void {
    this.#speaking = !this.#speaking;
    const type = this.#speaking ? "speech_begin" : "speech_end";
    // The packet that tells it goes out now.
    report({ type, call: this.#number, atMs });
    this.#untilMs = atMs + (this.#speaking ? SPEAK_MS : PATIENCE_MS);
  }

  #hear(packet: Buffer): void {
    const atMs = nowMs();
    if (this.#lastPacketAtMs > 0)
      this.#longestGapMs = Math.max(this.#longestGapMs, atMs - this.#lastPacketAtMs);
    this.#lastPacketAtMs = atMs;
    if (!isLoud(packet.subarray(12))) return;
    this.#lastLoudAtMs = atMs;
    if (this.#agentLoud) return;
    this.#agentLoud = true;
    report({ type: "agent_loud", call: this.#number, atMs });
    const { least, most } = LISTEN_MS;
    if (this.#talks && !this.#speaking)
      this.#untilMs = atMs + least + Math.random() * (most - least);
  }
}

/** µ-law codes grow towards 0x00 and 0x80 with the level. */
function isLoud(payload: Uint8Array): boolean {
  return payload.some((code) => expand(code) > LOUD_PEAK);
}

function expand(code: number): number {
  const inverted = ~code & 0xff;
  return ((((inverted & 0x0f) << 3) + 0x84) << ((inverted >> 4) & 7)) - 0x84;
}

const calls = new Map<number, WireCall>();
const sip = createSocket("udp4");
sip.on("message", (data, from) => void answer(String(data), from));
sip.bind(0, "127.0.0.1", () =>
  report({ type: "ready", uri: `sip:127.0.0.1:${sip.address().port}` }),
);

async function answer(message: string, { address, port }: RemoteInfo): Promise<void> {
  const method = message.slice(0, message.indexOf(" "));
  if (method !== "INVITE" && method !== "BYE") return;
  const header = (name: string) =>
    new RegExp(`^${name}:\\s*(.*)$`, "im").exec(message)?.[1]?.trim() ?? "";
  const number = Number(/^INVITE sip:\+?1202555(\d{4})@/.exec(message)?.[1] ?? 0);
  let sdp = "";
  if (method === "INVITE") {
    const call = new WireCall(number);
    calls.set(number, call);
    call.connect("127.0.0.1", Number(/^m=audio (\d+)/m.exec(message)?.[1] ?? 0));
    const media = `m=audio ${await call.listen()} RTP/AVP 0`;
    sdp = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", media, ""].join(
      "\r\n",
    );
  }
  const to = header("To");
  const lines = [
    "SIP/2.0 200 OK",
    `Via: ${header("Via")}`,
    `From: ${header("From")}`,
    `To: ${to.includes("tag=") ? to : `${to};tag=wire${number}`}`,
    `Call-ID: ${header("Call-ID")}`,
    `CSeq: ${header("CSeq")}`,
    `Contact: <sip:wire@127.0.0.1:${sip.address().port}>`,
    ...(sdp === "" ? [] : ["Content-Type: application/sdp"]),
    `Content-Length: ${sdp.length}`,
    "",
    sdp,
  ];
  sip.send(lines.join("\r\n"), port, address);
}

let nextMs = performance.now();
let lastTickMs = nextMs;
let stallMs = 0;
const ticker = setInterval(() => {
  stallMs = Math.max(stallMs, performance.now() - lastTickMs);
  lastTickMs = performance.now();
  while (performance.now() >= nextMs) {
    for (const call of calls.values()) call.tick();
    nextMs += FRAME_MS;
  }
}, 2);

process.on("message", (command: WireCommand) => {
  if (command.type === "talk") {
    for (const call of calls.values()) call.setTalking(command.on);
    stallMs = 0;
  } else if (command.type === "gaps")
    report({
      type: "gaps",
      longestMs: Math.max(...[...calls.values()].map(({ longestGapMs }) => longestGapMs)),
      stallMs,
    });
  else {
    clearInterval(ticker);
    for (const call of calls.values()) call.close();
    sip.close();
    process.disconnect();
  }
});
