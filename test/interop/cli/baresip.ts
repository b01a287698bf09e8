import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../sip/sipp.js";

export interface BaresipOptions {
  readonly transport: "udp" | "tcp";
  /** A WAV file, 16-bit PCM, mono, 8 kHz (16 for G.722); baresip hangs up where it ends. */
  readonly say: string;
  /** Whom it calls; it answers by itself when absent. */
  readonly dial?: string;
  /** SRTP with keys in SDP: where we have it too, or always. */
  readonly srtp?: "srtp" | "srtp-mand";
  /** The only codec it speaks. Default PCMU. What it says is converted to the codec's own rate. */
  readonly codec?: BaresipCodec;
}

export type BaresipCodec = "PCMU" | "PCMA" | "G722" | "opus";

const codecModule = { PCMU: "g711", PCMA: "g711", G722: "g722", opus: "opus" } as const;

export interface Baresip {
  readonly port: number;
  /** What it said about itself so far. */
  readonly log: () => string;
  /** Has it do what somebody at its keyboard would, such as `transfer` to a SIP URI. */
  command(command: string, params?: string): Promise<void>;
  /** Ends it and returns what it heard, as a WAV file. */
  hangUp(): Promise<Uint8Array>;
  stop(): Promise<void>;
}

/** No sound card: it speaks from a file, records by a filter, and its loudspeaker leads nowhere. */
const configOf = (
  port: number,
  control: number,
  folder: string,
  say: string,
  codec: BaresipCodec,
) => `
poll_method epoll
sip_listen 127.0.0.1:${port}
audio_player aubridge,nowhere
audio_source aufile,${say}
audio_alert aubridge,nowhere-either
ausrc_srate ${codec === "G722" ? 16_000 : 8_000}
ausrc_channels 1
module_path /usr/lib/baresip/modules
module ${codecModule[codec]}.so
module srtp.so
module aufile.so
module aubridge.so
module sndfile.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:${control}
snd_path ${join(folder, "heard")}
`;

const ATTEMPTS = 5;

/** Starts baresip on a free port, with a configuration of its own. Rejects when it is not installed. */
export async function startBaresip(options: BaresipOptions): Promise<Baresip> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options);
    } catch (thrown) {
      // It takes a port for UDP, TCP and TLS, and the one above; somebody may have one of them.
      if (attempt === ATTEMPTS || !String(thrown).includes("Address already in use")) throw thrown;
    }
  }
}

async function startOnce(options: BaresipOptions): Promise<Baresip> {
  const { transport, say, dial, srtp, codec = "PCMU" } = options;
  const port = await freePort();
  const control = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "offhook-baresip-"));
  const uri = `sip:baresip@127.0.0.1:${port};transport=${transport}`;
  mkdirSync(join(folder, "heard"));
  writeFileSync(join(folder, "config"), configOf(port, control, folder, say, codec));
  const encryption = srtp === undefined ? "" : `;mediaenc=${srtp}`;
  writeFileSync(
    join(folder, "accounts"),
    `<${uri}>;regint=0;answermode=auto;audio_codecs=${codec}${encryption}\n`,
  );
  writeFileSync(join(folder, "contacts"), "");
  const child = spawn(
    "baresip",
    ["-4", "-f", folder, "-t", "30", ...(dial ? ["-e", `/dial ${dial}`] : [])],
    { cwd: folder, stdio: ["ignore", "pipe", "pipe"] },
  );
  let log = "";
  let over = false;
  const exited = once(child, "close").then(() => {
    over = true;
  });
  const ready = new Promise<void>((resolve, reject) => {
    const hear = (text: Buffer) => {
      log = (log + text).slice(-20_000);
      if (log.includes("baresip is ready")) resolve();
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("error", (error) => reject(new Error(`baresip cannot be run: ${error.message}`)));
    void exited.then(() => reject(new Error(`baresip exited: ${log}`)));
  });
  const end = async () => {
    if (!over) child.kill("SIGTERM");
    const deadline = setTimeout(() => child.kill("SIGKILL"), 5_000);
    await exited;
    clearTimeout(deadline);
  };
  try {
    await ready;
  } catch (thrown) {
    rmSync(folder, { recursive: true, force: true });
    throw thrown;
  }
  return {
    port,
    log: () => log,
    async command(command, params = "") {
      const socket = connect(control, "127.0.0.1");
      await once(socket, "connect");
      const text = JSON.stringify({ command, params, token: "1" });
      socket.write(`${text.length}:${text},`);
      await once(socket, "data");
      socket.destroy();
    },
    async hangUp() {
      await end();
      const heard = join(folder, "heard");
      const recording = readdirSync(heard).find((name) => name.endsWith("-dec.wav"));
      if (recording === undefined) throw new Error(`baresip recorded nothing: ${log}`);
      return readFileSync(join(heard, recording));
    },
    async stop() {
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
