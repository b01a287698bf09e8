import type { Clock, TimerHandle } from "../clock.js";
import { OffhookError } from "../errors.js";
import type {
  CallAudio,
  CallSampleRate,
  MediaLeg,
  MediaStats,
  SendDtmfOptions,
} from "../media/call-audio.js";
import { Resampler } from "../media/codecs/resample.js";
import { IncomingAudio } from "../media/receive/incoming-audio.js";
import { Playout } from "../media/send/playout.js";
import { WriteGate } from "../media/send/write-gate.js";
import type { AudioFrame, HeardFrame } from "../vocabulary.js";

export interface LineEvents {
  /** Somebody began or stopped to listen or talk. */
  readonly onNeed: () => void;
  readonly onListenerError: (thrown: unknown) => void;
}

interface LineEndOptions extends LineEvents {
  readonly clock: Clock;
  readonly sampleRate: CallSampleRate;
  /** What the other end reads. */
  readonly peerRate: CallSampleRate;
  readonly sendDigit: (digit: string, durationMs: number) => void;
}

interface QueuedDigits {
  readonly digits: string[];
  readonly durationMs: number;
  readonly gapMs: number;
  readonly resolve: () => void;
  readonly reject: (error: OffhookError) => void;
}

/** One end of a simulated line, with the same queue semantics as a real leg's media. */
export class SimulatedLineEnd implements MediaLeg {
  readonly format: CallAudio["format"];
  readonly #options: LineEndOptions;
  readonly #playout: Playout;
  readonly #gate = new WriteGate();
  readonly #incoming: IncomingAudio;
  readonly #toPeer: Resampler;
  #listeners = 0;
  #digits: QueuedDigits[] = [];
  #digitTimer: TimerHandle | undefined;
  #packetsSent = 0;
  #packetsReceived = 0;
  #open = false;
  #closed = false;

  constructor(options: LineEndOptions) {
    this.#options = options;
    this.format = { sampleRate: options.sampleRate, channels: 1 };
    this.#playout = new Playout(options.sampleRate);
    this.#incoming = new IncomingAudio(options.onListenerError);
    this.#toPeer = new Resampler(options.sampleRate, options.peerRate);
  }

  /** Somebody wants the frames that come. */
  get listening(): boolean {
    return this.#listeners > 0;
  }

  /** There is something to send. */
  get talking(): boolean {
    return this.#playout.queuedSamples > 0 && !this.#playout.paused;
  }

  get incoming(): ReadableStream<AudioFrame> {
    this.#listeners++;
    this.#options.onNeed();
    return this.#incoming.stream;
  }

  get queuedMs(): number {
    return this.#playout.queuedMs;
  }

  onFrame(listener: (frame: HeardFrame) => void): () => void {
    const stop = this.#incoming.listen(listener);
    let listening = true;
    this.#listeners++;
    this.#options.onNeed();
    return () => {
      if (!listening) return;
      listening = false;
      stop();
      this.#listeners--;
      this.#options.onNeed();
    };
  }

  async write(frame: AudioFrame): Promise<void> {
    if (this.#closed) throw callEnded();
    const { sampleRate } = this.format;
    if (frame.sampleRate !== sampleRate || frame.channels !== 1)
      throw new OffhookError(
        "INVALID_AUDIO",
        `A frame of ${frame.sampleRate} Hz and ${frame.channels} channels was written to a line of ${sampleRate} Hz, mono.`,
        { remedy: "Convert it first, or use play(), which does." },
      );
    this.#playout.write(frame.data);
    this.#options.onNeed();
    await this.#gate.enter(this.#playout.queuedMs);
  }

  mark(): Promise<{ readonly playedMs: number; readonly interrupted: boolean }> {
    return new Promise((resolve) => this.#playout.mark(resolve));
  }

  async clear(): Promise<{ readonly playedMs: number }> {
    const cleared = this.#playout.clear();
    this.#gate.update(0);
    return cleared;
  }

  pause(): void {
    this.#playout.pause();
  }

  resume(): void {
    this.#playout.resume();
    this.#options.onNeed();
  }

  sendDtmf(digits: string, options: SendDtmfOptions = {}): Promise<void> {
    const { durationMs = 160, gapMs = 80 } = options;
    const upper = digits.toUpperCase();
    if (!/^[0-9*#A-D]+$/.test(upper)) return Promise.reject(badDigits());
    if (!(durationMs >= 40 && durationMs <= 6_000 && gapMs >= 40))
      return Promise.reject(badDigitTiming(durationMs, gapMs));
    if (this.#closed) return Promise.reject(callEnded());
    return new Promise((resolve, reject) => {
      this.#digits.push({ digits: [...upper], durationMs, gapMs, resolve, reject });
      this.#press();
    });
  }

  stats(): MediaStats {
    return {
      codec: this.#open ? "PCMU" : undefined,
      packetsSent: this.#packetsSent,
      packetsReceived: this.#packetsReceived,
      packetsLost: 0,
      packetsDropped: 0,
      jitterMs: 0,
    };
  }

  /** Audio and digits flow from now on. */
  open(): void {
    this.#open = true;
    this.#press();
  }

  /** The next packet, at the peer's rate, and how many of our samples in it were written. */
  send(packetMs: number): { readonly data: Int16Array; readonly spoken: number } {
    const own = new Int16Array((packetMs * this.format.sampleRate) / 1_000);
    const spoken = this.#playout.pull(own);
    this.#packetsSent++;
    this.#gate.update(this.#playout.queuedMs);
    if (this.#options.peerRate === this.format.sampleRate) return { data: own, spoken };
    const data = new Int16Array((packetMs * this.#options.peerRate) / 1_000);
    this.#toPeer.process(own, data);
    return { data, spoken };
  }

  hear(data: Int16Array, atMs: number, phase: HeardFrame["phase"]): void {
    this.#packetsReceived++;
    if (!this.listening) return;
    const { sampleRate } = this.format;
    this.#incoming.deliver({
      data,
      sampleRate,
      channels: 1,
      samplesPerChannel: data.length,
      atMs,
      phase,
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.clock.clear(this.#digitTimer);
    this.#playout.close();
    this.#gate.open();
    this.#incoming.end();
    const unsent = this.#digits;
    this.#digits = [];
    for (const { reject } of unsent) reject(callEnded());
  }

  /** One digit after the other; a digit is told when its event ends, as RFC 4733 receivers do. */
  #press(): void {
    const current = this.#digits[0];
    if (!this.#open || this.#closed || this.#digitTimer || !current) return;
    const digit = current.digits.shift();
    if (digit === undefined) {
      this.#digits.shift();
      current.resolve();
      return this.#press();
    }
    const { clock, sendDigit } = this.#options;
    this.#digitTimer = clock.setTimeout(() => {
      // Armed before the digit is told: whoever hears it may end the call.
      this.#digitTimer = clock.setTimeout(() => {
        this.#digitTimer = undefined;
        this.#press();
      }, current.gapMs);
      sendDigit(digit, current.durationMs);
    }, current.durationMs);
  }
}

function callEnded(): OffhookError {
  return new OffhookError("CALL_ENDED", "The call is over.");
}

function badDigits(): OffhookError {
  return new OffhookError("INVALID_OPTION", "Some of the digits to send are no keys.", {
    remedy: "Use 0-9, *, # and A-D.",
  });
}

function badDigitTiming(durationMs: number, gapMs: number): OffhookError {
  return new OffhookError("INVALID_OPTION", `Digits of ${durationMs} ms, ${gapMs} ms apart.`, {
    remedy: "Give durationMs from 40 to 6000 and gapMs of at least 40.",
  });
}
