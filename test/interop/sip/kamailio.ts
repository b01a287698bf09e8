import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "./sipp.js";

export interface Kamailio {
  readonly port: number;
  readonly tlsPort: number;
  stop(): Promise<void>;
}

export interface KamailioOptions {
  /** Where one listened before, to come back there. */
  readonly before?: Kamailio;
  readonly sha256?: boolean;
  /** PEM, for TLS. */
  readonly certificate?: string;
  readonly key?: string;
}

/** Starts Kamailio as registrar and proxy on UDP, TCP and WebSocket, and on TLS given a certificate. */
export async function startKamailio(options: KamailioOptions = {}): Promise<Kamailio> {
  const folder = mkdtempSync(join(tmpdir(), "offhook-kamailio-"));
  const { certificate, key, before } = options;
  const port = before?.port ?? (await freePort());
  const tlsPort = before?.tlsPort ?? (await freePort());
  const tls = certificate !== undefined && key !== undefined;
  const template = readFileSync(
    fileURLToPath(new URL("./peers/kamailio.cfg", import.meta.url)),
    "utf8",
  );
  const config = join(folder, "kamailio.cfg");
  writeFileSync(config, template.replace("KAMAILIO_TLS_CONFIG", join(folder, "tls.cfg")));
  if (tls) {
    writeFileSync(join(folder, "cert.pem"), certificate);
    writeFileSync(join(folder, "key.pem"), key, { mode: 0o600 });
    writeFileSync(
      join(folder, "tls.cfg"),
      `[server:default]\nmethod = TLSv1.2+\nverify_certificate = no\nrequire_certificate = no\nprivate_key = ${join(folder, "key.pem")}\ncertificate = ${join(folder, "cert.pem")}\n[client:default]\nmethod = TLSv1.2+\nverify_certificate = no\nrequire_certificate = no\n`,
    );
  }
  const child = spawn(
    "kamailio",
    [
      "-f",
      config,
      "-Y",
      folder,
      "-P",
      join(folder, "kamailio.pid"),
      "-DD",
      "-E",
      "-m",
      "64",
      "-M",
      "8",
      "-A",
      "WITH_WS",
      ...(options.sha256 ? ["-A", "WITH_SHA256"] : []),
      ...(tls ? ["-A", "WITH_TLS"] : []),
      "-l",
      `udp:127.0.0.1:${port}`,
      "-l",
      `tcp:127.0.0.1:${port}`,
      ...(tls ? ["-l", `tls:127.0.0.1:${tlsPort}`] : []),
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-20_000);
  });
  const exited = once(child, "exit");
  const failed = new Promise<never>((_resolve, reject) => {
    child.once("error", (error) => reject(new Error(`kamailio cannot be run: ${error.message}`)));
    exited.then(
      () => reject(new Error(`kamailio ended: ${errors}`)),
      () => undefined,
    );
  });
  failed.catch(() => undefined);
  await Promise.race([listening(port), failed]);
  return {
    port,
    tlsPort,
    async stop() {
      child.kill("SIGTERM");
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => {
        socket.destroy();
        resolve(true);
      });
      socket.once("error", () => resolve(false));
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("kamailio does not listen");
}
