import { isIP } from "node:net";
import { deferred } from "../../deferred.js";
import { OffhookError } from "../../errors.js";
import type { AudioFrame, HeardFrame } from "../../vocabulary.js";
import type { CallAudio, MediaRecording, MediaStats, SendDtmfOptions } from "../call-audio.js";
import type { AgreedMedia, CodecOffer, MediaPort, OpenMediaOptions } from "../media-plane.js";
import { checkBackground, checkDigits, checkPlayable } from "../port-checks.js";
import { IncomingAudio } from "../receive/incoming-audio.js";
import type { Played } from "../send/playout.js";
import { WriteGate } from "../send/write-gate.js";
import { type Command, type RecordAction, type Report, ROW } from "./worker-protocol.js";

const NO_STATS: MediaStats = {
  codec: undefined,
  packetsSent: 0,
  packetsReceived: 0,
  packetsLost: 0,
  packetsDropped: 0,
  jitterMs: 0,
};
const NOTHING_PLAYED: Played = { playedMs: 0, interrupted: true };

export interface WorkerPortOptions extends OpenMediaOptions {
  readonly leg: number;
  readonly send: (command: Command) => void;
  /** A frame listener threw; it is heard of here and nowhere else. */
  readonly onListenerError: (error: unknown) => void;
}

/** A media port whose work is done in a media worker. */
export class WorkerPort implements MediaPort {
  readonly format: CallAudio["format"];
  readonly local: Promise<{ readonly address: string; readonly port: number }>;
  private readonly options: WorkerPortOptions;
  private readonly hearing: IncomingAudio;
  private readonly gate = new WriteGate();
  private readonly boundPort = deferred<number>();
  private readonly ended = deferred<void>();
  private phase: HeardFrame["phase"] = "early";
  private isClosed = false;
  private lastStats = NO_STATS;
  private requests = 0;
  private readonly marks = new Map<number, (played: Played) => void>();
  private readonly clears = new Map<number, (playedMs: number) => void>();
  private readonly digits = new Map<number, (sent: boolean) => void>();
  private readonly recordings = new Map<number, (result: Recorded) => void>();
  /** How the recording ended that was on when the call did. */
  private lastRecorded: Recorded = { error: "the call was not being recorded" };
  private recordingFailure: ((error: OffhookError) => void) | undefined;
  /** Samples written in all, and at the last clear. */
  private written = 0;
  private writtenAtClear = 0;
  private clearCount = 0;
  private queuedSamples = 0;

  constructor(options: WorkerPortOptions) {
    this.options = options;
    this.format = { sampleRate: options.sampleRate, channels: 1 };
    this.hearing = new IncomingAudio(options.onListenerError);
    const { localAddress: address } = options;
    this.local = handled(this.boundPort.promise.then((port) => ({ address, port })));
  }

  get incoming(): ReadableStream<AudioFrame> {
    return this.hearing.stream;
  }

  get queuedMs(): number {
    return (this.queuedSamples * 1000) / this.format.sampleRate;
  }

  onFrame(listener: (frame: HeardFrame) => void): () => void {
    return this.hearing.listen(listener);
  }

  write(frame: AudioFrame): Promise<void> {
    const refusal = this.isClosed ? callEnded("write") : checkPlayable(frame, this.format);
    if (refusal) return handled(Promise.reject(refusal));
    this.written += frame.data.length;
    this.queuedSamples += frame.data.length;
    this.send({ type: "write", leg: this.options.leg, samples: frame.data.slice() });
    return this.gate.enter(this.queuedMs);
  }

  mark(): Promise<Played> {
    if (this.isClosed) return Promise.resolve(NOTHING_PLAYED);
    const request = ++this.requests;
    this.send({ type: "mark", leg: this.options.leg, request });
    return new Promise((resolve) => this.marks.set(request, resolve));
  }

  clear(): Promise<{ readonly playedMs: number }> {
    if (this.isClosed) return Promise.resolve({ playedMs: 0 });
    const request = ++this.requests;
    this.clearCount += 1;
    this.writtenAtClear = this.written;
    this.setQueued(0);
    this.send({ type: "clear", leg: this.options.leg, request });
    return new Promise((resolve) => this.clears.set(request, (playedMs) => resolve({ playedMs })));
  }

  pause(): void {
    this.send({ type: "pause", leg: this.options.leg, paused: true });
  }

  resume(): void {
    this.send({ type: "pause", leg: this.options.leg, paused: false });
  }

  sendDtmf(digits: string, options: SendDtmfOptions = {}): Promise<void> {
    const { durationMs = 160, gapMs = 80 } = options;
    const refusal = this.isClosed
      ? callEnded("sendDtmf")
      : checkDigits(digits, { durationMs, gapMs });
    if (refusal) return handled(Promise.reject(refusal));
    const request = ++this.requests;
    this.send({ type: "digits", leg: this.options.leg, request, digits, durationMs, gapMs });
    return handled(
      new Promise((resolve, reject) => {
        this.digits.set(request, (sent) => (sent ? resolve() : reject(callEnded("sendDtmf"))));
      }),
    );
  }

  stats(): MediaStats {
    return this.lastStats;
  }

  setBackground(samples: Int16Array | undefined, options: { gainDb?: number } = {}): void {
    const { gainDb = -20 } = options;
    const refusal = checkBackground(samples, gainDb);
    if (refusal) throw refusal;
    const copy = samples?.slice() ?? new Int16Array(0);
    this.send({ type: "background", leg: this.options.leg, samples: copy, gainDb });
  }

  async record(path: string): Promise<MediaRecording> {
    if (this.isClosed) throw callEnded("record");
    const started = await this.askRecorder({ do: "start", path });
    if ("error" in started) throw recordingFailed(started.error);
    let stopped: Promise<{ readonly durationMs: number }> | undefined;
    const failed = new Promise<OffhookError>((resolve) => {
      this.recordingFailure = resolve;
    });
    return {
      failed,
      pause: () => void this.askRecorder({ do: "pause" }),
      resume: () => void this.askRecorder({ do: "resume" }),
      stop: () => {
        stopped ??= handled(
          this.askRecorder({ do: "stop" }).then((result) => {
            if ("error" in result) throw recordingFailed(result.error);
            return result;
          }),
        );
        return stopped;
      },
    };
  }

  expect(receive: readonly CodecOffer[]): void {
    this.send({ type: "expect", leg: this.options.leg, receive });
  }

  connect(agreed: AgreedMedia): void {
    if (isIP(agreed.remote.address) === 0) {
      const detail = "the session description names a host, not an address, for its media";
      this.signal({ type: "media_failed", detail });
      return;
    }
    this.send({ type: "connect", leg: this.options.leg, agreed });
  }

  setPhase(phase: HeardFrame["phase"]): void {
    if (phase === this.phase) return;
    this.phase = phase;
    this.send({ type: "phase", leg: this.options.leg });
  }

  close(): void {
    if (this.isClosed) return;
    // Marks, clears and digits are settled by the worker, which knows what was played.
    this.send({ type: "close", leg: this.options.leg });
    this.isClosed = true;
    this.boundPort.reject(callEnded("open"));
    this.hearing.end();
    this.setQueued(0);
    this.gate.open();
  }

  /** What the worker answered or reports. */
  onReport(report: Report): void {
    switch (report.type) {
      case "opened":
        this.boundPort.resolve(report.port);
        break;
      case "open_failed":
        this.boundPort.reject(mediaFailed(report.detail));
        this.signal({ type: "media_failed", detail: report.detail });
        break;
      case "signal":
        this.signal(report.signal);
        break;
      case "marked":
        settle(this.marks, report.request, report.played);
        break;
      case "cleared":
        settle(this.clears, report.request, report.playedMs);
        break;
      case "digits_sent":
        settle(this.digits, report.request, report.sent);
        break;
      case "recorded":
        this.lastRecorded = report.result;
        settle(this.recordings, report.request, report.result);
        break;
      case "recording_failed":
        this.recordingFailure?.(recordingFailed(report.detail));
        break;
      case "stats":
        this.lastStats = report.stats;
        break;
      case "closed":
        this.settleAll();
        break;
    }
  }

  /** One tick's progress: the row that begins at `at`, and what was heard in it from `audioAt` on. */
  onRow(rows: Float64Array, at: number, audio: Int16Array, audioAt: number): void {
    if (this.isClosed) return;
    this.setQueued(
      rows[at + ROW.clears] === this.clearCount
        ? this.written - (rows[at + ROW.written] ?? 0) + (rows[at + ROW.queued] ?? 0)
        : this.written - this.writtenAtClear,
    );
    const samples = rows[at + ROW.samples] ?? 0;
    if (samples === 0) return;
    this.hearing.deliver({
      data: audio.slice(audioAt, audioAt + samples),
      sampleRate: this.format.sampleRate,
      channels: 1,
      samplesPerChannel: samples,
      atMs: rows[at + ROW.atMs] ?? 0,
      phase: this.phase,
    });
  }

  /** The worker is gone, or there is none to take the call; `error` is MEDIA_FAILED by default. */
  abandon(detail: string, error: OffhookError = mediaFailed(detail)): void {
    const wasOpen = !this.isClosed;
    this.boundPort.reject(error);
    this.close();
    this.settleAll();
    if (wasOpen) this.options.onSignal({ type: "media_failed", detail });
  }

  private askRecorder(action: RecordAction): Promise<Recorded> {
    if (this.isClosed) return this.ended.promise.then(() => this.lastRecorded);
    const request = ++this.requests;
    this.send({ type: "record", leg: this.options.leg, request, action });
    return new Promise((resolve) => this.recordings.set(request, resolve));
  }

  private signal(signal: Parameters<OpenMediaOptions["onSignal"]>[0]): void {
    if (!this.isClosed) this.options.onSignal(signal);
  }

  private send(command: Command): void {
    if (!this.isClosed) this.options.send(command);
  }

  private setQueued(samples: number): void {
    this.queuedSamples = samples;
    this.gate.update(this.queuedMs);
  }

  private settleAll(): void {
    for (const request of [...this.marks.keys()]) settle(this.marks, request, NOTHING_PLAYED);
    for (const request of [...this.clears.keys()]) settle(this.clears, request, 0);
    for (const request of [...this.digits.keys()]) settle(this.digits, request, false);
    for (const request of [...this.recordings.keys()]) {
      settle(this.recordings, request, this.lastRecorded);
    }
    this.ended.resolve();
  }
}

function settle<T>(pending: Map<number, (value: T) => void>, request: number, value: T): void {
  const resolve = pending.get(request);
  pending.delete(request);
  resolve?.(value);
}

/** A rejection that nobody awaits must not end the process; whoever awaits still gets it. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

function callEnded(operation: string): OffhookError {
  return new OffhookError("CALL_ENDED", `${operation}: the media of this call is closed.`, {
    remedy: "Stop when the call's abort signal fires.",
  });
}

type Recorded = Extract<Report, { readonly type: "recorded" }>["result"];

function recordingFailed(detail: string): OffhookError {
  const isFull = /\b(?:ENOSPC|EDQUOT)\b/.test(detail);
  return new OffhookError("MEDIA_FAILED", `The call cannot be recorded: ${detail}.`, {
    remedy: isFull
      ? "Make room where recordings go. What was recorded until then can be read."
      : "Give the path of a file that does not exist yet, in a folder that can be written to.",
  });
}

function mediaFailed(detail: string): OffhookError {
  return new OffhookError("MEDIA_FAILED", `The media port cannot be used: ${detail}.`, {
    remedy: "Check that the media address is one of this machine and that UDP ports are free.",
  });
}
