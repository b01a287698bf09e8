import { Worker } from "node:worker_threads";
import { messageOf } from "../../errors.js";
import type { WorkerPort } from "./worker-port.js";
import {
  type Batch,
  type Command,
  ROW,
  ROW_LENGTH,
  type ThreadSettings,
} from "./worker-protocol.js";

/** Always the built file: Node cannot start a worker from TypeScript. Right from `src` and from `dist`. */
const WORKER_FILE = new URL("../../../dist/media/worker/media-worker.js", import.meta.url);
/** A worker that does not leave by itself within this time is stopped. */
const SHUT_DOWN_MS = 1_000;

/** The main thread's end of one media worker. The thread is started with the first port. */
export class MediaThread {
  private readonly settings: ThreadSettings;
  private readonly ports = new Map<number, WorkerPort>();
  private worker: Worker | undefined;
  private isOverloaded = false;
  private outbox: Command[] = [];
  /** Audio in the outbox, which is handed over rather than copied. */
  private audio: ArrayBuffer[] = [];

  constructor(settings: ThreadSettings) {
    this.settings = settings;
  }

  get openPorts(): number {
    return this.ports.size;
  }

  /** It has more calls already than it can carry well. */
  get overloaded(): boolean {
    return this.isOverloaded;
  }

  add(leg: number, port: WorkerPort): void {
    this.ports.set(leg, port);
    this.start().ref();
  }

  /** Commands given in one turn of the event loop go out together, and their audio is given away. */
  send(command: Command): void {
    if (this.outbox.length === 0) queueMicrotask(() => this.flush());
    this.outbox.push(command);
    if (command.type === "write") this.audio.push(command.samples.buffer);
  }

  async close(): Promise<void> {
    const { worker } = this;
    if (!worker) return;
    const exited = new Promise((resolve) => worker.once("exit", resolve));
    this.send({ type: "shut_down" });
    const impatience = setTimeout(() => void worker.terminate(), SHUT_DOWN_MS);
    worker.ref();
    await exited;
    clearTimeout(impatience);
  }

  private start(): Worker {
    this.worker ??= this.spawn();
    return this.worker;
  }

  private spawn(): Worker {
    // Flags of the main thread (loaders, inspectors) are not for this one.
    const worker = new Worker(WORKER_FILE, {
      execArgv: [],
      name: "offhook media",
      workerData: this.settings,
    });
    let failure = "the media thread ended";
    worker.on("message", (batch: Batch) => this.take(batch));
    worker.on("error", (error) => {
      failure = `the media thread failed: ${messageOf(error)}`;
    });
    worker.on("exit", () => {
      this.worker = undefined;
      this.isOverloaded = false;
      const orphans = [...this.ports.values()];
      this.ports.clear();
      for (const port of orphans) port.abandon(failure);
    });
    return worker;
  }

  private flush(): void {
    const { outbox, audio } = this;
    this.outbox = [];
    this.audio = [];
    this.worker?.postMessage(outbox, audio);
  }

  private take(batch: Batch): void {
    for (const report of batch.reports) {
      if (report.type === "overload") {
        this.isOverloaded = report.overloaded;
        continue;
      }
      const port = this.ports.get(report.leg);
      if (report.type === "closed") {
        this.ports.delete(report.leg);
        if (this.ports.size === 0) this.worker?.unref();
      }
      port?.onReport(report);
    }
    const { rows, audio } = batch;
    let audioAt = 0;
    for (let at = 0; at < rows.length; at += ROW_LENGTH) {
      this.ports.get(rows[at + ROW.leg] ?? -1)?.onRow(rows, at, audio, audioAt);
      audioAt += rows[at + ROW.samples] ?? 0;
    }
  }
}
