import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

/** One of this folder's scripts in a process of its own: it writes lines of JSON, and reads lines. */
export interface Script {
  /** The next line it writes. Rejects when it ends before, or takes longer than `timeoutMs`. */
  next<Line>(timeoutMs: number): Promise<Line>;
  tell(line: string): void;
  stop(): void;
}

export function startScript(name: string, argument: object): Script {
  const path = fileURLToPath(new URL(name, import.meta.url));
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(
    process.execPath,
    ["--expose-gc", path, JSON.stringify(argument)],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  // Whoever waits for its lines learns that it is gone.
  child.stdin.on("error", () => undefined);
  return {
    async next<Line>(timeoutMs: number) {
      const line = await within(timeoutMs, `a line of ${name}`, lines.next());
      if (line.done) throw new Error(`${name} ended with exit code ${child.exitCode}`);
      return JSON.parse(line.value) as Line;
    },
    tell: (line) => void child.stdin.write(`${line}\n`),
    stop: () => void child.kill("SIGKILL"),
  };
}

export interface Sipp {
  /** Settles with its exit code. */
  ended(timeoutMs: number): Promise<number | null>;
  stop(): void;
}

/** A sipp with free ports of its own. */
export async function startSipp(parameters: readonly string[], port?: number): Promise<Sipp> {
  const own = port ?? (await freeUdpPort());
  const media = await freeUdpPort();
  const places = ["-i", "127.0.0.1", "-p", String(own), "-mp", String(media), "-nostdin"];
  const sipp: ChildProcess = spawn("sipp", [...parameters, ...places], { stdio: "ignore" });
  const ended = new Promise<number | null>((resolve, reject) => {
    sipp.on("exit", (code) => resolve(code));
    sipp.on("error", reject);
  });
  ended.catch(() => undefined);
  await new Promise<void>((resolve, reject) => {
    sipp.once("spawn", resolve);
    sipp.once("error", (cause) =>
      reject(new Error("sipp is not installed: apt-get install sip-tester", { cause })),
    );
  });
  return {
    ended: (timeoutMs) => within(timeoutMs, "sipp", ended),
    stop: () => void sipp.kill("SIGKILL"),
  };
}

/** A sipp that answers every call, and the port it does so on. */
export async function startSippServer(): Promise<{ readonly port: number; stop(): void }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freeUdpPort();
    const sipp = await startSipp(["-sn", "uas"], port);
    // It says nothing when it is ready, and ends at once when another has taken its port meanwhile.
    const up = await sipp.ended(SIPP_STARTS_MS).then(
      () => false,
      () => true,
    );
    if (up) return { port, stop: sipp.stop };
    if (attempt === SIPP_ATTEMPTS) throw new Error("sipp ended as soon as it was started");
  }
}

const SIPP_STARTS_MS = 500;
const SIPP_ATTEMPTS = 3;

export function freeUdpPort(): Promise<number> {
  const socket = createSocket("udp4");
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.bind(0, "127.0.0.1", () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

function within<T>(timeoutMs: number, what: string, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${what} took longer than ${timeoutMs} ms`)),
      timeoutMs,
    );
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
