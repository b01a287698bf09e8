import { messageOf } from "../../errors.js";
import { Playout } from "../send/playout.js";
import type { RecordAction } from "../worker/worker-protocol.js";
import { WavRecorder } from "./wav-recorder.js";

type Result = { readonly durationMs: number } | { readonly error: string };

/** One leg's recording in the media worker: brings what is heard and said onto one time line. */
export class RecordedLeg {
  private readonly sampleRate: number;
  private readonly answer: (request: number, result: Result) => void;
  private readonly onFailure: (detail: string) => void;
  private recorder: WavRecorder | undefined;
  private starting: Promise<void> | undefined;
  /** What was sent and is not recorded yet; packets and frames need not have the same length. */
  private agent: Playout | undefined;
  private agentFrame = new Int16Array(0);
  private silence = new Int16Array(0);

  /** `onFailure` is told when a recording that is on cannot be written any more. */
  constructor(
    sampleRate: number,
    answer: (request: number, result: Result) => void,
    onFailure: (detail: string) => void,
  ) {
    this.sampleRate = sampleRate;
    this.answer = answer;
    this.onFailure = onFailure;
  }

  get active(): boolean {
    return this.recorder !== undefined || this.starting !== undefined;
  }

  act(request: number, action: RecordAction): void {
    if (action.do === "start") {
      if (this.active) {
        this.answer(request, { error: "the call is being recorded already" });
      } else {
        this.starting = this.start(request, action.path);
      }
      return;
    }
    if (action.do === "stop") {
      void this.stop(request);
      return;
    }
    if (action.do === "pause") this.recorder?.pause();
    else this.recorder?.resume();
    this.answer(request, { durationMs: this.recorder?.recordedMs ?? 0 });
  }

  /** What went out in one packet. */
  said(samples: Int16Array): void {
    this.agent?.write(samples);
  }

  /** What was heard in the same time as `samples` of what was said; undefined for nothing. */
  add(heard: Int16Array | undefined, samples: number): void {
    const { recorder, agent } = this;
    if (!recorder || !agent) return;
    if (this.agentFrame.length !== samples) {
      this.agentFrame = new Int16Array(samples);
      this.silence = new Int16Array(samples);
    }
    agent.pull(this.agentFrame);
    recorder.add(heard ?? this.silence, this.agentFrame);
  }

  /** The leg is over: writes what is left. */
  async end(): Promise<void> {
    await this.starting;
    if (this.recorder) await this.stop(0);
  }

  private async start(request: number, path: string): Promise<void> {
    try {
      this.recorder = await WavRecorder.create(path, this.sampleRate, {
        onFailure: (error) => this.onFailure(messageOf(error)),
      });
      this.agent = new Playout(this.sampleRate);
      this.answer(request, { durationMs: 0 });
    } catch (error) {
      this.answer(request, { error: messageOf(error) });
    }
    this.starting = undefined;
  }

  private async stop(request: number): Promise<void> {
    const { recorder } = this;
    this.recorder = undefined;
    this.agent = undefined;
    if (!recorder) {
      this.answer(request, { error: "the call is not being recorded" });
      return;
    }
    try {
      this.answer(request, await recorder.close());
    } catch (error) {
      this.answer(request, { error: messageOf(error) });
    }
  }
}
