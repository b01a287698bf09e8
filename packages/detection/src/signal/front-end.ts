import type { Clock, HeardFrame } from "@offhook/session/vocabulary";
import { DetectionError } from "../errors.js";
import { AudioDeadlines } from "./audio-deadlines.js";
import { type HeardTone, HOP_MS, type Hop, type Utterance } from "./heard-audio.js";
import { HopAnalyser } from "./hop-analyser.js";
import type { PowerSpectrum } from "./power-spectrum.js";
import { TalkLevel } from "./talk-levels.js";
import { To8k } from "./to-8k.js";
import { Tones } from "./tones.js";
import { Utterances } from "./utterances.js";

/** Audio that comes this much later than expected left a gap (packets that never came, DTX). */
const GAP_MS = 60;
/** A longer gap is not filled step by step: nothing learns from more silence than this. */
const LONGEST_FILL_MS = 2_000;

const SILENCE = new Int16Array(160);

export interface FrontEndListener {
  onHop(hop: Hop): void;
  onVoice(active: boolean, atMs: number): void;
  onUtterance(utterance: Utterance): void;
  onTone(tone: HeardTone): void;
}

/** One per call: frames of any rate in, hops, voice activity and utterances out. */
export class FrontEnd {
  readonly deadlines: AudioDeadlines;
  readonly talk = new TalkLevel();
  nowMs = 0;
  private readonly listener: FrontEndListener;
  /** Made when the first frame comes: a call that nobody answers has no use for it. */
  private analyser: HopAnalyser | undefined;
  private readonly spectrum: PowerSpectrum;
  private readonly utterances: Utterances;
  private readonly tones: Tones;
  private converter: To8k | undefined;
  private phase: HeardFrame["phase"] = "early";
  /** Where the next sample falls, in ms since the call was created; NaN before any. */
  private expectedMs = Number.NaN;
  private hopStartMs = 0;

  constructor(
    listener: FrontEndListener,
    clock: Clock,
    elapsedMs: () => number,
    spectrum: PowerSpectrum,
  ) {
    this.listener = listener;
    this.spectrum = spectrum;
    this.utterances = new Utterances(listener);
    this.tones = new Tones((tone) => listener.onTone(tone));
    this.deadlines = new AudioDeadlines(clock, elapsedMs);
  }

  get voiceActive(): boolean {
    return this.utterances.active;
  }

  /** Throws INVALID_AUDIO for a rate, channels or a time that cannot be analysed. */
  push(frame: HeardFrame): void {
    if (frame.phase !== this.phase && frame.phase === "active") this.answered();
    if (this.converter?.sampleRate !== frame.sampleRate)
      this.converter = new To8k(frame.sampleRate);
    const durationMs = (frame.data.length / frame.channels / frame.sampleRate) * 1_000;
    // One check of both, in arithmetic alone: this runs for every frame.
    if (!(durationMs + Math.abs(frame.atMs) < Number.POSITIVE_INFINITY)) throw unusable(frame);
    // `atMs` is the moment the frame was played out: its first sample.
    if (Number.isNaN(this.expectedMs)) this.startAt(frame.atMs);
    else if (frame.atMs - this.expectedMs > GAP_MS) this.fillUntil(frame.atMs);
    this.expectedMs += durationMs;
    const count = this.converter.convert(frame.channels === 1 ? frame.data : firstChannel(frame));
    this.analyse(this.converter.output, count);
  }

  /** Audio before answer is another source: its floor and its speech end here. */
  answered(): void {
    if (this.phase === "active") return;
    this.utterances.end("early");
    this.phase = "active";
    this.talk.reset();
    this.analyser?.reset();
    if (!Number.isNaN(this.expectedMs)) this.hopStartMs = this.expectedMs;
  }

  /** Ends the utterance that the end of the call cut off. */
  end(): void {
    this.utterances.end(this.phase);
  }

  close(): void {
    this.deadlines.close();
  }

  private startAt(atMs: number): void {
    this.expectedMs = atMs;
    this.hopStartMs = atMs;
  }

  private fillUntil(atMs: number): void {
    const gapMs = atMs - this.expectedMs;
    const fillMs = Math.min(gapMs, LONGEST_FILL_MS);
    const missing = Math.round(fillMs * 8);
    for (let done = 0; done < missing; done += SILENCE.length)
      this.analyse(SILENCE, Math.min(SILENCE.length, missing - done));
    this.hopStartMs += gapMs - fillMs;
    this.expectedMs = atMs;
  }

  private analyse(samples: Int16Array, count: number): void {
    this.analyser ??= new HopAnalyser(this.spectrum);
    const { analyser } = this;
    for (let at = 0; at < count; ) {
      at = analyser.take(samples, at, count);
      if (analyser.hopComplete) this.emitHop(analyser.hop);
    }
  }

  private emitHop(hop: HopAnalyser["hop"]): void {
    this.hopStartMs += HOP_MS;
    hop.atMs = this.hopStartMs;
    hop.phase = this.phase;
    this.nowMs = this.hopStartMs;
    if (hop.speech) this.talk.push(hop);
    this.utterances.push(hop);
    this.tones.push(hop);
    this.listener.onHop(hop);
    if (this.deadlines.isDue(this.nowMs)) this.deadlines.reached(this.nowMs);
  }
}

function unusable({ atMs, channels }: HeardFrame): DetectionError {
  const what = channels >= 1 ? `a frame that begins at ${atMs} ms` : `${channels} channels`;
  return new DetectionError("INVALID_AUDIO", `cannot analyse ${what}`);
}

function firstChannel(frame: HeardFrame): Int16Array {
  const mono = new Int16Array(Math.floor(frame.data.length / frame.channels));
  for (let index = 0; index < mono.length; index++)
    mono[index] = frame.data[index * frame.channels] as number;
  return mono;
}
