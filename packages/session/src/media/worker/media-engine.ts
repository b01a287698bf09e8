import { messageOf } from "../../errors.js";
import { monotonicMs } from "../monotonic-clock.js";
import { RecordedLeg } from "../recording/recorded-leg.js";
import { RtpLeg } from "../rtp/rtp-leg.js";
import { TICK_MS } from "../send/media-sender.js";
import type { RtpSockets } from "../socket/rtp-socket.js";
import { BatchWriter } from "./batch-writer.js";
import type { OverloadGuard } from "./overload.js";
import { type Seat, SharedPorts } from "./shared-ports.js";
import { ThreadLoad } from "./thread-load.js";
import { TickClock } from "./tick-clock.js";
import type { Batch, Command } from "./worker-protocol.js";

/** Frames for the main thread are this long, whatever the packets are. */
const FRAME_TICKS = 4;
const REPORT_TICKS = 52;
const STATS_TICKS = 200;
/** Until a leg is this old its counts are told more often: what a short call ends with has to hold. */
const YOUNG_MS = 10_000;
const YOUNG_STATS_TICKS = 48;
const LOAD_TICKS = 200;

const NO_LEGS: ReadonlySet<Leg> = new Set();

interface Leg {
  readonly id: number;
  readonly rtp: RtpLeg;
  readonly openedMs: number;
  readonly frameSamples: number;
  readonly recording: RecordedLeg;
  seat: Seat | undefined;
  /** Its packets are due when its frames are. */
  isEven: boolean;
  written: number;
  clears: number;
  /** What the last row told. */
  idle: boolean;
  toldWritten: number;
  toldClears: number;
  closed: boolean;
}

type Open = Extract<Command, { readonly type: "open" }>;

/** Everything the media worker does, apart from being a thread. */
export class MediaEngine {
  private readonly legs = new Map<number, Leg>();
  /** The same by the tick that their frames are due at. */
  private readonly turns = Array.from({ length: FRAME_TICKS }, () => new Set<Leg>());
  /** Those whose packets are due at other ticks than their frames. */
  private readonly uneven = new Set<Leg>();
  private readonly batch = new BatchWriter();
  private readonly post: (batch: Batch, transfer: ArrayBuffer[]) => void;
  private readonly random: () => number;
  private readonly clock: TickClock;
  private readonly ports: SharedPorts;
  private readonly sockets: RtpSockets;
  private readonly load: ThreadLoad;
  /** Legs that are over but for their recordings. */
  private readonly closing = new Set<Promise<void>>();

  constructor(options: {
    readonly post: (batch: Batch, transfer: ArrayBuffer[]) => void;
    /** Uniform in [0, 1). */
    readonly random: () => number;
    readonly sockets: RtpSockets;
    readonly guard?: OverloadGuard;
  }) {
    this.post = options.post;
    this.load = new ThreadLoad(options.guard);
    this.random = options.random;
    this.sockets = options.sockets;
    this.ports = new SharedPorts(options.sockets, options.random);
    this.clock = new TickClock(
      (tick, dueMs) => this.tick(tick, dueMs),
      () => this.flush(),
    );
  }

  /** All but `shut_down`, which is `shutDown` here. */
  run(commands: readonly Command[]): void {
    for (const command of commands) if (command.type !== "shut_down") this.runOne(command);
    this.flush();
  }

  /** Nothing must stay open when the thread ends otherwise than by `shutDown`. */
  abandon(): void {
    this.sockets.close();
  }

  /** Closes every leg, and settles when the last recording is written. */
  async shutDown(): Promise<void> {
    for (const leg of [...this.legs.values()]) this.close(leg);
    this.flush();
    await Promise.all(this.closing);
  }

  private runOne(command: Exclude<Command, { type: "shut_down" }>): void {
    if (command.type === "open") {
      this.open(command);
      return;
    }
    const leg = this.legs.get(command.leg);
    if (!leg) return;
    try {
      this.runForLeg(leg, command);
    } catch (error) {
      this.giveUp(leg, error);
    }
  }

  private runForLeg(leg: Leg, command: Exclude<Command, { type: "shut_down" } | Open>): void {
    const { rtp, id } = leg;
    switch (command.type) {
      case "expect":
        rtp.expect(command.receive);
        break;
      case "connect":
        if (!rtp.connect(command.agreed, this.clock.current, monotonicMs())) {
          const detail = `we cannot speak what was agreed: ${command.agreed.send.name}`;
          this.batch.report({ type: "signal", leg: id, signal: { type: "media_failed", detail } });
        }
        leg.seat?.refresh();
        leg.isEven = rtp.packetTicks % FRAME_TICKS === 0;
        if (leg.isEven) this.uneven.delete(leg);
        else this.uneven.add(leg);
        break;
      case "phase":
        rtp.enterPhase(monotonicMs());
        break;
      case "write":
        leg.written += command.samples.length;
        rtp.playout.write(command.samples);
        break;
      case "mark":
        rtp.playout.mark((played) =>
          this.batch.report({ type: "marked", leg: id, request: command.request, played }),
        );
        break;
      case "clear": {
        leg.clears += 1;
        const { playedMs } = rtp.playout.clear();
        this.batch.report({ type: "cleared", leg: id, request: command.request, playedMs });
        break;
      }
      case "pause":
        if (command.paused) rtp.playout.pause();
        else rtp.playout.resume();
        break;
      case "digits": {
        const { request, digits, durationMs, gapMs } = command;
        const settle = (sent: boolean) =>
          this.batch.report({ type: "digits_sent", leg: id, request, sent });
        rtp.sendDigits({ digits, durationMs, gapMs, settle });
        break;
      }
      case "background":
        rtp.setBackground(command.samples, command.gainDb);
        break;
      case "record":
        leg.recording.act(command.request, command.action);
        break;
      case "close":
        this.close(leg);
        break;
    }
  }

  private open(command: Open): void {
    const { leg: id, sampleRate, rtpLostMs, digitsInSound, openedMs } = command;
    const rtp = new RtpLeg({
      sampleRate,
      rtpLostMs,
      digitsInSound,
      tickOffset: id % FRAME_TICKS,
      random: this.random,
      onSignal: (signal) => this.batch.report({ type: "signal", leg: id, signal }),
    });
    const leg: Leg = {
      id,
      rtp,
      openedMs,
      recording: new RecordedLeg(
        sampleRate,
        (request, result) => this.batch.report({ type: "recorded", leg: id, request, result }),
        (detail) => this.batch.report({ type: "recording_failed", leg: id, detail }),
      ),
      frameSamples: (sampleRate * FRAME_TICKS * TICK_MS) / 1000,
      seat: undefined,
      isEven: true,
      written: 0,
      clears: 0,
      idle: false,
      toldWritten: 0,
      toldClears: 0,
      closed: false,
    };
    this.legs.set(id, leg);
    this.turns[id % FRAME_TICKS]?.add(leg);
    this.clock.start();
    void this.takeSeat(leg, command);
  }

  private async takeSeat(leg: Leg, command: Open): Promise<void> {
    const { id, rtp } = leg;
    try {
      const seat = await this.ports.take({
        ...command,
        rtp,
        onError: (detail) =>
          this.batch.report({ type: "signal", leg: id, signal: { type: "media_failed", detail } }),
      });
      if (leg.closed) {
        seat.leave();
        return;
      }
      leg.seat = seat;
      seat.refresh();
      this.batch.report({ type: "opened", leg: id, port: seat.port });
    } catch (error) {
      if (leg.closed) return;
      this.batch.report({ type: "open_failed", leg: id, detail: messageOf(error) });
    }
    this.flush();
  }

  private close(leg: Leg): void {
    const { id, rtp } = leg;
    leg.closed = true;
    this.reportStats(leg);
    this.sayGoodbye(leg);
    leg.seat?.leave();
    rtp.close();
    this.legs.delete(id);
    this.leaveTurns(leg);
    if (this.legs.size === 0) this.rest();
    if (!leg.recording.active) {
      this.batch.report({ type: "closed", leg: id });
      return;
    }
    const closing = this.endRecording(leg).finally(() => this.closing.delete(closing));
    this.closing.add(closing);
  }

  /** Without legs there is no clock, and nothing to be overloaded by. */
  private rest(): void {
    this.clock.stop();
    if (this.load.reset()) this.batch.report({ type: "overload", overloaded: false });
  }

  private async endRecording(leg: Leg): Promise<void> {
    await leg.recording.end();
    this.batch.report({ type: "closed", leg: leg.id });
    this.flush();
  }

  private tick(tick: number, dueMs: number): void {
    if (tick % LOAD_TICKS === 0) this.measureLoad();
    const turn = this.turns[(FRAME_TICKS - (tick % FRAME_TICKS)) % FRAME_TICKS] ?? NO_LEGS;
    // Before anything else, so that what is sent does not wait for what there is to hear.
    for (const leg of turn) if (leg.isEven) this.sendDue(leg, tick);
    for (const leg of this.uneven) this.sendDue(leg, tick);
    this.sockets.flush();
    for (const leg of turn) this.takeTurn(leg, tick, dueMs);
    this.sockets.flush();
  }

  private takeTurn(leg: Leg, tick: number, dueMs: number): void {
    try {
      leg.seat?.read(tick);
      this.hear(leg, dueMs);
      if ((tick + leg.id) % REPORT_TICKS === 0) this.reportDue(leg, tick, dueMs);
      const statsTicks = dueMs - leg.openedMs < YOUNG_MS ? YOUNG_STATS_TICKS : STATS_TICKS;
      if ((tick + leg.id) % statsTicks === 0) this.reportStats(leg);
    } catch (error) {
      this.giveUp(leg, error);
    }
  }

  /** A defect that one call runs into ends that call, and not the thread with everybody else's. */
  private giveUp(leg: Leg, error: unknown): void {
    this.leaveTurns(leg);
    const detail = `a defect in the media thread: ${messageOf(error)}`;
    this.batch.report({ type: "signal", leg: leg.id, signal: { type: "media_failed", detail } });
  }

  private leaveTurns(leg: Leg): void {
    this.turns[leg.id % FRAME_TICKS]?.delete(leg);
    this.uneven.delete(leg);
  }

  private reportStats({ id, rtp, seat }: Leg): void {
    const { stats } = rtp;
    const packetsDropped = stats.packetsDropped + (seat?.strangers ?? 0);
    this.batch.report({ type: "stats", leg: id, stats: { ...stats, packetsDropped } });
  }

  /** Once a second: can this thread carry what it has? */
  private measureLoad(): void {
    const legs = [...this.legs.values()].map(({ rtp }) => rtp.inbound);
    if (this.load.take(legs, this.clock.takeLateness()))
      this.batch.report({ type: "overload", overloaded: this.load.overloaded });
  }

  private sendDue(leg: Leg, tick: number): void {
    const { seat, rtp } = leg;
    const { target } = rtp;
    if (!seat || !target) return;
    const packet = this.sockets.nextPacket();
    try {
      const length = rtp.packetDue(tick, packet);
      if (length === 0) return;
      seat.send(packet, length, target.address, target.port);
      leg.recording.said(rtp.lastSaid);
    } catch (error) {
      this.giveUp(leg, error);
    }
  }

  private reportDue(leg: Leg, tick: number, dueMs: number): void {
    leg.seat?.readReports();
    this.sendReport(leg, (into) => leg.rtp.reportDue(tick, into, dueMs));
  }

  private sayGoodbye(leg: Leg): void {
    this.sendReport(leg, (into) => leg.rtp.farewell(this.clock.current, into, monotonicMs()));
    this.sockets.flush();
  }

  /** `write` returns the length of what it wrote, 0 for nothing. */
  private sendReport({ rtp, seat }: Leg, write: (into: Uint8Array) => number): void {
    const target = rtp.reportTarget;
    if (!seat || !target) return;
    const report = this.sockets.nextPacket();
    const length = write(report);
    if (length > 0) seat.sendReport(report, length, target.address, target.port);
  }

  private hear(leg: Leg, dueMs: number): void {
    const { rtp, id, written, clears, frameSamples } = leg;
    const frame = this.batch.frame(frameSamples);
    const heard = rtp.hear(frame, dueMs);
    leg.recording.add(heard ? frame : undefined, frameSamples);
    const { queuedSamples: queued } = rtp.playout;
    // Nothing heard and nothing to play, as before: nothing to tell.
    const idle = !heard && queued === 0;
    if (idle && leg.idle && leg.toldWritten === written && leg.toldClears === clears) return;
    leg.idle = idle;
    leg.toldWritten = written;
    leg.toldClears = clears;
    this.batch.row({
      leg: id,
      atMs: Math.max(0, dueMs - leg.openedMs),
      samples: heard ? frameSamples : 0,
      written,
      queued,
      clears,
    });
  }

  private flush(): void {
    this.batch.flush(this.post);
  }
}
