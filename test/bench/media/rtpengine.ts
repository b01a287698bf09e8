import { type ChildProcess, spawn } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { cpuSecondsOf } from "./plane-load.js";

/** A bencoded dictionary of strings, which is all the ng protocol needs here. */
type Command = Readonly<Record<string, string>>;

/** rtpengine in user space, spoken to by its ng protocol. */
export class Rtpengine {
  readonly #child: ChildProcess;
  readonly #socket: Socket = createSocket("udp4");
  readonly #controlPort: number;
  readonly #waiting = new Map<string, (reply: string) => void>();
  #cookies = 0;

  private constructor(child: ChildProcess, controlPort: number) {
    this.#child = child;
    this.#controlPort = controlPort;
    this.#socket.on("message", (data) => {
      const text = String(data);
      const cookie = text.slice(0, text.indexOf(" "));
      this.#waiting.get(cookie)?.(text);
      this.#waiting.delete(cookie);
    });
  }

  /** Rejects when it is not installed or does not come up. */
  static async start(controlPort: number): Promise<Rtpengine> {
    const child = spawn(
      "rtpengine",
      [
        "--foreground",
        "--log-stderr",
        "--log-level=2",
        "--interface=127.0.0.1",
        `--listen-ng=127.0.0.1:${controlPort}`,
        "--table=-1",
        "--num-threads=1",
        "--port-min=45000",
        "--port-max=60000",
      ],
      { stdio: "ignore" },
    );
    const failed = new Promise<never>((_, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`rtpengine ended with ${code}`)));
    });
    failed.catch(() => {});
    const engine = new Rtpengine(child, controlPort);
    for (let attempt = 0; attempt < 20; attempt++) {
      const reply = await Promise.race([engine.#ask({ command: "ping" }, 200), failed]);
      if (reply !== undefined) return engine;
    }
    engine.stop();
    throw new Error("rtpengine does not answer");
  }

  /** Puts a call between two ports; returns the ports each of them sends to. */
  async relay(id: number, one: number, other: number): Promise<readonly [number, number]> {
    const call = { "call-id": `bench-${id}`, "from-tag": "a" };
    const offered = await this.#ask({ ...call, command: "offer", sdp: sdpFor(one) });
    const answered = await this.#ask({
      ...call,
      command: "answer",
      "to-tag": "b",
      sdp: sdpFor(other),
    });
    return [portIn(answered), portIn(offered)];
  }

  /** CPU time used so far, in seconds. */
  cpuSeconds(): number {
    return cpuSecondsOf(`/proc/${this.#child.pid}/stat`);
  }

  stop(): void {
    this.#socket.close();
    this.#child.removeAllListeners("exit");
    this.#child.kill("SIGKILL");
  }

  async #ask(command: Command, timeoutMs = 3_000): Promise<string | undefined> {
    const cookie = `c${++this.#cookies}`;
    const body = Object.entries(command)
      .map(([key, value]) => `${bencode(key)}${bencode(value)}`)
      .join("");
    let timer: NodeJS.Timeout | undefined;
    const reply = new Promise<string | undefined>((resolve) => {
      this.#waiting.set(cookie, resolve);
      timer = setTimeout(() => resolve(undefined), timeoutMs);
    });
    this.#socket.send(`${cookie} d${body}e`, this.#controlPort, "127.0.0.1");
    const answer = await reply;
    clearTimeout(timer);
    return answer;
  }
}

function bencode(text: string): string {
  return `${Buffer.byteLength(text)}:${text}`;
}

function sdpFor(port: number): string {
  return [
    "v=0",
    "o=- 1 1 IN IP4 127.0.0.1",
    "s=-",
    "c=IN IP4 127.0.0.1",
    "t=0 0",
    `m=audio ${port} RTP/AVP 0`,
    "a=rtpmap:0 PCMU/8000",
    "",
  ].join("\r\n");
}

function portIn(reply: string | undefined): number {
  const port = /m=audio (\d+)/.exec(reply ?? "")?.[1];
  if (!port) throw new Error("rtpengine gave no port");
  return Number(port);
}
