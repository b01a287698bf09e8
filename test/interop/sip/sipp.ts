import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { SippScenario } from "./scenario.js";

const scenarios = fileURLToPath(new URL("./scenarios/", import.meta.url));

export interface SippOptions {
  /** File name below `scenarios/`, or a whole path, without `.xml`. */
  readonly scenario: string | SippScenario;
  readonly transport?: "udp" | "tcp" | "tls";
  /** Where sipp calls; absent when it waits to be called. */
  readonly target?: { readonly address: string; readonly port: number };
  readonly localPort?: number;
  readonly calls?: number;
  readonly arguments?: readonly string[];
}

export interface Sipp {
  readonly port: number;
  /** Settles when sipp ends by itself: its calls are done. */
  readonly finished: Promise<{ readonly code: number | null; readonly errors: string }>;
  stop(): Promise<void>;
}

const transportFlags = { udp: "u1", tcp: "t1", tls: "l1" } as const;

/** Starts sipp on a free port. Rejects when sipp is not installed. */
export async function startSipp(options: SippOptions): Promise<Sipp> {
  const port = options.localPort ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), "offhook-sipp-"));
  const { scenario, target, calls = 1 } = options;
  const written = join(folder, "scenario.xml");
  if (typeof scenario !== "string") writeFileSync(written, scenario.toXml());
  const child = spawn(
    "sipp",
    [
      ...(target ? [`${target.address}:${target.port}`] : []),
      "-sf",
      typeof scenario === "string" ? resolve(scenarios, `${scenario}.xml`) : written,
      "-i",
      "127.0.0.1",
      "-p",
      String(port),
      "-t",
      transportFlags[options.transport ?? "udp"],
      "-m",
      String(calls),
      "-nostdin",
      "-trace_err",
      "-error_file",
      join(folder, "errors.log"),
      // Retransmissions of one peer must not look like errors of the other.
      "-nd",
      ...(process.env["SIPP_TRACE"]
        ? ["-trace_msg", "-message_file", process.env["SIPP_TRACE"]]
        : []),
      ...(options.arguments ?? []),
    ],
    { cwd: folder, stdio: ["ignore", "ignore", "ignore"] },
  );
  await started(child);
  const finished = once(child, "exit").then(([code]) => {
    const errors = readErrors(folder);
    rmSync(folder, { recursive: true, force: true });
    return { code: code as number | null, errors };
  });
  if (!target) await bound(port, options.transport ?? "udp");
  return {
    port,
    finished,
    async stop() {
      child.kill("SIGKILL");
      await finished;
    },
  };
}

async function started(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error) => reject(new Error(`sipp cannot be run: ${error.message}`)));
  });
}

/** Waits until somebody has the port; sipp says nothing when it is ready. */
async function bound(port: number, transport: "udp" | "tcp" | "tls"): Promise<void> {
  const table = `/proc/net/${transport === "udp" ? "udp" : "tcp"}`;
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")} `;
  for (let attempt = 0; attempt < 200; attempt++) {
    const lines = readFileSync(table, "utf8").split("\n");
    if (lines.some((line) => line.slice(0, 30).includes(wanted))) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`sipp did not bind port ${port}`);
}

function readErrors(folder: string): string {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".log"))
      .map((name) => readFileSync(join(folder, name), "utf8"))
      .join("\n");
  } catch {
    return "";
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}
