import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("../../../packages/agent/bin/offhook.js", import.meta.url));

/** One JSON line of the report: an event, an outcome or an error. */
export type Line = Readonly<Record<string, unknown>> & { readonly type: string };

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lines: readonly Line[];
  readonly stderr: string;
}

export interface OffhookOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** The process is killed when it has not exited by itself until then, which no test expects. */
  readonly withinMs?: number;
}

/** The CLI as a user runs it: a process of its own that reports in JSON. */
export interface Offhook {
  readonly lines: readonly Line[];
  /** Settles when the process is gone and everything it said was read. */
  readonly exited: Promise<Exit>;
  /** Rejects when the process exits without having said so. */
  line(wanted: (line: Line) => boolean): Promise<Line>;
  event(name: string): Promise<Line>;
  /** The port that `offhook answer` was given, once it listens. */
  port(transport?: "udp" | "tcp"): Promise<number>;
  signal(name: NodeJS.Signals): void;
  /** Kills what is left of it. */
  stop(): Promise<void>;
}

export function startOffhook(command: readonly string[], options: OffhookOptions = {}): Offhook {
  const child = spawn(process.execPath, [bin, ...command, "--json"], {
    env: { ...process.env, ...options.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const deadline = setTimeout(() => child.kill("SIGKILL"), options.withinMs ?? 20_000);
  const lines: Line[] = [];
  const waiting = new Set<() => void>();
  let stderr = "";
  let gone = false;
  const tell = () => {
    for (const look of [...waiting]) look();
  };
  createInterface({ input: child.stdout }).on("line", (text) => {
    lines.push(JSON.parse(text) as Line);
    tell();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    tell();
  });
  const exited = once(child, "close").then(([code, signal]): Exit => {
    clearTimeout(deadline);
    gone = true;
    tell();
    return {
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      lines,
      stderr,
    };
  });
  const until = <Found>(what: string, find: () => Found | undefined) =>
    new Promise<Found>((resolve, reject) => {
      const look = () => {
        const found = find();
        if (found === undefined && !gone) return;
        waiting.delete(look);
        if (found !== undefined) resolve(found);
        else reject(new Error(`offhook exited without ${what}: ${stderr}`));
      };
      waiting.add(look);
      look();
    });
  const line = (wanted: (line: Line) => boolean, what = "that line") =>
    until(what, () => lines.find(wanted));
  return {
    lines,
    exited,
    line,
    event: (name) => line((told) => told["event"] === name, `the event ${name}`),
    port: (transport) =>
      until("listening", () => {
        const protocol = transport ?? "\\w+";
        const port = new RegExp(`${protocol}:127\\.0\\.0\\.1:(\\d+)`).exec(stderr)?.[1];
        return port === undefined ? undefined : Number(port);
      }),
    signal: (name) => void child.kill(name),
    async stop() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

export const outcomesOf = ({ lines }: Pick<Exit, "lines">) =>
  lines.filter(({ type }) => type === "outcome");

export const eventsOf = ({ lines }: Pick<Exit, "lines">) =>
  lines.filter(({ type }) => type === "event").map(({ event }) => event);
