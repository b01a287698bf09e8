import { afterEach, describe, expect, it } from "vitest";
import { type PlaneThread, planeOver } from "../create-media-plane.js";
import { monotonicMs } from "../monotonic-clock.js";
import { monoFrame } from "../send/tones.js";
import { openSockets } from "../socket/open-sockets.js";
import type { SocketKind } from "../socket/rtp-socket.js";
import { likeness } from "../testing/correlation.js";
import {
  closeAll,
  connectEnds,
  heardAudio,
  openEnd,
  plane,
  sweep,
  until,
} from "../testing/plane-fixture.js";
import { MediaEngine } from "./media-engine.js";
import type { WorkerPort } from "./worker-port.js";
import { type Batch, type Command, ROW, ROW_LENGTH } from "./worker-protocol.js";

afterEach(closeAll);

const HELD_UP_MS = 400;

/** A media thread's work on the thread of the test, so that the test can hold it up. */
class SameThread implements PlaneThread {
  readonly overloaded = false;
  private readonly ports = new Map<number, WorkerPort>();
  private readonly engine: MediaEngine;

  constructor(sockets: SocketKind) {
    this.engine = new MediaEngine({
      post: (batch) => this.take(batch),
      random: Math.random,
      sockets: openSockets(sockets),
    });
  }

  get openPorts(): number {
    return this.ports.size;
  }

  add(leg: number, port: WorkerPort): void {
    this.ports.set(leg, port);
  }

  send(command: Command): void {
    queueMicrotask(() => this.engine.run([command]));
  }

  close(): Promise<void> {
    return this.engine.shutDown();
  }

  private take({ reports, rows, audio }: Batch): void {
    for (const report of reports)
      if (report.type !== "overload") this.ports.get(report.leg)?.onReport(report);
    let audioAt = 0;
    for (let at = 0; at < rows.length; at += ROW_LENGTH) {
      this.ports.get(rows[at + ROW.leg] ?? -1)?.onRow(rows, at, audio, audioAt);
      audioAt += rows[at + ROW.samples] ?? 0;
    }
  }
}

describe.runIf(process.platform === "linux")("a media thread that was held up", () => {
  it("hears what came meanwhile in its place, and takes none of it for jitter", async () => {
    const heldUp = planeOver([new SameThread("batched")], {});
    const [ear, mouth] = [openEnd(heldUp), openEnd(plane())];
    await connectEnds(ear, mouth);
    await until(() => ear.frames.length > 25);
    const audio = sweep(1_200, 8_000);
    await mouth.port.write(monoFrame(audio, 8_000));
    await until(() => ear.frames.length > 40);
    const heldUpFromMs = monotonicMs();
    while (monotonicMs() - heldUpFromMs < HELD_UP_MS);
    const count = ear.frames.length;
    await until(() => ear.frames.length > count + 60);
    expect(likeness(heardAudio(ear), audio, 400)).toBeGreaterThan(0.9);
    // On a busy machine the mouth is late by itself now and then, but never by as much.
    const { concealedMs = HELD_UP_MS, bufferMs = HELD_UP_MS } = ear.port.stats();
    expect(concealedMs).toBeLessThan(HELD_UP_MS / 2);
    expect(bufferMs).toBeLessThan(HELD_UP_MS / 2);
    await heldUp.close();
  });
});
